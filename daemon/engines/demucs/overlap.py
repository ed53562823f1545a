"""Putting the estimates of overlapping segments together, as far as no later segment can change them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Stems = NDArray[np.float32]  # (stems, channels, frames)


def crossfade(segment_frames: int) -> NDArray[np.float32]:
    """Triangle with its top in the middle, as demucs' transition weight with power 1."""
    half = segment_frames // 2
    rise = np.arange(1, half + 1, dtype=np.float32)
    fall = np.arange(segment_frames - half, 0, -1, dtype=np.float32)
    triangle: NDArray[np.float32] = np.concatenate([rise, fall])
    triangle /= triangle.max()
    return triangle


class OverlapAdd:
    """Weighted mean of segments that come in the order of their start. start: of the first one, in frames."""

    def __init__(self, start: int, segment_frames: int, stems: int, channels: int) -> None:
        self._crossfade = crossfade(segment_frames)
        self._sum: Stems = np.zeros((stems, channels, segment_frames), np.float32)
        self._weight = np.zeros(segment_frames, np.float32)
        self._start = start  # of `_sum`

    def add(self, start: int, estimate: Stems) -> Stems:
        """Take a segment in and give back (stems, channels, n) frames that are final: those before `start`."""
        done = self._advance(start - self._start)
        frames = estimate.shape[-1]
        weight = self._crossfade[:frames]
        self._sum[..., :frames] += weight * estimate
        self._weight[:frames] += weight
        return done

    def finish(self, end: int) -> Stems:
        """What is left before `end`."""
        return self._advance(end - self._start)

    def _advance(self, frames: int) -> Stems:
        done: Stems = self._sum[..., :frames] / self._weight[:frames] if frames else self._sum[..., :0]
        kept = self._sum.shape[-1] - frames
        for store in (self._sum, self._weight):
            store[..., :kept] = store[..., frames:].copy()
            store[..., kept:] = 0
        self._start += frames
        return done
