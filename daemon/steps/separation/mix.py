"""The audio that is separated, as an engine wants it: stereo, at its rate, with its level known."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from daemon.audio.reader import open_audio
from daemon.audio.resample import resample_blocks, resampled_frames, to_channels
from daemon.engines.protocol import MixLevel
from daemon.kernel.work import InputFile
from daemon.steps.separation.blocks import Block


@dataclass(frozen=True)
class Mix:
    """One or two neighbouring channels of a file. first: the index of the first of them."""

    input: InputFile
    first: int
    channels: int
    frames: int
    rate_hz: int
    engine_rate_hz: int

    @property
    def engine_frames(self) -> int:
        return resampled_frames(self.frames, self.rate_hz, self.engine_rate_hz)

    def stereo(self) -> Iterator[Block]:
        """(2, n) blocks at the engine's rate, `engine_frames` in all; mono goes to both channels."""
        with open_audio(self.input.path, self.input.region) as reader:
            picked = (block[self.first : self.first + self.channels] for block in reader.blocks())
            yield from resample_blocks(to_channels(picked, 2), self.rate_hz, self.engine_rate_hz, 2)


def mixes(source: InputFile, engine_rate_hz: int | None) -> list[Mix]:
    """A file's channels in pairs: (1, 2), (3, 4) and so on; a last one without a partner alone."""
    with open_audio(source.path, source.region) as reader:
        channels, frames, rate_hz = reader.channels, reader.frames, reader.rate_hz
    return [
        Mix(source, first, min(2, channels - first), frames, rate_hz, engine_rate_hz or rate_hz)
        for first in range(0, channels, 2)
    ]


def level(blocks: Iterable[Block], heard: Callable[[int], None]) -> MixLevel:
    """Level of the mono mix of (2, n) blocks, in double precision. heard: told of the frames so far."""
    frames, total, squares = 0, 0.0, 0.0
    for block in blocks:
        mono = block.mean(axis=0, dtype=np.float64)
        frames += mono.size
        total += float(mono.sum())
        squares += float(mono @ mono)
        heard(frames)
    if frames == 0:
        return MixLevel(0.0, 0.0)
    mean = total / frames
    variance = max(0.0, squares - frames * mean * mean) / max(1, frames - 1)
    return MixLevel(mean, math.sqrt(variance))
