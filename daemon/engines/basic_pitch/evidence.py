"""What the audio itself says about one voice: how periodic it is at each pitch, how loud, where it is struck.

Periodicity is the normalised square difference function of McLeod and Wyvill ("A smarter way to find pitch",
ICMC 2005). Lags before its first zero crossing are passed over, as there, since every signal resembles itself
a moment later. The strike is a half-wave rectified difference of log magnitudes in bands (spectral flux).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daemon.engines.basic_pitch.constants import LOWEST_PITCH, PITCHES, RATE

Array32 = NDArray[np.float32]
_FRAME = 1854
_LAGS = 830
"""Longest lag looked at: more than a period of 27.5 Hz."""
_FFT = 4096
_CHUNK_FRAMES = 512
_FLUX_FRAME = 1024
MARGIN_SAMPLES = _FRAME
"""Audio needed before the first and after the last frame."""
_OFF_PEAK = 0.85
"""What a pitch is worth whose lags hold no maximum of their own, only the slope of a neighbour's."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Per frame. periodicity: (frames, 88) 0..1. pitch: (frames, 88) the exact pitch (MIDI number, fractional)
    of the maximum near each key. rms: (frames,) full scale = 1. strike: (frames,) spectral flux, 0 and up."""

    periodicity: Array32
    pitch: Array32
    rms: Array32
    strike: Array32


def gather(audio: Array32, centres: NDArray[np.int64]) -> Evidence:
    """audio: (n,) at 22050 Hz. centres: (frames,) sample positions in it, which may lie near or beyond its
    ends: what is outside is silent."""
    padded = np.pad(audio, MARGIN_SAMPLES)
    parts = [
        _tonal(_cut(padded, centres[first : first + _CHUNK_FRAMES], _FRAME))
        for first in range(0, len(centres), _CHUNK_FRAMES)
    ]
    periodicity, pitch, rms = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Evidence(periodicity, pitch, rms, _strike(padded, centres))


def _cut(padded: Array32, centres: NDArray[np.int64], size: int) -> Array32:
    views = np.lib.stride_tricks.sliding_window_view(padded, size)
    return np.asarray(views[np.clip(centres + MARGIN_SAMPLES - size // 2, 0, len(views) - 1)])


def _tonal(frames: Array32) -> tuple[Array32, Array32, Array32]:
    frames = frames - frames.mean(axis=1, keepdims=True)
    likeness = _likeness(frames)
    periodicity, pitch = _by_key(likeness)
    return periodicity, pitch, np.sqrt((frames**2).mean(axis=1))


def _likeness(frames: Array32) -> Array32:
    """(frames, lags) -1..1: twice the autocorrelation over the energy of the two stretches compared."""
    spectrum = np.fft.rfft(frames, _FFT)
    correlation = np.fft.irfft(spectrum.real**2 + spectrum.imag**2, _FFT)[:, :_LAGS]
    energy = np.cumsum(frames.astype(np.float64) ** 2, axis=1)
    total = energy[:, -1:]
    lag = np.arange(_LAGS)
    late = total - np.where(lag > 0, energy[:, lag - 1], 0.0)
    both = energy[:, _FRAME - 1 - lag] + late
    return (2 * correlation / np.maximum(both, 1e-9)).astype(np.float32)


def _by_key(likeness: Array32) -> tuple[Array32, Array32]:
    """The strongest maximum within half a semitone of each key, and its exact pitch by parabola."""
    crossed = likeness <= 0
    first = np.where(crossed.any(axis=1), crossed.argmax(axis=1), _LAGS)
    likeness = np.where(np.arange(_LAGS) < first[:, None], 0, likeness)
    strength = np.zeros((len(likeness), PITCHES), np.float32)
    pitch = np.tile(np.arange(LOWEST_PITCH, LOWEST_PITCH + PITCHES, dtype=np.float32), (len(likeness), 1))
    rows = np.arange(len(likeness))
    for column in range(PITCHES):
        period = RATE / (440 * 2 ** ((column + LOWEST_PITCH - 69) / 12))
        low, high = period * 2 ** (-0.5 / 12), period * 2 ** (0.5 / 12)
        start, stop = int(low), int(np.ceil(high)) + 1
        if start < 2 or stop + 1 > _LAGS:
            continue
        best = likeness[:, start:stop].argmax(axis=1) + start
        left, middle, right = likeness[rows, best - 1], likeness[rows, best], likeness[rows, best + 1]
        curve = left - 2 * middle + right
        peaked = (middle >= left) & (middle >= right) & (curve < 0)
        shift = np.where(peaked, 0.5 * (left - right) / np.where(peaked, curve, 1), 0)
        lag = best + shift
        own = peaked & (lag >= low) & (lag <= high)
        height = middle - 0.25 * (left - right) * shift
        strength[:, column] = np.clip(np.where(own, height, _OFF_PEAK * middle), 0, 1)
        pitch[:, column] = 69 + 12 * np.log2(RATE / np.clip(lag, low, high) / 440)
    return strength, pitch


def _strike(padded: Array32, centres: NDArray[np.int64]) -> Array32:
    bands = np.concatenate(
        [
            _bands(_cut(padded, centres[first : first + _CHUNK_FRAMES], _FLUX_FRAME))
            for first in range(0, len(centres), _CHUNK_FRAMES)
        ]
    )
    reference = max(float(np.percentile(bands.max(axis=1), 95)), 1e-3)
    level = np.log1p(100 * bands / reference)
    rise = np.zeros(len(level), np.float32)
    rise[2:] = np.maximum(level[2:] - level[:-2], 0).mean(axis=1)
    return rise


def _bands(frames: Array32) -> Array32:
    """(frames, bands) summed magnitudes in bands of growing width from 43 Hz."""
    window = np.hanning(_FLUX_FRAME).astype(np.float32)
    magnitude = np.abs(np.fft.rfft(frames * window))
    edges = np.unique(np.round(np.geomspace(2, _FLUX_FRAME // 2, 40)).astype(int))
    return np.asarray(np.add.reduceat(magnitude, edges[:-1], axis=1), dtype=np.float32)
