"""learn: sounds whose class a person said become what the tagger goes by, besides its own weights."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from daemon.engines.classifier import SPEC as CLASSIFIER
from daemon.kernel.work import EngineChoice, Kind, Lane
from daemon.models.store import ModelStore
from daemon.steps.spec import Params, StepSpec

Label = Annotated[str, Meta(min_length=1, max_length=100)]


class LearnParams(Params, frozen=True):
    """classes: what a person called each input, in their order; those of Kind.FINDINGS, which say it themselves, are
    not counted."""

    classes: tuple[Label, ...] = ()


def choose(params: LearnParams, store: ModelStore, device: str) -> EngineChoice:  # noqa: ARG001 - there is one
    return EngineChoice(CLASSIFIER.name, CLASSIFIER.version, model="builtin", reason="learning begins anew")


SPEC = StepSpec(
    name="learn",
    version=2,
    params=LearnParams,
    run="daemon.steps.learning:run",
    lane=Lane.CPU,
    accepts=frozenset({Kind.FINDINGS, Kind.SOURCE, Kind.SLICE, Kind.ONE_SHOT, Kind.LOOP}),
    choose=choose,
)
