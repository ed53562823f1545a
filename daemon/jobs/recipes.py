"""Recipes: named graphs of steps as TOML, the shipped ones and the user's."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from daemon.files import layout
from daemon.kernel.errors import BadParameter, BadRecipe, NotFound, RoadieError
from daemon.steps import registry
from daemon.steps.spec import Params

INPUT = "input"
COVER = "cover"
"""What several regions of one source have in common: the part that covers all of them."""
SHIPPED = Path(__file__).parent.parent / "recipes"


class StepEntry(msgspec.Struct, frozen=True):
    """A `[[step]]`. sources: what `from` names: "input", "stems" or "stems.drums". only: stems to take."""

    id: str
    use: str
    sources: tuple[str, ...]
    only: tuple[str, ...]
    params: dict[str, Any]


class EffectEntry(msgspec.Struct, frozen=True):
    """An `[[effect]]`."""

    id: str
    use: str
    sources: tuple[str, ...]
    to: tuple[str, ...]
    layout: str | None


class Recipe(msgspec.Struct, frozen=True):
    """for_scripts: it needs parameters, or a script that places what it makes, so nothing offers it with a button."""

    name: str
    about: str
    steps: tuple[StepEntry, ...]
    effects: tuple[EffectEntry, ...]
    for_scripts: bool = False

    def step(self, step_id: str) -> StepEntry:
        return next(step for step in self.steps if step.id == step_id)


def encoding(effect: EffectEntry) -> str:
    """The id of the step that makes an effect's files ready to be delivered, as people see it: "encode" for the
    first delivery, "encode-2" for the second, "encode-mine" for one that is called "mine"."""
    own = effect.id.removeprefix(f"{effect.use}-")
    return "encode" if own == "1" else f"encode-{own}"


def covering(step_id: str) -> str:
    """The id of the step that does a step's work over several regions at once."""
    return f"{step_id}-cover"


EFFECTS = ("deliver",)
_OWN_STEPS = frozenset(
    {
        "prepare", "encode", "retag", "edited-slices", "edited-notes", "edited-lyrics", "scan-plugin",
        "plugin-settings",
    }
)  # fmt: skip
"""Steps that roadie puts into jobs itself."""
_KEYS = ("name", "about", "for_scripts", "step", "effect")
_STEP_KEYS = {"id", "use", "from", "only"}
_EFFECT_KEYS = {"id", "use", "from", "to", "layout"}


def parse(text: str, where: Path) -> Recipe:
    """A recipe from TOML. Raises BadRecipe naming file, place and what is legal."""
    try:
        body = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadRecipe("this is not TOML", where=where, why=error) from error
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
        raise BadRecipe(f"use = {use!r} is no step", where=where, hint=_suggest(use, known))
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
        raise BadRecipe(f"use = {use!r} is no effect", where=where, hint=_suggest(use, EFFECTS))
    unknown = set(table) - _EFFECT_KEYS
    if unknown:
        raise BadRecipe(
            f"unknown key {sorted(unknown)[0]!r}", where=where, hint=_suggest(min(unknown), _EFFECT_KEYS)
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
                f"from = {source!r} names no earlier step", where=where, hint=_suggest(step, [INPUT, *steps])
            )
    return sources


def _texts(value: Any, key: str, where: str) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list | tuple) or not all(isinstance(each, str) for each in values):
        raise BadRecipe(f"{key} must be a text or a list of texts", where=where)
    return tuple(values)


def _suggest(wrong: object, known: Iterable[str]) -> str:
    names = sorted(known)
    near = difflib.get_close_matches(str(wrong), names, 1)
    return f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(names)}"


def convert(use: str, params: Mapping[str, Any], where: object = None) -> Params:
    """Parameters of a step, checked. Raises BadParameter naming the parameter and its legal range."""
    spec = registry.spec(use)
    fields = [field.encode_name for field in msgspec.structs.fields(spec.params)]
    for name in params:
        if name not in fields:
            raise BadParameter(f"{use} has no parameter {name!r}", where=where, hint=_suggest(name, fields))
    try:
        return msgspec.convert(dict(params), spec.params)
    except msgspec.ValidationError as error:
        raise BadParameter(f"a parameter of {use} is wrong", where=where, why=error) from error


def with_params(recipe: Recipe, params: Mapping[str, Mapping[str, Any]]) -> Recipe:
    """The recipe with a request's parameters put in, by step id or by what the step uses.

    Raises BadParameter for a step that is not there or a value that is not legal.
    """
    names = {step.id for step in recipe.steps} | {step.use for step in recipe.steps}
    for name in params:
        if name not in names:
            raise BadParameter(f"{recipe.name} has no step {name!r}", hint=_suggest(name, names))
    steps = []
    for step in recipe.steps:
        merged = {**step.params, **params.get(step.use, {}), **params.get(step.id, {})}
        convert(step.use, merged)
        steps.append(msgspec.structs.replace(step, params=merged))
    return msgspec.structs.replace(recipe, steps=tuple(steps))


@dataclass(frozen=True, slots=True)
class Listed:
    """A recipe file: the recipe, or the problem that keeps it from being one."""

    name: str
    origin: str
    recipe: Recipe | None
    problem: str | None


class Recipes:
    """The shipped recipes and the user's; a user's recipe of the same name stands for the shipped one."""

    def __init__(self, user: Path) -> None:
        self._folders = (("shipped", SHIPPED), ("user", user))
        self._read: dict[Path, tuple[int, Listed]] = {}

    def listed(self) -> list[Listed]:
        """Every recipe by name, broken ones with their problem."""
        found: dict[str, Listed] = {}
        for origin, folder in self._folders:
            for path in sorted(folder.glob("*.toml")):
                listed = self._listed(path, origin)
                found[listed.name] = listed
        return [found[name] for name in sorted(found)]

    def get(self, name: str) -> Recipe:
        """Raises NotFound with the names there are, BadRecipe for a broken one."""
        listed = {each.name: each for each in self.listed()}
        if name not in listed:
            raise NotFound(f"there is no recipe {name!r}", hint=_suggest(name, listed))
        recipe = listed[name].recipe
        if recipe is None:
            raise BadRecipe(f"the recipe {name!r} is broken", why=listed[name].problem)
        return recipe

    def _listed(self, path: Path, origin: str) -> Listed:
        """A file as it is now; read again only when it changed."""
        try:
            changed = path.stat().st_mtime_ns
        except OSError as error:
            return Listed(path.stem, origin, None, str(error))
        known = self._read.get(path)
        if known is None or known[0] != changed:
            known = (changed, _read(path, origin))
            self._read[path] = known
        return known[1]


def _read(path: Path, origin: str) -> Listed:
    try:
        recipe = parse(path.read_text("utf-8"), path)
    except (RoadieError, OSError, UnicodeDecodeError) as error:
        return Listed(path.stem, origin, None, str(error))
    return Listed(recipe.name, origin, recipe, None)
