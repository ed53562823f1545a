"""Separating one file: streamed twice, once for its level (which also finds damage early), once for the stems.

The stems have the source's sample rate, channel count and exact length; what the engine hears is stereo at its
own rate, so other files are converted on the way there and back. Nothing is rescaled or clipped.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, closing
from typing import cast

import numpy as np

from daemon.audio.identity import payload_hash
from daemon.audio.reader import BLOCK_FRAMES, open_audio
from daemon.audio.resample import resample_blocks
from daemon.audio.writer import WavWriter
from daemon.engines.protocol import SeparateSettings, Separator
from daemon.kernel.types import Hertz, Json
from daemon.kernel.work import InputFile, Kind, Produced, StepResult
from daemon.steps.separate import SeparateParams
from daemon.steps.separation.blocks import Block, exactly, rechunk
from daemon.steps.separation.mix import Mix, level, mixes
from daemon.steps.separation.outputs import Outputs, outputs
from daemon.steps.separation.progress import Progress
from daemon.steps.spec import StepContext


def run(ctx: StepContext, inputs: tuple[InputFile, ...], params: SeparateParams) -> StepResult:
    """Write `{stem}.wav` (32-bit float) for the one input. Raises BadParameter for a stem the model lacks."""
    (source,) = inputs
    engine = cast(Separator, ctx.engine())
    chosen = outputs(engine.stems, params)
    parts = mixes(source, engine.rate)
    progress = Progress(ctx.checkpoint, len(parts))
    with ExitStack() as stack:
        streams = [
            stack.enter_context(
                closing(_stems(engine, part, _settings(ctx, params, part, chosen, progress), progress))
            )
            for part in parts
        ]
        _write(ctx, source, chosen, streams)
    files = tuple(_produced(ctx, source, name) for name in chosen.names)
    return StepResult(files, device=engine.device, reason=engine.reason, warnings=_warnings(parts))


def _settings(
    ctx: StepContext, params: SeparateParams, part: Mix, chosen: Outputs, progress: Progress
) -> SeparateSettings:
    return SeparateSettings(
        overlap=params.overlap,
        shifts=params.shifts,
        seed=ctx.seed if params.seed is None else params.seed,
        level=level(part.stereo(), lambda frames: progress.read(frames / max(1, part.engine_frames))),
        wanted=chosen.wanted,
    )


def _stems(
    engine: Separator, part: Mix, settings: SeparateSettings, progress: Progress
) -> Generator[Block, None, None]:
    """(stems, channels, n) at the source's rate, `part.frames` in all, for one or two channels."""
    count = len(engine.stems)
    rate = Hertz(part.engine_rate_hz)
    checkpoint = progress.part()
    made: Iterator[Block] = iter(())
    if part.engine_frames:
        made = engine.separate(part.stereo(), part.engine_frames, rate, settings, checkpoint)
    flat = (block.reshape(2 * count, -1) for block in made)
    back = resample_blocks(flat, part.engine_rate_hz, part.rate_hz, 2 * count)
    for block in rechunk(exactly(back, part.frames, (2 * count,)), BLOCK_FRAMES):
        stereo = block.reshape(count, 2, -1)
        yield stereo if part.channels == 2 else stereo.mean(axis=1, keepdims=True)


def _write(ctx: StepContext, source: InputFile, chosen: Outputs, streams: Sequence[Iterator[Block]]) -> None:
    with ExitStack() as stack:
        reader = stack.enter_context(open_audio(source.path, source.region))
        writers = {
            name: stack.enter_context(WavWriter(ctx.out / f"{name}.wav", reader.rate_hz, reader.channels))
            for name in chosen.names
        }
        original = rechunk(reader.blocks(), BLOCK_FRAMES)
        for block, *parts in zip(original, *streams, strict=True):
            for name, audio in chosen.render(block, np.concatenate(parts, axis=1)).items():
                writers[name].write(audio)


def _produced(ctx: StepContext, source: InputFile, name: str) -> Produced:
    meta: dict[str, Json] = {"stem": name}
    if source.region is not None and source.region.start:
        before = source.meta.get("time_reference_frames", 0)
        meta["time_reference_frames"] = int(cast(int, before)) + int(source.region.start)
    file = f"{name}.wav"
    return Produced(file, Kind.STEM, payload_hash(ctx.out / file), meta=meta)


def _warnings(parts: list[Mix]) -> tuple[str, ...]:
    if len(parts) == 1:
        return ()
    channels = sum(part.channels for part in parts)
    return (f"{channels} channels: separated in pairs (1 and 2, 3 and 4, ...), each pair on its own",)
