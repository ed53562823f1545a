"""The classify step's work: hints for the engine, and its answers as annotations."""

from __future__ import annotations

from typing import cast

from daemon.engines.protocol import Classification, Classifier
from daemon.kernel.types import Json
from daemon.kernel.work import Annotation, InputFile, Kind, StepResult
from daemon.steps.classify import ClassifyParams
from daemon.steps.spec import StepContext

_KINDS = {Kind.LOOP: "loop", Kind.ONE_SHOT: "one-shot", Kind.SLICE: "one-shot"}


def run(ctx: StepContext, inputs: tuple[InputFile, ...], params: ClassifyParams) -> StepResult:  # noqa: ARG001
    """One annotation for each input: class, confidence, kind, alternatives and measures."""
    engine = cast(Classifier, ctx.engine())
    found = engine.classify([one.path for one in inputs], [_hint(one) for one in inputs], ctx.checkpoint)
    notes = tuple(Annotation(i, _meta(one)) for i, one in enumerate(found))
    return StepResult(annotations=notes, device=engine.device, reason=engine.reason)


def _hint(one: InputFile) -> dict[str, Json]:
    return {"kind": _KINDS.get(one.kind), "name": one.name, **one.meta}


def _meta(found: Classification) -> dict[str, Json]:
    # what the slicer knows exactly (its own peak) is not overwritten by what was heard of the beginning
    measures = {key: value for key, value in found.measures.items() if key != "peak_db"}
    return {"class": found.label, "confidence": found.confidence, "kind": found.kind, **measures}
