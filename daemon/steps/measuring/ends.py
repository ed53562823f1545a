"""What is wrong at a sound's edges: silence before and behind it, and tops cut off at full scale. And its width."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from daemon.kernel.types import Json

SILENT_DB = -60.0
"""Below the peak: quieter than this counts as silence at the ends."""
_FULL = 0.9999  # of full scale: 16-bit samples reach 32767 / 32768 at the top
_RUN = 3
STEP_FRAMES = 256


def silence_s(audio: NDArray[np.float32], rate_hz: int) -> tuple[float, float]:
    """(before, behind) in seconds: how long every channel stays 60 dB below the peak. All of it for silence."""
    level = np.abs(audio).max(axis=0)
    spots = np.flatnonzero(level > level.max(initial=0.0) * 10 ** (SILENT_DB / 20))
    if not spots.size or not level.any():
        return audio.shape[1] / rate_hz, 0.0
    return float(spots[0]) / rate_hz, float(level.size - 1 - spots[-1]) / rate_hz


def clipped_frames(audio: NDArray[np.float32]) -> int:
    """Samples, of all channels, in runs of at least three at full scale or beyond on one side. A square wave at full
    scale looks like this as well."""
    count = 0
    for channel in audio:
        for top in (channel >= _FULL, channel <= -_FULL):
            if top.any():
                edges = np.flatnonzero(np.diff(np.concatenate([[False], top, [False]]).astype(np.int8)))
                lengths = edges[1::2] - edges[::2]
                count += int(lengths[lengths >= _RUN].sum())
    return count


class Ends:
    """The same of a long sound, block by block, with its width. Silence is counted in steps of about 5 ms; a run of
    clipped samples across two blocks counts as two."""

    def __init__(self) -> None:
        self.clipped = 0
        self._levels: list[NDArray[np.float64]] = []  # (n, 2): frames, peak
        self._frames = 0
        self._middle = self._side = 0.0

    def write(self, block: NDArray[np.float32]) -> None:
        self.clipped += clipped_frames(block)
        if block.shape[0] > 1:
            left, right = block[0].astype(np.float64), block[1].astype(np.float64)
            self._middle += float(((left + right) ** 2).sum())
            self._side += float(((left - right) ** 2).sum())
        level = np.abs(block).max(axis=0)
        if level.size:
            starts = np.arange(0, level.size, STEP_FRAMES)
            sizes = np.diff(starts, append=level.size)
            self._levels.append(np.stack([sizes, np.maximum.reduceat(level, starts)], axis=1))
        self._frames += block.shape[1]

    @property
    def width(self) -> float:
        both = self._middle + self._side
        return self._side / both if both > 0 else 0.0

    def meta(self, rate_hz: int) -> dict[str, Json]:
        """stereo_width, silence_start_s, silence_end_s, clipped_frames."""
        before_s, after_s = self.silence_s(rate_hz)
        return {
            "stereo_width": round(self.width, 3), "silence_start_s": round(before_s, 4),
            "silence_end_s": round(after_s, 4), "clipped_frames": self.clipped,
        }  # fmt: skip

    def silence_s(self, rate_hz: int) -> tuple[float, float]:
        """(before, behind) in seconds, to a step."""
        if not self._levels:
            return 0.0, 0.0
        sizes, tops = np.concatenate(self._levels).T
        spots = np.flatnonzero(tops > tops.max() * 10 ** (SILENT_DB / 20))
        if not spots.size or not tops.any():
            return self._frames / rate_hz, 0.0
        return float(sizes[: spots[0]].sum()) / rate_hz, float(sizes[spots[-1] + 1 :].sum()) / rate_hz
