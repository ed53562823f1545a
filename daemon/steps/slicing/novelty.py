"""How much new sound begins at each moment: the onset detection function.

Log-band energy flux after Klapuri (1999) and Böck & Widmer's SuperFlux (DAFx 2013), with two window lengths: short
ones above 400 Hz, where attacks are sharp, long ones below, where a short window would see the single periods
of a bass tone. A band's rise counts by how far it exceeds what noise would do in that band.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft
from scipy.ndimage import maximum_filter1d

FPS = 400
"""Frames of novelty per second."""
_SPLIT_HZ = 400.0
_FLOOR_DB = -72.0  # below the loudest sound of the file: quieter changes are not heard beside it
_LOW_SHARE = 0.3  # about the low bands' number among all
_BATCH = 2048  # windows transformed at once, to bound memory


@dataclass(frozen=True, slots=True)
class _Range:
    """One of the two halves of the spectrum and how it is looked at."""

    window_s: float
    low_hz: float
    high_hz: float
    bands_per_octave: float
    lag: int  # frames between the two spectra compared: about the window's effective length


_LOW = _Range(0.0427, 35.0, _SPLIT_HZ, 2.0, 7)
_HIGH = _Range(0.0107, _SPLIT_HZ, 16000.0, 3.0, 3)


def hop_frames(rate: int) -> int:
    return max(round(rate / FPS), 1)


def _bands(part: _Range, rate: int, size: int) -> list[tuple[int, int]]:
    """(first, last + 1) bins of each band; every band has at least one bin, none overlap."""
    top = min(part.high_hz, rate * 0.48)
    if top <= part.low_hz:
        return []
    count = max(int(np.ceil(np.log2(top / part.low_hz) * part.bands_per_octave)), 1)
    edges = np.unique(np.round(np.geomspace(part.low_hz, top, count + 1) * size / rate).astype(int))
    return [(int(a), int(b)) for a, b in pairwise(edges)]


def _window_frames(part: _Range, rate: int) -> int:
    """The power of two nearest to the range's window."""
    return 1 << int(np.round(np.log2(part.window_s * rate)))


def _band_power(
    audio: NDArray[np.float32], rate: int, part: _Range
) -> tuple[NDArray[np.float32], list[tuple[int, int]]]:
    """Power of each band (bands, frames) summed over channels, windows centred on frame times, and the bins
    of each band."""
    hop = hop_frames(rate)
    size = _window_frames(part, rate)
    bands = _bands(part, rate, size)
    count = audio.shape[1] // hop + 1
    # mirrored at the end: a sound that the file cuts off must not look like one that begins
    padded = np.pad(np.pad(audio, ((0, 0), (size // 2, 0))), ((0, 0), (0, size)), "symmetric")
    window = np.hanning(size + 1)[:-1].astype(np.float32)
    window /= np.sqrt((window**2).sum())
    power = np.zeros((len(bands), count), np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(padded, size, axis=1)[:, ::hop][:, :count]
    for start in range(0, count, _BATCH):
        for channel in frames:
            spectrum = np.abs(rfft(channel[start : start + _BATCH] * window, axis=1)) ** 2
            for b, (first, last) in enumerate(bands):
                power[b, start : start + _BATCH] += spectrum[:, first:last].sum(axis=1)
    return power, bands


@dataclass(frozen=True, slots=True)
class Bands:
    """level_db: (bands, frames) above the floor. rise_db: (bands, frames), what exceeds the recent past beyond
    chance. centre_hz: (bands,)."""

    level_db: NDArray[np.float32]
    rise_db: NDArray[np.float32]
    centre_hz: NDArray[np.float32]


def _heard(audio: NDArray[np.float32], rate: int, part: _Range, floor: float, spread: int) -> Bands:
    power, bands = _band_power(audio, rate, part)
    bins = np.array([last - first for first, last in bands], np.float32)[:, None]
    quiet = floor * np.maximum(bins, 1)
    level = 10 * np.log10(power + quiet)
    past = level[:, np.maximum(np.arange(level.shape[1]) - part.lag, 0)]
    if spread and bands:
        past = maximum_filter1d(past, 2 * spread + 1, axis=0)
    # A bin of noise fluctuates by 5.6 dB (chi-square of two degrees), n bins by 5.6/sqrt(n).
    rise = np.clip(level - past - 5.6 / np.sqrt(np.maximum(bins, 1)), 0, 24)
    middle = np.array([(first + last) / 2 for first, last in bands])
    centre_hz = middle * rate / _window_frames(part, rate)
    return Bands(
        *(np.asarray(values, np.float32) for values in (level - 10 * np.log10(quiet), rise, centre_hz))
    )


def listen(audio: NDArray[np.float32], rate: int, peak: float, spread: int = 0) -> tuple[Bands, Bands]:
    """The bands below 400 Hz and those above, of audio (channels, n), at FPS frames per second; frame i is centred
    on i * hop.

    peak: largest absolute sample of the whole file, which sets the floor below which nothing counts. spread: bands
    to either side in which a sound may have been before without being new (SuperFlux's answer to vibrato).
    """
    floor = peak**2 * 10 ** (_FLOOR_DB / 10) + 1e-12
    return _heard(audio, rate, _LOW, floor, spread), _heard(audio, rate, _HIGH, floor, spread)


def novelty(low: Bands, high: Bands) -> NDArray[np.float32]:
    """(frames,): mean rise in dB over all bands."""
    return np.asarray(_LOW_SHARE * _mean_rise(low) + (1 - _LOW_SHARE) * _mean_rise(high), np.float32)


def _mean_rise(bands: Bands) -> NDArray[np.float32]:
    return np.asarray(bands.rise_db.sum(axis=0) / max(len(bands.rise_db), 1), np.float32)
