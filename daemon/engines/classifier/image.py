"""How loud a sound is, by pitch and time, both on scales of the ear: one half of the tagger's picture of it.

Low bands come from a long window (their pitch tells a kick from a tom from a bass), high ones from a short one
(the hands of a clap). Time is fine at the attack and coarse later: how long a cymbal rings is kept, up to 3 s.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import soxr
from numpy.typing import NDArray
from scipy.fft import rfft

Mono = NDArray[np.float32]

RATE_HZ = 44100
LOW_BANDS, HIGH_BANDS = 32, 64
BANDS = LOW_BANDS + HIGH_BANDS
FRAMES = 96
HEARD_S = 3.2  # of a sound, from its attack on
PRE_S = 0.015  # kept before the attack
RANGE_DB = 80.0  # below the loudest cell everything is silence
SILENT = 1e-4  # peak below which there is nothing to hear (-80 dBFS)

_LOW_HZ, _SPLIT_HZ, _HIGH_HZ = 25.0, 800.0, 18000.0
_HOP = 220  # 5 ms
_HIGH_SIZE = 1024
_DECIMATE = 8
_LOW_SIZE, _LOW_HOP = 512, 55  # at RATE_HZ / 8: 93 ms of window, 10 ms of hop
_FINE = 74  # hops of 5 ms, then hops of 20 ms
_SPACING = ((24, 1), (24, 2), (16, 4), (16, 10), (16, 20))  # frames, hops of 5 ms that each of them spans


def mono(audio: NDArray[np.float32]) -> Mono:
    """One channel of (channels, n): their mean, or the louder one where they cancel each other."""
    if audio.shape[0] == 1:
        return np.asarray(audio[0])
    mean = np.asarray(audio.mean(axis=0), np.float32)
    if np.abs(mean).max(initial=0.0) < 0.5 * np.abs(audio).max(initial=0.0):
        return np.asarray(audio[int(np.argmax((audio**2).sum(axis=1)))], np.float32)
    return mean


def attack_frame(sound: Mono, rate_hz: int) -> int:
    """First frame of the block of 2 ms that comes within 35 dB of the peak."""
    size = max(int(0.002 * rate_hz), 1)
    count = sound.size // size
    if count == 0:
        return 0
    blocks = np.abs(sound[: count * size]).reshape(count, size).max(axis=1)
    return int(np.argmax(blocks >= blocks.max() * 10 ** (-35 / 20))) * size


def from_attack(sound: Mono, rate_hz: int) -> Mono:
    """The part that is heard, at RATE_HZ: PRE_S before the attack to HEARD_S after it."""
    start = attack_frame(sound, rate_hz) - int(PRE_S * rate_hz)
    part = sound[max(start, 0) : max(start, 0) + int((HEARD_S + 0.1) * rate_hz)]
    if start < 0:
        part = np.concatenate([np.zeros(-start, np.float32), part])
    if rate_hz != RATE_HZ:
        part = soxr.resample(part, rate_hz, RATE_HZ, quality="LQ")
    return np.asarray(part, np.float32)


def image(part: Mono) -> NDArray[np.float16]:
    """(BANDS, FRAMES), 0..1: 0 is RANGE_DB below the loudest cell. `part` begins PRE_S before the attack, at
    RATE_HZ (see `from_attack`)."""
    hops = sum(count * span for count, span in _SPACING)
    centres = np.concatenate([np.arange(_FINE), np.arange(_FINE + 1, hops, 4)])
    high = _bands(part, centres * _HOP, _HIGH_SIZE, _bank(RATE_HZ, _HIGH_SIZE, _SPLIT_HZ, _HIGH_HZ, HIGH_BANDS))
    dull = _decimated(part)
    low_centres = np.concatenate([np.arange(0, _FINE, 2), np.arange(_FINE + 1, hops, 4)])
    low_bank = _bank(RATE_HZ // _DECIMATE, _LOW_SIZE, _LOW_HZ, _SPLIT_HZ, LOW_BANDS)
    low = _bands(dull, low_centres * _LOW_HOP // 2, _LOW_SIZE, low_bank)
    fine = _FINE // 2
    low = np.concatenate([np.repeat(low[:fine], 2, axis=0), low[fine:]])
    bands = _spread(np.concatenate([low, high], axis=1))
    level_db = 10 * np.log10(bands / (bands.max() + 1e-20) + 10 ** (-RANGE_DB / 10))
    return np.asarray(np.clip(level_db / RANGE_DB + 1, 0, 1).T, np.float16)


def frame_centres() -> NDArray[np.float64]:
    """The middle of each of the FRAMES of a picture, in samples at RATE_HZ."""
    edges = np.cumsum([0] + [span for count, span in _SPACING for _ in range(count)]) * _HOP
    return np.asarray((edges[1:] + edges[:-1]) / 2, np.float64)


def band_centres_hz() -> NDArray[np.float64]:
    """The middle of each of the BANDS of a picture."""
    edges = np.geomspace(_LOW_HZ, _SPLIT_HZ, LOW_BANDS + 1), np.geomspace(_SPLIT_HZ, _HIGH_HZ, HIGH_BANDS + 1)
    return np.concatenate([np.sqrt(each[1:] * each[:-1]) for each in edges])


def _spread(cells: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean power of the analysis frames that fall into each frame of the picture."""
    edges = np.cumsum([0] + [span for count, span in _SPACING for _ in range(count)])
    index = np.where(edges <= _FINE, edges, _FINE + -(-(edges - _FINE) // 4))
    index[-1] = len(cells)
    sums = np.concatenate([np.zeros((1, cells.shape[1])), np.cumsum(cells, axis=0, dtype=np.float64)])
    counts = np.maximum(np.diff(index), 1)[:, None]
    return np.asarray((sums[index[1:]] - sums[index[:-1]]) / counts, np.float32)


def _bands(
    sound: NDArray[np.float32], centres: NDArray[np.int64], size: int, bank: NDArray[np.float32]
) -> NDArray[np.float32]:
    """(len(centres), bands): power in each band of the bank around the centres; beyond the sound there is silence."""
    padded = np.zeros(int(centres[-1]) + size, np.float32)
    kept = sound[: padded.size - size // 2]
    padded[size // 2 : size // 2 + kept.size] = kept
    used = centres[: int(np.searchsorted(centres, kept.size + size // 2))]
    out = np.zeros((centres.size, bank.shape[1]), np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[used]
    frames *= _window(size)
    spectrum = rfft(frames, axis=1, overwrite_x=True)
    first, last = _reach(bank)
    spectrum = spectrum[:, first:last]
    np.matmul(spectrum.real**2 + spectrum.imag**2, bank[first:last], out=out[: used.size])
    return out


def _reach(bank: NDArray[np.float32]) -> tuple[int, int]:
    """The bins that any band takes something of, (first, last + 1)."""
    bins = np.flatnonzero(bank.any(axis=1))
    return int(bins[0]), int(bins[-1]) + 1


def _decimated(sound: Mono) -> Mono:
    return np.asarray(soxr.resample(sound, _DECIMATE, 1, quality="LQ"), np.float32)


@cache
def _window(size: int) -> NDArray[np.float32]:
    window = np.hanning(size + 1)[:-1]
    return np.asarray(window / np.sqrt((window**2).sum()), np.float32)


@cache
def _bank(rate_hz: int, size: int, low_hz: float, high_hz: float, bands: int) -> NDArray[np.float32]:
    """(bins, bands): triangles on a logarithmic scale, at least one bin wide, each with the sum one."""
    edges = np.geomspace(low_hz, high_hz, bands + 1)
    step = edges[1] / edges[0]
    hz = np.arange(size // 2 + 1) * rate_hz / size
    bin_hz = rate_hz / size
    centres = edges[:-1] * np.sqrt(step)
    width = np.maximum(centres * (step - 1), bin_hz)
    weights = np.maximum(1 - np.abs(hz[:, None] - centres) / width, 0)
    return np.asarray(weights / weights.sum(axis=0).clip(1e-9), np.float32)
