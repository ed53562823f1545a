"""What a recipe is: a named graph of steps, then effects."""

from __future__ import annotations

from typing import Any

import msgspec

INPUT = "input"
COVER = "cover"
"""What several regions of one source have in common: the part that covers all of them."""


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
