"""Where a steady tone is struck anew at the same pitch and loudness, so that no spectrum tells.

What comes is compared with what went before, a whole number of periods earlier (a long-term prediction, as in
speech coding). A tone that goes on repeats itself, whatever its timbre, a slide or a vibrato nearly so; one that
is struck begins with another phase.
"""

from __future__ import annotations

import numpy as np
import scipy.ndimage
from numpy.typing import NDArray

from daemon.engines.basic_pitch.constants import RATE

Array64 = NDArray[np.float64]

_SHORTEST_SAMPLES = 256
"""Of the stretches compared: 12 ms."""
_POINTS = 256
"""Of each stretch that are looked at."""
_CHUNK_FRAMES = 2048
_UNLIKE = 0.15
_STEADY = 0.05
_AROUND_FRAMES = 25
_ALONE_FRAMES = 9


def break_frames(audio: NDArray[np.float32], centres: NDArray[np.int64], pitch: Array64) -> NDArray[np.bool_]:
    """audio: (n,) at 22050 Hz. centres: (frames,) positions in it. pitch: (frames,) MIDI numbers. Returns
    (frames,): the tone breaks there, and is steady (in the median of 0.3 s) round it."""
    unlike = np.concatenate(
        [
            _unlikeness(audio, centres[first : first + _CHUNK_FRAMES], pitch[first : first + _CHUNK_FRAMES])
            for first in range(0, len(centres), _CHUNK_FRAMES)
        ]
    )
    steady = scipy.ndimage.median_filter(unlike, _AROUND_FRAMES) < _STEADY
    highest = unlike == scipy.ndimage.maximum_filter1d(unlike, _ALONE_FRAMES)
    return np.asarray(steady & highest & (unlike > _UNLIKE))


def _unlikeness(audio: NDArray[np.float32], centres: NDArray[np.int64], pitch: Array64) -> Array64:
    """(frames,) energy of the difference between the stretch after each centre and the one before, over their
    own energy: 0 for a steady tone, about 1 for two that have nothing to do with each other. Stretches are an
    even number of periods, so that an oscillator an octave below does not count as a break."""
    period = RATE / (440 * 2 ** ((pitch - 69) / 12))
    length = 2 * period * np.ceil(_SHORTEST_SAMPLES / (2 * period))
    after = centres[:, None] + length[:, None] * (np.arange(_POINTS) / _POINTS)
    late, early = _at(audio, after), _at(audio, after - length[:, None])
    energy = (late**2).sum(axis=1) + (early**2).sum(axis=1)
    return np.asarray(((late - early) ** 2).sum(axis=1) / np.maximum(energy, 1e-9))


def _at(audio: NDArray[np.float32], positions: Array64) -> Array64:
    """Linear interpolation; beyond the ends, the last sample."""
    within = np.clip(positions, 0, len(audio) - 1)
    left = np.minimum(within.astype(np.int64), max(0, len(audio) - 2))
    share = within - left
    right = np.minimum(left + 1, len(audio) - 1)
    return np.asarray(audio[left] * (1 - share) + audio[right] * share)
