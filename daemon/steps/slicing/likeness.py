"""How a hit sounds, in a few numbers that do not depend on how hard it was struck."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft

_EDGES_S = (0.0, 0.012, 0.03, 0.06, 0.12, 0.24)
_BANDS = 18
_RANGE_DB = 40.0


@dataclass(frozen=True, slots=True)
class Portrait:
    """level_db: (segments, bands), 0 at the loudest, not below -40. segments: how many of them were heard before
    the slice ended."""

    level_db: NDArray[np.float32]
    segments: int


def portrait(audio: NDArray[np.float32], rate: int) -> Portrait:
    """Of audio (channels, n) that begins at its attack: band energies in segments that grow with time."""
    grid = np.full((len(_EDGES_S) - 1, _BANDS), 1e-12)
    heard = 0
    for i in range(len(_EDGES_S) - 1):
        first, last = int(_EDGES_S[i] * rate), int(_EDGES_S[i + 1] * rate)
        part = audio[:, first:last]
        if part.shape[1] < (last - first) // 2:
            break
        grid[i] += _band_energy(part, rate) / part.shape[1]
        heard += 1
    level = 10 * np.log10(grid)
    return Portrait(np.clip(level - level.max(), -_RANGE_DB, 0).astype(np.float32), max(heard, 1))


def _band_energy(part: NDArray[np.float32], rate: int) -> NDArray[np.float64]:
    size = max(1 << int(np.ceil(np.log2(part.shape[1]))), int(0.02 * rate))
    power = (np.abs(rfft(part * np.hanning(part.shape[1]), size, axis=1)) ** 2).sum(axis=0) / size
    hz = np.geomspace(40.0, min(16000.0, rate * 0.48), _BANDS + 1)
    edges = np.maximum.accumulate(np.round(hz * size / rate).astype(int))
    sums = np.concatenate([[0.0], np.cumsum(power)])
    last = np.maximum(edges[1:], edges[:-1] + 1)
    return np.asarray(sums[np.minimum(last, power.size)] - sums[np.minimum(edges[:-1], power.size)])


class Gallery:
    """Portraits side by side, to compare one with all of them at once."""

    def __init__(self) -> None:
        self._level_db = np.zeros((16, len(_EDGES_S) - 1, _BANDS), np.float32)
        self._segments = np.zeros(16, np.intp)
        self.size = 0

    def append(self, one: Portrait) -> None:
        if self.size == len(self._segments):
            self._level_db = np.concatenate([self._level_db, np.zeros_like(self._level_db)])
            self._segments = np.concatenate([self._segments, np.zeros_like(self._segments)])
        self.size += 1
        self.replace(self.size - 1, one)

    def replace(self, index: int, one: Portrait) -> None:
        self._level_db[index] = one.level_db
        self._segments[index] = one.segments

    def distances_db(self, one: Portrait) -> NDArray[np.float32]:
        """(size,): mean difference in dB over what both let hear, loud places counting more.

        Each is at 0 dB at its own loudest place; a shift that remains between two is still only loudness.
        """
        others = self._level_db[: self.size]
        both = np.arange(len(_EDGES_S) - 1) < np.minimum(self._segments[: self.size], one.segments)[:, None]
        weight = (np.maximum(others, one.level_db) + _RANGE_DB) * both[:, :, None]
        total = np.maximum(weight.sum(axis=(1, 2)), 1e-9)
        gap = others - one.level_db
        shift = (weight * gap).sum(axis=(1, 2)) / total
        return np.asarray((weight * np.abs(gap - shift[:, None, None])).sum(axis=(1, 2)) / total, np.float32)
