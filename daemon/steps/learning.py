"""The learn step's work: hear every sound of which nothing was kept, and write what was taught."""

from __future__ import annotations

from typing import cast

from daemon.audio.identity import byte_hash
from daemon.engines.classifier.engine import TrainedClassifier
from daemon.kernel.errors import BadParameter
from daemon.kernel.types import AssetId
from daemon.kernel.work import InputFile, Kind, Produced, StepResult
from daemon.steps.hearing.kept import Kept, decoded, read_named
from daemon.steps.learn import LearnParams
from daemon.steps.spec import StepContext

TAUGHT_NAME = "taught.npz"


def run(ctx: StepContext, inputs: tuple[InputFile, ...], params: LearnParams) -> StepResult:
    """One file of Kind.TAUGHT; none when all inputs are silent. Warns of each input that cannot be heard."""
    files = [one.path for one in inputs if one.kind is not Kind.FINDINGS]
    if len(params.classes) != len(files):
        raise BadParameter(
            f"{len(files)} sounds and {len(params.classes)} classes", hint="One class for each sound"
        )
    engine = cast(TrainedClassifier, ctx.engine())
    named = [each for one in inputs if one.kind is Kind.FINDINGS for each in read_named(one.path)]
    kept = [(each.label, each.name, (decoded(each.kept) or Kept(b"")).engine) for each in named]
    learned, problems = engine.taught(files, params.classes, ctx.checkpoint, kept)
    if learned is None:
        return StepResult(device=engine.device, reason=engine.reason, warnings=tuple(problems))
    path = ctx.out / TAUGHT_NAME
    learned.write(path)
    meta = {"sounds": len(learned.labels), "classes": len(set(learned.labels.tolist()))}
    file = Produced(TAUGHT_NAME, Kind.TAUGHT, AssetId(byte_hash(path)), meta=meta)
    return StepResult(files=(file,), device=engine.device, reason=engine.reason, warnings=tuple(problems))
