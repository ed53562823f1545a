"""Cutting, streamed, to the frame and without touching a sample."""

from __future__ import annotations

from daemon.audio.identity import payload_hash
from daemon.audio.reader import open_audio
from daemon.audio.writer import WavWriter
from daemon.kernel.types import Frames, Json
from daemon.kernel.work import InputFile, Produced, Region, StepResult
from daemon.steps.cut import CutParams
from daemon.steps.spec import StepContext


def run(ctx: StepContext, inputs: tuple[InputFile, ...], params: CutParams) -> StepResult:
    """Write the part of each input under the input's own name."""
    files = []
    for index, source in enumerate(inputs):
        files.append(_cut(ctx, source, index, params))
        ctx.checkpoint((index + 1) / len(inputs), source.name)
    return StepResult(tuple(files))


def _cut(ctx: StepContext, source: InputFile, index: int, params: CutParams) -> Produced:
    target = ctx.out / source.name
    target.parent.mkdir(parents=True, exist_ok=True)
    length = None if params.length_frames is None else Frames(params.length_frames)
    with (
        open_audio(source.path, Region(Frames(params.start_frames), length)) as reader,
        WavWriter(target, reader.rate_hz, reader.channels, "float32") as writer,
    ):
        for block in reader.blocks():
            writer.write(block)
    return Produced(source.name, source.kind, payload_hash(target), index, _moved(source, params.start_frames))


def _moved(source: InputFile, start_frames: int) -> dict[str, Json]:
    """Positions on a timeline of what begins `start_frames` later."""
    moved: dict[str, Json] = {}
    for key in ("time_reference_frames", "region_start_frames"):
        before = source.meta.get(key)
        if isinstance(before, int):
            moved[key] = before + start_frames
    return moved
