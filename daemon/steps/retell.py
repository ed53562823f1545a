"""retell: the class of sounds that were heard before, by what the tagger goes by now; no file of theirs is opened."""

from __future__ import annotations

from daemon.kernel.work import EngineChoice, Kind, Lane
from daemon.models.store import ModelStore
from daemon.steps import classify
from daemon.steps.spec import Params, StepSpec


class RetellParams(Params, frozen=True):
    """There is nothing to choose."""


def choose(params: RetellParams, store: ModelStore, device: str) -> EngineChoice:  # noqa: ARG001
    """The classifier that `classify` would take."""
    return classify.choose(classify.ClassifyParams(), store, device)


SPEC = StepSpec(
    name="retell",
    version=1,
    params=RetellParams,
    run="daemon.steps.hearing.retelling:run",
    lane=Lane.CPU,
    accepts=frozenset({Kind.FINDINGS}),
    choose=choose,
)
