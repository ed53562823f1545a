"""One melodic line in a spectrum of many: harmonic sums on a scale of pitch, and how likely each pitch is given
all that sounds before and after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daemon.engines.builtin.transform import Grid, Stft

STEPS_PER_OCTAVE = 60
LOWEST_HZ = 27.5
HIGHEST_HZ = 9000.0


@dataclass(frozen=True, slots=True)
class Line:
    """What kind of line to look for.

    low_hz, high_hz: its range. harmonics: how many are summed, each weighing `fall` of the one before.
    threshold: share of the salience of a clear note below which nobody plays. move: cost of a fifth of a semitone
    between two frames, jump: the most a move costs, both in units of a clear note's salience times `SHARPNESS`.
    doubt: temperature of the probabilities, in the same units; towards 0 only the best path counts.
    """

    low_hz: float
    high_hz: float
    harmonics: int
    fall: float
    threshold: float
    move: float
    jump: float
    doubt: float


SHARPNESS = 4.0
COMPRESSION = 0.5  # of magnitudes before the sum: many harmonics count more than one strong one
CLEAR_PERCENTILE = 80


@dataclass(frozen=True, slots=True)
class Tracked:
    """probability: (times, candidates) that the line is there; what a row lacks to 1 is silence."""

    probability: Grid
    candidates_hz: NDArray[np.float64]

    def comb(self, stft: Stft, top_hz: float, width_hz: float, spread: float) -> Grid:
        """(times, bins) 0..1: the expected place of the harmonics."""
        expected = self.probability @ teeth(self.candidates_hz, stft, top_hz, width_hz, spread)
        return np.asarray(np.clip(expected, 0, 1), np.float32)


def track(line: Line, grid: Grid, stft: Stft, tick: Callable[[], None]) -> Tracked:
    """Finds a line in magnitudes (times, bins)."""
    sums, candidates_hz = salience(line, grid, stft)
    clear = max(float(np.percentile(sums.max(axis=1), CLEAR_PERCENTILE)), 1e-9)
    silent = np.full((sums.shape[0], 1), line.threshold, np.float32)
    scores = np.asarray(np.concatenate([sums / clear, silent], axis=1) * SHARPNESS, np.float32)
    tick()
    return Tracked(posterior(scores, line, tick)[:, :-1], candidates_hz)


def salience(line: Line, grid: Grid, stft: Stft) -> tuple[Grid, NDArray[np.float64]]:
    """Weighted sum of compressed magnitudes at the harmonics of each candidate (Klapuri 2006, simplified).

    Returns (times, candidates) and the candidates' frequencies.
    """
    top_hz = min(HIGHEST_HZ, stft.rate * 0.48)
    steps = int(STEPS_PER_OCTAVE * np.log2(top_hz / LOWEST_HZ))
    place = LOWEST_HZ * 2 ** (np.arange(steps) / STEPS_PER_OCTAVE) / stft.bin_hz
    whole = place.astype(int)
    part = (place - whole).astype(np.float32)
    scaled = (grid[:, whole] * (1 - part) + grid[:, whole + 1] * part) ** COMPRESSION
    first = int(STEPS_PER_OCTAVE * np.log2(line.low_hz / LOWEST_HZ))
    last = min(int(STEPS_PER_OCTAVE * np.log2(line.high_hz / LOWEST_HZ)), steps)
    sums = np.zeros((grid.shape[0], last - first), np.float32)
    for harmonic in range(1, line.harmonics + 1):
        shift = round(STEPS_PER_OCTAVE * np.log2(harmonic))
        end = min(steps - shift, last)
        if end <= first:
            break
        sums[:, : end - first] += line.fall ** (harmonic - 1) * scaled[:, first + shift : end + shift]
    return sums, LOWEST_HZ * 2 ** (np.arange(first, last) / STEPS_PER_OCTAVE)


def posterior(scores: Grid, line: Line, tick: Callable[[], None]) -> Grid:
    """Forward-backward algorithm: (times, states) probability of each state, of which the last is silence."""
    count = scores.shape[1] - 1
    apart = np.abs(np.arange(count)[:, None] - np.arange(count))
    change = np.full((count + 1, count + 1), np.exp(-line.jump / 2 / line.doubt))
    change[:count, :count] = np.exp(-np.minimum(line.move * apart, line.jump) / line.doubt)
    change[count, count] = 1.0
    likely = np.exp((scores - scores.max(axis=1, keepdims=True)).astype(np.float64) / line.doubt)
    out = np.empty_like(likely)
    belief = np.ones(count + 1)
    for i in range(len(likely)):
        belief = (belief @ change) * likely[i]
        belief /= belief.sum()
        out[i] = belief
        if i % 256 == 0:
            tick()
    belief = np.ones(count + 1)
    for i in range(len(likely) - 2, -1, -1):
        belief = change @ (belief * likely[i + 1])
        belief /= belief.sum()
        out[i] *= belief
        if i % 256 == 0:
            tick()
    return np.asarray(out / out.sum(axis=1, keepdims=True), np.float32)


def teeth(
    fundamental_hz: NDArray[np.float64], stft: Stft, top_hz: float, width_hz: float, spread: float
) -> Grid:
    """(fundamentals, bins): 1 within `width_hz` of a harmonic, plus `spread` of its frequency for vibrato."""
    f0 = fundamental_hz[:, None]
    number = stft.bins_hz[None] / f0
    nearest = np.maximum(np.round(number), 1)
    distance_hz = np.abs(number - nearest) * f0
    out = np.clip(1.5 - distance_hz / (width_hz + spread * nearest * f0), 0, 1)
    out[:, stft.bins_hz > top_hz] = 0
    return np.asarray(out, np.float32)
