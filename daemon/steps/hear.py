"""hear: what a library wants to know of its files, many in one call: identity, levels, class, embedding."""

from __future__ import annotations

from daemon.kernel.work import EngineChoice, Kind, Lane
from daemon.models.store import ModelStore
from daemon.steps import classify
from daemon.steps.spec import Params, StepSpec


class HearParams(Params, frozen=True):
    """analyse: also tempo and key of what is no single hit, which takes as long as a song is worth."""

    analyse: bool = True


def choose(params: HearParams, store: ModelStore, device: str) -> EngineChoice:  # noqa: ARG001
    """The classifier that `classify` would take."""
    return classify.choose(classify.ClassifyParams(), store, device)


SPEC = StepSpec(
    name="hear",
    version=6,
    params=HearParams,
    run="daemon.steps.hearing.run:run",
    lane=Lane.CPU,
    accepts=frozenset({Kind.SOURCE, Kind.MIDI}),
    annotates=("payload", "class", "confidence", "kind", "bpm", "key"),
    choose=choose,
)
