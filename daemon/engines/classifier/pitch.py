"""The note a sound has: of a tuned kick the one it settles on, of a bass or a tone its fundamental.

McLeod's normalised autocorrelation (A Smarter Way to Find Pitch, 2005) in several windows after the attack, each with a
vote as large as its clarity and its energy; the sound has a pitch where the votes agree. A chord has a period too, that
of a low note of which its own are partials (Terhardt, Calculating Virtual Pitch, 1979); its spectrum tells that nobody
plays that note.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft

from daemon.engines.classifier.image import mono

LOWEST_HZ, HIGHEST_HZ = 24.0, 2100.0
_WINDOWS_S = (
    (0.03, 0.25), (0.09, 0.25), (0.18, 0.3), (0.4, 0.4), (1.0, 0.4), (2.1, 0.4), (3.3, 0.4), (4.6, 0.4), (6.2, 0.4),
)  # fmt: skip
"""(begin, length): most where a hit has its note; those later on tell whether a longer sound keeps to it."""
_LOOKED_AT_S = 7.0
_CLEAR = 0.8
_AGREE_CENTS = 60.0
_LEAST = 0.5  # confidence
_RATE_HZ = 22050  # enough lags for HIGHEST_HZ; half of the work
_HEARD = 10 ** (-30 / 20)  # of the strongest partial
_FIRST_PARTIALS = 5  # one of which every note has: a low string's or a small speaker's lacks the lowest
_OFF = 0.02  # of its frequency, by which a stiff string's partial may miss its place


@dataclass(frozen=True, slots=True)
class Pitch:
    """note: MIDI number. cents: from that note, -50..50. confidence: 0..1."""

    note: int
    cents: float
    confidence: float


@dataclass(frozen=True, slots=True)
class _Vote:
    """cents: above MIDI note 0. is_note: False for a chord, which votes against every note."""

    cents: float
    weight: float
    clarity: float
    is_note: bool


def pitch_of(audio: NDArray[np.float32], rate_hz: int) -> Pitch | None:
    """None where no pitch is clear. audio: (channels, n)."""
    whole = mono(audio)
    level = np.abs(whole)
    top = float(level.max(initial=0.0))
    if top < 1e-4:
        return None
    start = int(np.argmax(level >= 0.1 * top))
    sound, rate = _thinned(whole[start : start + int(_LOOKED_AT_S * rate_hz)], rate_hz)
    votes = [vote for window in _WINDOWS_S if (vote := _vote(sound, rate, window)) is not None]
    if not any(vote.is_note for vote in votes):
        return None
    cents, weights, clear, notes = np.array([(v.cents, v.weight, v.clarity, v.is_note) for v in votes]).T
    best = _heaviest(cents, weights * notes)
    near = (np.abs(cents - cents[best]) < _AGREE_CENTS) & (notes > 0)
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


def _vote(sound: NDArray[np.float64], rate: float, window: tuple[float, float]) -> _Vote | None:
    """None of a window that is too short, too quiet or not clear."""
    start_s, length_s = window
    part = sound[int(start_s * rate) : int((start_s + length_s) * rate)]
    if part.size < 0.09 * rate or np.abs(part).max(initial=0.0) < 0.02 * np.abs(sound).max():
        return None
    hz, clarity = fundamental(part - part.mean(), rate)
    if clarity < _CLEAR:
        return None
    energy = float(np.sqrt((part**2).mean()))
    cents = 6900 + 1200 * float(np.log2(hz / 440.0))
    return _Vote(cents, energy * clarity**8, clarity, is_one_note(part, rate, hz))


def is_one_note(part: NDArray[np.float64], rate: float, hz: float) -> bool:
    """Whether the partials are those of a note at `hz`: the first is heard or, where the n-th is the lowest, all of
    those from it to the one past the next octave are. The period that a chord's notes share leaves some of them out."""
    size = next_fast_len(part.size, real=True)
    level = np.abs(rfft(part * _window(part.size), size))
    step_hz = rate / size
    partials_hz = hz * np.arange(1, 2 * _FIRST_PARTIALS + 2)
    reach_hz = np.minimum(np.maximum(_OFF * partials_hz, step_hz), hz / 3)
    spans = zip(partials_hz - reach_hz, partials_hz + reach_hz, strict=True)
    peaks = [level[int(low / step_hz) : int(high / step_hz) + 2].max(initial=0.0) for low, high in spans]
    heard = np.array(peaks) >= _HEARD * level.max()
    first = int(np.argmax(heard[:_FIRST_PARTIALS])) + 1
    return bool(heard[0] or heard[first - 1 : 2 * first + 1].all())


@lru_cache(maxsize=8)  # the windows have few lengths
def _window(size: int) -> NDArray[np.float64]:
    return np.asarray(np.hanning(size))


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
