"""Which stretch of the track each forward pass sees, as `demucs.apply.apply_model` lays them out.

Positions are frames of the track; outside of [0, length) it is silent. A random shift (Défossez et al. 2019,
"the shift trick") starts the segments up to half a second before the track.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

MAX_SHIFT_S = 0.5


@dataclass(frozen=True, slots=True)
class Segment:
    """start, frames: of the track that it estimates. window_start, window_frames: that the network sees."""

    start: int
    frames: int
    window_start: int
    window_frames: int

    @property
    def trim(self) -> int:
        """Frames of the network's output before `start`."""
        return self.start - self.window_start


@dataclass(frozen=True)
class Timeline:
    """The segments of one pass. start: 0, or before it by the shift. window_of: the length that the network
    takes for a length to estimate."""

    start: int
    length: int
    segment_frames: int
    stride_frames: int
    window_of: Callable[[int], int]

    @property
    def count(self) -> int:
        return -(-(self.length - self.start) // self.stride_frames)

    def segment(self, index: int) -> Segment:
        start = self.start + index * self.stride_frames
        frames = min(self.segment_frames, self.length - start)
        window = self.window_of(frames)
        return Segment(start, frames, start - (window - frames) // 2, window)

    def keep_from(self, index: int) -> int:
        """Start of the audio that segment `index` and those after it may look at."""
        return self.start + index * self.stride_frames - self.window_of(self.segment_frames) // 2 - 1


def timelines(
    length: int,
    rate: int,
    segment_frames: int,
    window_of: Callable[[int], int],
    overlap: float,
    shifts: int,
    random_source: random.Random,
) -> list[Timeline]:
    """One timeline, or one for each of `shifts` random shifts."""
    stride = int((1 - overlap) * segment_frames)
    max_shift = int(MAX_SHIFT_S * rate)
    starts = [random_source.randint(0, max_shift) - max_shift for _ in range(shifts)] or [0]
    return [Timeline(start, length, segment_frames, stride, window_of) for start in starts]
