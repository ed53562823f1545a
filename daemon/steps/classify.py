"""classify: what each sound is, how sure that is, and what was measured of it."""

from __future__ import annotations

from typing import Literal

from daemon.engines.classifier import SPEC as CLASSIFIER
from daemon.kernel.work import EngineChoice, Kind, Lane
from daemon.models.store import ModelStore
from daemon.models.taught import taught
from daemon.steps.spec import Params, StepSpec


class ClassifyParams(Params, frozen=True):
    """model: "auto" is the network with what its owner taught it (`roadie library learn`); "builtin" is the network
    alone."""

    model: Literal["auto", "builtin"] = "auto"


def choose(params: ClassifyParams, store: ModelStore, device: str) -> EngineChoice:  # noqa: ARG001 - the CPU does
    found = None if params.model == "builtin" else taught(store.folder)
    if found is None:
        return network("asked for" if params.model == "builtin" else "nothing was taught")
    return EngineChoice(
        engine=CLASSIFIER.name, version=CLASSIFIER.version, model="taught", weights=found.sha256, path=found.path,
        reason="taught by its owner",
    )  # fmt: skip


def network(reason: str) -> EngineChoice:
    """The network alone. Embeddings are its own: what it was taught changes what a sound is called, not its embedding,
    so those of one network can be compared whatever was taught meanwhile."""
    return EngineChoice(engine=CLASSIFIER.name, version=CLASSIFIER.version, model="builtin", reason=reason)


SPEC = StepSpec(
    name="classify",
    version=6,
    params=ClassifyParams,
    run="daemon.steps.classifying:run",
    lane=Lane.CPU,
    accepts=frozenset({Kind.SLICE, Kind.ONE_SHOT, Kind.LOOP}),
    reads=("stem", "bpm", "kind"),
    annotates=(
        "class",
        "confidence",
        "kind",
        "brightness_hz",
        "attack_s",
        "decay_s",
        "noisiness",
        "root_note",
        "root_cents",
        "root_confidence",
    ),
    choose=choose,
)
