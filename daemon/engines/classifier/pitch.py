"""The note a sound has: of a tuned kick the one it settles on, of a bass or a tone its fundamental.

McLeod's normalised autocorrelation (A Smarter Way to Find Pitch, 2005) in several windows after the attack, each with a
vote as large as its clarity and its energy; the sound has a pitch where the votes agree.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft

from daemon.engines.classifier.image import mono

LOWEST_HZ, HIGHEST_HZ = 24.0, 2100.0
_WINDOWS_S = ((0.03, 0.25), (0.09, 0.25), (0.18, 0.3), (0.4, 0.4))
_CLEAR = 0.8
_AGREE_CENTS = 60.0
_LEAST = 0.5  # confidence
_RATE_HZ = 22050  # enough lags for HIGHEST_HZ; half of the work


@dataclass(frozen=True, slots=True)
class Pitch:
    """note: MIDI number. cents: from that note, -50..50. confidence: 0..1."""

    note: int
    cents: float
    confidence: float


def pitch_of(audio: NDArray[np.float32], rate_hz: int) -> Pitch | None:
    """None where no pitch is clear. audio: (channels, n)."""
    whole = mono(audio)
    level = np.abs(whole)
    top = float(level.max(initial=0.0))
    if top < 1e-4:
        return None
    start = int(np.argmax(level >= 0.1 * top))
    sound, rate = _thinned(whole[start : start + int(1.0 * rate_hz)], rate_hz)
    votes = [vote for window in _WINDOWS_S if (vote := _vote(sound, rate, window)) is not None]
    if not votes:
        return None
    cents, weights, clear = np.array(votes).T
    best = _heaviest(cents, weights)
    near = np.abs(cents - cents[best]) < _AGREE_CENTS
    share = float(weights[near].sum() / weights.sum())
    middle = float(np.average(cents[near], weights=weights[near]))
    confidence = float(np.clip((clear[near].max() - 0.6) / 0.38, 0, 1)) * share
    if confidence < _LEAST:
        return None
    note = round(middle / 100)
    return Pitch(note, middle - 100 * note, confidence)


def _heaviest(cents: NDArray[np.float64], weights: NDArray[np.float64]) -> int:
    """The vote round which most weight lies."""
    near = np.abs(cents[:, None] - cents[None, :]) < _AGREE_CENTS
    return int(np.argmax((near * weights[None, :]).sum(axis=1)))


def _thinned(part: NDArray[np.float32], rate_hz: int) -> tuple[NDArray[np.float64], float]:
    """Every n-th value of the mean over n: enough below 2 kHz."""
    step = max(rate_hz // _RATE_HZ, 1)
    count = part.size // step
    total = np.zeros(count)
    for i in range(step):
        total += part[i : count * step : step]
    return total / step, rate_hz / step


def _vote(
    sound: NDArray[np.float64], rate: float, window: tuple[float, float]
) -> tuple[float, float, float] | None:
    """(cents above MIDI note 0, weight, clarity) of one window, None for one that is too short or too quiet."""
    start_s, length_s = window
    part = sound[int(start_s * rate) : int((start_s + length_s) * rate)]
    if part.size < 0.09 * rate or np.abs(part).max(initial=0.0) < 0.02 * np.abs(sound).max():
        return None
    hz, clarity = fundamental(part - part.mean(), rate)
    if clarity < _CLEAR:
        return None
    energy = float(np.sqrt((part**2).mean()))
    return 6900 + 1200 * float(np.log2(hz / 440.0)), energy * clarity**8, clarity


def fundamental(part: NDArray[np.float64], rate: float) -> tuple[float, float]:
    """(Hz, clarity 0..1): the first peak of the normalised autocorrelation that comes near the highest."""
    last = min(int(rate / LOWEST_HZ), int(part.size * 0.7))
    size = next_fast_len(part.size + last + 2, real=True)  # lags beyond come round, and are not looked at
    spectrum = rfft(part, size)
    correlation = irfft(spectrum.real**2 + spectrum.imag**2, size)[: last + 2]
    squares = np.concatenate([[0.0], np.cumsum(part**2)])
    ends = squares[part.size - correlation.size + 1 :][::-1]  # energy of all but the last `lag` samples
    energy = ends + squares[-1] - squares[: correlation.size]
    normal = 2 * correlation / np.maximum(energy, 1e-12)
    below = np.flatnonzero(normal[:last] < 0)
    first = max(int(below[0]) if below.size else last, int(rate / HIGHEST_HZ), 1)
    view = normal[first:last]
    peaks = np.flatnonzero((view[1:-1] >= view[:-2]) & (view[1:-1] > view[2:])) + 1
    if not peaks.size:
        return 1.0, 0.0
    # between two lags the peak of a high note is higher than at either
    bends = np.minimum(view[peaks - 1] - 2 * view[peaks] + view[peaks + 1], -1e-12)
    heights = np.minimum(view[peaks] - (view[peaks - 1] - view[peaks + 1]) ** 2 / (8 * bends), 1.0)
    best = int(peaks[np.argmax(heights >= 0.93 * heights.max())]) + first
    left, middle, right = normal[best - 1 : best + 2]
    bend = left - 2 * middle + right
    shift = 0.5 * (left - right) / bend if abs(bend) > 1e-12 else 0.0
    return rate / (best + float(shift)), float(np.clip(middle, 0, 1))
