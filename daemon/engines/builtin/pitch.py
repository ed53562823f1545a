"""One melodic line in a spectrum of many: harmonic sums on a scale of pitch, and the best path through them."""

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
    """

    low_hz: float
    high_hz: float
    harmonics: int
    fall: float
    threshold: float
    move: float
    jump: float


SHARPNESS = 4.0
COMPRESSION = 0.5  # of magnitudes before the sum: many harmonics count more than one strong one
CLEAR_PERCENTILE = 80


def track(line: Line, grid: Grid, stft: Stft, tick: Callable[[], None]) -> NDArray[np.float32]:
    """(times,) fundamental frequency in Hz, 0 where the line is silent. grid: magnitudes."""
    sums, candidates_hz = salience(line, grid, stft)
    clear = max(float(np.percentile(sums.max(axis=1), CLEAR_PERCENTILE)), 1e-9)
    path = best_path(sums * (SHARPNESS / clear), line.threshold * SHARPNESS, line.move, line.jump, tick)
    return np.where(path >= 0, candidates_hz[np.maximum(path, 0)], 0).astype(np.float32)


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


def best_path(
    scores: Grid, silence: float, move: float, jump: float, tick: Callable[[], None]
) -> NDArray[np.int64]:
    """Viterbi: (times,) index of the candidate, -1 for silence, whose score is `silence` in every frame."""
    times, count = scores.shape
    apart = np.abs(np.arange(count)[:, None] - np.arange(count))
    cost = np.minimum(move * apart, jump).astype(np.float32)
    total = np.append(scores[0], np.float32(silence))
    came_from = np.zeros((times, count + 1), np.int32)
    states = np.arange(count)
    for i in range(1, times):
        if i % 256 == 0:
            tick()
        reach = total[:count, None] - cost
        source = reach.argmax(axis=0)
        moved, begun = reach[source, states], total[count] - jump / 2
        came_from[i, :count] = np.where(moved >= begun, source, count)
        loudest = int(total[:count].argmax())
        ended = total[loudest] - jump / 2
        came_from[i, count] = count if total[count] >= ended else loudest
        total = np.append(np.maximum(moved, begun) + scores[i], max(total[count], ended) + silence)
        total -= total.max()
    path = np.zeros(times, np.int64)
    path[-1] = total.argmax()
    for i in range(times - 1, 0, -1):
        path[i - 1] = came_from[i, path[i]]
    path[path == count] = -1
    return path


def comb(
    fundamental_hz: NDArray[np.float32], stft: Stft, top_hz: float, width_hz: float, spread: float
) -> Grid:
    """(times, bins) 0..1: 1 within `width_hz` of a harmonic, plus `spread` of its frequency for vibrato."""
    out = np.zeros((fundamental_hz.size, stft.size // 2 + 1), np.float32)
    sounding = fundamental_hz > 0
    if not sounding.any():
        return out
    f0 = fundamental_hz[sounding, None]
    number = stft.bins_hz[None] / f0
    nearest = np.maximum(np.round(number), 1)
    distance_hz = np.abs(number - nearest) * f0
    teeth = np.clip(1.5 - distance_hz / (width_hz + spread * nearest * f0), 0, 1)
    teeth[:, stft.bins_hz > top_hz] = 0
    out[sounding] = teeth
    return out
