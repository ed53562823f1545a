"""A recipe from its TOML."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from daemon.files import layout
from daemon.jobs.recipe import COVER, INPUT, EffectEntry, Recipe, StepEntry, covering, encoding
from daemon.jobs.recipe_params import convert
from daemon.kernel.errors import BadRecipe
from daemon.kernel.suggest import suggest
from daemon.kernel.toml_file import parsed
from daemon.steps import registry

EFFECTS = ("deliver",)
_OWN_STEPS = frozenset(
    {
        "prepare", "encode", "retag", "edited-slices", "edited-notes", "edited-lyrics", "scan-plugin",
        "plugin-settings", "cut", "learn", "project", "index", "hear", "retell", "pairs", "compare", "map",
    }
)  # fmt: skip
"""Steps that roadie puts into jobs itself, or runs for the library: their parameters are its own numbers and files."""
_KEYS = ("name", "about", "for_scripts", "step", "effect")
_STEP_KEYS = {"id", "use", "from", "only"}
_EFFECT_KEYS = {"id", "use", "from", "to", "layout"}


def parse(text: str, where: Path) -> Recipe:
    """A recipe from TOML. Raises BadRecipe naming file, place and what is legal."""
    body = parsed(text, where, BadRecipe)
    unknown = set(body) - set(_KEYS)
    if unknown:
        raise BadRecipe(f"unknown key {sorted(unknown)[0]!r}", where=where, hint=f"Keys: {', '.join(_KEYS)}")
    steps: list[StepEntry] = []
    for number, table in enumerate(_tables(body, "step", where), 1):
        steps.append(_step(table, steps, f"{where}, step {number}"))
    if not steps:
        raise BadRecipe("a recipe needs at least one [[step]]", where=where)
    names = [step.id for step in steps]
    effects: list[EffectEntry] = []
    for number, table in enumerate(_tables(body, "effect", where), 1):
        place = f"{where}, effect {number}"
        effect = _effect(table, names, number, place)
        others = {encoding(each) for each in effects} | set(names)
        for taken in {effect.id} & {each.id for each in effects} or {encoding(effect)} & others:
            raise BadRecipe(f"the id {taken!r} is taken", where=place, hint="Give each effect its own id")
        effects.append(effect)
    name = body.get("name", where.stem)
    if not isinstance(name, str) or not name:
        raise BadRecipe("name must be a text", where=where)
    for_scripts = body.get("for_scripts", False)
    if not isinstance(for_scripts, bool):
        raise BadRecipe("for_scripts must be true or false", where=where)
    return Recipe(name, str(body.get("about", "")), tuple(steps), tuple(effects), for_scripts)


def _tables(body: Mapping[str, Any], key: str, where: Path) -> list[dict[str, Any]]:
    tables = body.get(key, [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise BadRecipe(f"write [[{key}]], with two brackets, for each {key}", where=where)
    return tables


def _step(table: dict[str, Any], earlier: list[StepEntry], where: str) -> StepEntry:
    use = table.get("use")
    if use not in registry.STEPS or use in _OWN_STEPS:
        known = [name for name in registry.STEPS if name not in _OWN_STEPS]
        raise BadRecipe(f"use = {use!r} is no step", where=where, hint=suggest(use, known))
    step_id = table.get("id", use)
    if not isinstance(step_id, str) or not step_id.replace("-", "").replace("_", "").isalnum():
        raise BadRecipe(f"id = {step_id!r} is not a word of letters, digits, - and _", where=where)
    before = {step.id for step in earlier}
    taken = {INPUT, COVER} | before | {covering(each) for each in before}
    if step_id in taken or covering(step_id) in before:
        raise BadRecipe(f"the id {step_id!r} is taken", where=where, hint="Give each step its own id")
    sources = _sources(table.get("from", INPUT), [step.id for step in earlier], where)
    params = {key: value for key, value in table.items() if key not in _STEP_KEYS}
    convert(use, params, where)
    return StepEntry(step_id, use, sources, _texts(table.get("only", []), "only", where), params)


def _effect(table: dict[str, Any], steps: list[str], number: int, where: str) -> EffectEntry:
    use = table.get("use")
    if use not in EFFECTS:
        raise BadRecipe(f"use = {use!r} is no effect", where=where, hint=suggest(use, EFFECTS))
    unknown = set(table) - _EFFECT_KEYS
    if unknown:
        raise BadRecipe(
            f"unknown key {sorted(unknown)[0]!r}", where=where, hint=suggest(min(unknown), _EFFECT_KEYS)
        )
    levels = table.get("layout")
    if levels is not None:
        layout.parse(str(levels))
    return EffectEntry(
        str(table.get("id", f"{use}-{number}")), str(use), _sources(table.get("from", []), steps, where),
        _texts(table.get("to", ["folder"]), "to", where), None if levels is None else str(levels),
    )  # fmt: skip


def _sources(value: Any, steps: list[str], where: str) -> tuple[str, ...]:
    sources = _texts(value, "from", where)
    for source in sources:
        step = source.partition(".")[0]
        if step != INPUT and step not in steps:
            raise BadRecipe(
                f"from = {source!r} names no earlier step", where=where, hint=suggest(step, [INPUT, *steps])
            )
    return sources


def _texts(value: Any, key: str, where: str) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list | tuple) or not all(isinstance(each, str) for each in values):
        raise BadRecipe(f"{key} must be a text or a list of texts", where=where)
    return tuple(values)
