"""classify: what each sound is, how sure that is, and what was measured of it."""

from __future__ import annotations

from typing import Literal

from daemon.engines.classifier import SPEC as CLASSIFIER
from daemon.kernel.work import EngineChoice, Kind, Lane
from daemon.models.store import ModelStore
from daemon.steps.spec import Params, StepSpec


class ClassifyParams(Params, frozen=True):
    """model: "auto" is the best installed; "builtin" compares measured features and needs no weights."""

    model: Literal["auto", "builtin"] = "auto"


def choose(params: ClassifyParams, store: ModelStore, device: str) -> EngineChoice:  # noqa: ARG001 - one engine
    reason = "asked for" if params.model == "builtin" else "the only one there is"
    return EngineChoice(engine=CLASSIFIER.name, version=CLASSIFIER.version, model="builtin", reason=reason)


SPEC = StepSpec(
    name="classify",
    version=1,
    params=ClassifyParams,
    run="daemon.steps.classifying:run",
    lane=Lane.CPU,
    accepts=frozenset({Kind.SLICE, Kind.ONE_SHOT, Kind.LOOP}),
    reads=("stem", "bpm", "kind"),
    annotates=("class", "confidence", "kind", "brightness_hz", "attack_s", "decay_s", "noisiness", "root_note"),
    choose=choose,
)
