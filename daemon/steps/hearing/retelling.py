"""The retell step's work: what `hear` would say now of the class of sounds, from what was kept of them."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from daemon.audio.identity import byte_hash
from daemon.engines.protocol import Classification, Classifier
from daemon.kernel.types import AssetId, Json
from daemon.kernel.work import InputFile, Kind, Produced, StepResult
from daemon.steps.hearing.kept import Kept, decoded, read_asked, write_told
from daemon.steps.hearing.spoken import among_of
from daemon.steps.retell import RetellParams
from daemon.steps.spec import StepContext

TOLD = "told.msgpack"


def run(ctx: StepContext, inputs: tuple[InputFile, ...], params: RetellParams) -> StepResult:  # noqa: ARG001
    """inputs: one file of `Asked`. The one file has an answer for each, in order."""
    engine = cast(Classifier, ctx.engine())
    asked = read_asked(inputs[0].path)
    kept = [decoded(each.kept) or Kept(b"") for each in asked]
    hints: list[dict[str, Json]] = [{"said": list(among_of(Path(each.path)))} for each in asked]
    found = engine.retold([each.engine for each in kept], hints, ctx.checkpoint)
    path = ctx.out / TOLD
    write_told(path, [_told(one, of) for one, of in zip(found, kept, strict=True)])
    file = Produced(TOLD, Kind.FINDINGS, AssetId(byte_hash(path)))
    return StepResult((file,), device=engine.device, reason=engine.reason)


def _told(found: Classification | None, kept: Kept) -> dict[str, Json] | None:
    """As the meta of a sound that is heard has it."""
    if found is None:
        return None
    return {**kept.note, **found.measures, "class": found.label, "confidence": found.confidence}
