"""Following the beat through a piece whose tempo is known roughly, and fitting one tempo to what was found.

Dynamic programming (Ellis, Beat Tracking by Dynamic Programming, 2007) over the curve of new sound, with a pace that
may wander: the period at each moment is the local one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_TIGHT = 120.0
_PACE_S, _PACE_HOP_S = 8.0, 1.0
_PACE_SPREAD = 0.12  # of the tempo, to either side
_PACE_STEPS = 49
_PACE_STIFF = 40.0  # how unwilling the pace is to change between windows
_LAGS = ((1, 1.0), (2, 1.0), (4, 1.0), (0.5, 0.5))


def pace(pulse: Floats, bpm: float, fps: float) -> Floats:
    """(n,) beats per minute at each frame: near `bpm`, following the music (Viterbi over windows)."""
    size, hop = min(int(_PACE_S * fps), pulse.size), int(_PACE_HOP_S * fps)
    starts = np.arange(0, max(pulse.size - size, 0) + 1, hop)
    grid = bpm * np.geomspace(1 - _PACE_SPREAD, 1 + _PACE_SPREAD, _PACE_STEPS)
    fits = np.array([_fit(pulse[start : start + size], grid, fps) for start in starts])
    fits -= 0.15 * (np.log2(grid / bpm) / 0.05) ** 2 * 0.1
    path = _viterbi(fits, np.log(grid))
    centres = starts + size / 2
    return np.asarray(np.interp(np.arange(pulse.size), centres, grid[path]))


def _fit(part: Floats, grid: Floats, fps: float) -> Floats:
    part = part - part.mean()
    spectrum = np.abs(np.fft.rfft(part, 2 * part.size)) ** 2
    lags = np.fft.irfft(spectrum)[: part.size]
    lags = lags / (lags[0] + 1e-9)
    at = np.arange(lags.size)
    return np.asarray(sum(w * np.interp(60.0 * beats / grid * fps, at, lags, right=0.0) for beats, w in _LAGS))


def _viterbi(fits: Floats, log: Floats) -> NDArray[np.intp]:
    cost = _PACE_STIFF * np.abs(log[:, None] - log[None, :]) / _PACE_HOP_S
    score, back = fits[0], np.zeros(fits.shape, np.intp)
    for i in range(1, len(fits)):
        total = score[None, :] - cost
        back[i] = np.argmax(total, axis=1)
        score = total.max(axis=1) + fits[i]
    path = [int(np.argmax(score))]
    for i in range(len(fits) - 1, 0, -1):
        path.append(int(back[i, path[-1]]))
    return np.array(path[::-1])


def track(pulse: Floats, tempo: Floats, fps: float) -> Floats:
    """Beats in seconds. tempo: (n,) bpm at each frame."""
    period = 60.0 * fps / tempo
    score = pulse.copy()
    back = np.full(pulse.size, -1)
    for i in range(pulse.size):
        p = period[i]
        first, last = i - int(2 * p), i - int(p / 2)
        if last <= 0:
            continue
        before = np.arange(max(first, 0), last)
        gain = score[before] - _TIGHT * np.log((i - before) / p) ** 2
        best = int(np.argmax(gain))
        if gain[best] > 0:
            back[i], score[i] = before[best], pulse[i] + gain[best]
    at = int(np.argmax(score[-int(period[-1]) :])) + max(pulse.size - int(period[-1]), 0)
    beats = []
    while at >= 0:
        beats.append(at)
        at = int(back[at])
    frames = np.array(beats[::-1], float)
    return _between_frames(pulse, frames) / fps


def _between_frames(pulse: Floats, frames: Floats) -> Floats:
    """Beats moved to the top of the parabola through the curve where they stand on a peak."""
    spots = np.clip(frames.astype(int), 1, pulse.size - 2)
    left, middle, right = pulse[spots - 1], pulse[spots], pulse[spots + 1]
    top = (middle >= left) & (middle >= right) & (middle > 0)
    shift = np.where(top, 0.5 * (left - right) / (left - 2 * middle + right - 1e-9), 0.0)
    return np.asarray(frames + np.clip(shift, -0.5, 0.5))
