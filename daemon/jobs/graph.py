"""The order of a recipe's steps: who waits for whom."""

from __future__ import annotations

import msgspec

from daemon.jobs.recipe import COVER, INPUT, Recipe, StepEntry, covering, encoding
from daemon.steps import registry

GIVEN = (INPUT, COVER)
_CUT_AFTERWARDS = "separate"
"""Costly, and what it makes is audio: words, as costly, cannot be cut."""


def root(source: str) -> str:
    """ "stems.drums" -> "stems"."""
    return source.partition(".")[0]


def part(source: str) -> str:
    """ "stems.drums" -> "drums"; "stems" -> ""."""
    return source.partition(".")[2]


def ancestors(recipe: Recipe, entry: StepEntry) -> set[str]:
    """Every step, and "input", that what the step is given was made from."""
    found: set[str] = set()
    waiting = [root(source) for source in entry.sources]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            if name not in GIVEN:
                waiting.extend(root(source) for source in recipe.step(name).sources)
    return found


def waits_for(recipe: Recipe, entry: StepEntry) -> list[str]:
    """Steps that must have ended before this one: those it is given files of, and, if it reads meta, every earlier
    one that learns about such files."""
    needed = [root(source) for source in entry.sources if root(source) not in GIVEN]
    if registry.spec(entry.use).reads:
        lineage = ancestors(recipe, entry)
        for other in recipe.steps:
            if other.id == entry.id:
                break
            learns = set(registry.spec(other.use).annotates) & set(registry.spec(entry.use).reads)
            if learns and any(root(source) in lineage for source in other.sources):
                needed.append(other.id)
    return list(dict.fromkeys(needed))


def with_cover(recipe: Recipe, start_frames: int, length_frames: int | None) -> Recipe:
    """The recipe for one of several regions of a source: what is costly is done once, over all of them, and cut.

    start_frames: of this region, within the cover. A step that separates the input takes the cover instead, and a
    cut of what it makes stands in its place.
    """
    cut = {"start_frames": start_frames, "length_frames": length_frames}
    steps: list[StepEntry] = []
    for step in recipe.steps:
        if step.use == _CUT_AFTERWARDS and step.sources == (INPUT,):
            whole = covering(step.id)
            steps.append(msgspec.structs.replace(step, id=whole, sources=(COVER,)))
            steps.append(StepEntry(step.id, "cut", (whole,), (), cut))
        else:
            steps.append(step)
    return msgspec.structs.replace(recipe, steps=tuple(steps))


def with_encoding(recipe: Recipe, container: str, depth: str) -> Recipe:
    """The recipe with a step before each delivery that writes its audio in the format asked for."""
    extra = tuple(
        StepEntry(encoding(effect), "encode", effect.sources, (), {"container": container, "depth": depth})
        for effect in recipe.effects
    )
    return msgspec.structs.replace(recipe, steps=recipe.steps + extra)
