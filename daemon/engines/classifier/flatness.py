"""Where a sound rings and where it hisses: the spectral flatness of each band, the other half of its picture.

A ride rings in a hundred places where an open hat hisses, and by their levels alone the two look alike. A window of
93 ms shows a partial as a peak; the flatness is the geometric over the arithmetic mean of the power around a band
(Johnston 1988; MPEG-7's AudioSpectrumFlatness).
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft

from daemon.engines.classifier.image import (
    BANDS,
    FRAMES,
    RANGE_DB,
    RATE_HZ,
    Mono,
    band_centres_hz,
    frame_centres,
)

DEEPEST_DB = 24.0  # below which a band is as tonal as it gets
NOISE_DB = -2.5  # of noise: 10 log10 of e to minus Euler's constant; it is said of what is beyond the end too
_SIZE, _HOP = 4096, 1100  # 93 ms of window, 25 ms of hop
_REACH = 0.1  # of a band's centre, to either side
_LEAST_BINS = 4  # to either side: in fewer a mean says nothing


def flatness(part: Mono) -> NDArray[np.float16]:
    """(BANDS, FRAMES), 1: as flat as can be, 0: DEEPEST_DB less. `part` as for `image`."""
    centres = frame_centres() / _HOP
    count = int(centres[-1]) + 2
    padded = np.zeros((count - 1) * _HOP + _SIZE, np.float32)
    kept = part[: padded.size - _SIZE // 2]
    padded[_SIZE // 2 : _SIZE // 2 + kept.size] = kept
    heard = min(count, -(-(kept.size + _SIZE // 2) // _HOP) + 1)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _SIZE)[::_HOP][:heard]
    bank = _regions()
    spectrum = rfft(frames * _window(), axis=1)[:, : len(bank)]
    power = spectrum.real**2 + spectrum.imag**2
    power += (power @ bank).max(initial=0.0) * np.float32(10 ** (-RANGE_DB / 10)) + np.float32(1e-20)
    told = np.full((count, BANDS), NOISE_DB, np.float32)
    told[:heard] = 10 * np.log10(np.exp(np.log(power) @ bank) / (power @ bank))
    before = np.minimum(centres.astype(int), count - 2)
    share = (centres - before)[:, None]
    between = told[before] * (1 - share) + told[before + 1] * share
    assert between.shape == (FRAMES, BANDS)
    return np.asarray(np.clip(1 + between / DEEPEST_DB, 0, 1).T, np.float16)


@cache
def _window() -> NDArray[np.float32]:
    window = np.hanning(_SIZE + 1)[:-1]
    return np.asarray(window / np.sqrt((window**2).sum()), np.float32)


@cache
def _regions() -> NDArray[np.float32]:
    """(bins that any band takes, BANDS): triangles around each band of the picture, each with the sum one."""
    centres, step = band_centres_hz(), RATE_HZ / _SIZE
    reach = np.maximum(centres * _REACH, _LEAST_BINS * step)
    hz = np.arange(_SIZE // 2 + 1) * step
    weights = np.maximum(1 - np.abs(hz[:, None] - centres) / reach, 0)
    last = int(np.flatnonzero(weights.any(axis=1))[-1])
    return np.asarray(weights[: last + 1] / weights.sum(axis=0), np.float32)
