"""Where a slice begins and ends so that it neither clicks nor loses its attack."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d

Audio = NDArray[np.float32]

_BACKTRACK_S = 0.008
_QUIET_S = 0.0005  # over which quietness is judged
_RELEASE_S = 0.02  # a tail has ended when it stays under the limit this long
_SILENT_DB = -66.0  # an edge this far below the slice's peak cannot click


@dataclass(frozen=True, slots=True)
class Edges:
    """start, end: frames. onset: the attack itself, start <= onset < end."""

    start: int
    onset: int
    end: int

    @property
    def length(self) -> int:
        return self.end - self.start


def quiet_start(audio: Audio, onset: int, rate: int) -> int:
    """The frame before `onset` at which a cut is least audible: the quietest moment of the last 8 ms, moved to the
    zero crossing of the channels' sum next to it. audio: (channels, n)."""
    first = max(onset - int(_BACKTRACK_S * rate), 0)
    if onset - first < 2:
        return onset
    loud = maximum_filter1d(np.abs(audio[:, first:onset]).max(axis=0), max(int(_QUIET_S * rate), 1))
    quietest = first + int(loud.size - 1 - np.argmin(loud[::-1]))  # the last of equals: the shortest pre-roll
    return zero_crossing(audio, quietest, max(first, quietest - int(0.002 * rate)))


def zero_crossing(audio: Audio, at: int, not_before: int) -> int:
    """The last frame in not_before..at whose channel sum changes sign from the frame before; `at` if there is
    none."""
    total = audio[:, not_before : at + 1].sum(axis=0)
    crossings = np.flatnonzero(np.signbit(total[1:]) != np.signbit(total[:-1]))
    return not_before + int(crossings[-1]) + 1 if crossings.size else at


def tail_end(audio: Audio, rate: int, tail_db: float) -> int:
    """Frames of audio (channels, n) until it has fallen to tail_db below its peak for good."""
    loud = np.abs(audio).max(axis=0)
    above = np.flatnonzero(loud > loud.max() * 10 ** (tail_db / 20))
    last = int(above[-1]) if above.size else 0
    return min(last + 1 + int(_RELEASE_S * rate), int(audio.shape[1]))


def faded(audio: Audio, rate: int, fade_ms: float, attack_frames: int) -> Audio:
    """A copy whose edges do not click: fades of at most fade_ms, only where an edge is not near silence already.

    The fade-in ends before the attack, `attack_frames` after the start, or within 0.25 ms of it.
    """
    out = audio.copy()
    size = min(int(fade_ms * rate / 1000), out.shape[1] // 2)
    limit = np.abs(out).max(initial=0.0) * 10 ** (_SILENT_DB / 20)
    rise = min(size, max(attack_frames, int(0.00025 * rate)))
    if rise and np.abs(out[:, 0]).max() > limit:
        out[:, :rise] *= _ramp(rise)
    if size and np.abs(out[:, -1]).max() > limit:
        out[:, -size:] *= _ramp(size)[::-1]
    return out


def _ramp(size: int) -> NDArray[np.float32]:
    """Raised cosine from 0 towards 1."""
    return np.asarray(0.5 - 0.5 * np.cos(np.pi * np.arange(size) / size), np.float32)
