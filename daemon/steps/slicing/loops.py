"""Loops: whole bars that differ from each other, cut where the bar's first hit begins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft

from daemon.steps.slicing.edges import Edges
from daemon.steps.slicing.forward import Forward

LENGTHS_BARS = (4, 2, 1)
_STEPS = 16  # a bar's picture: sixteenths of its length
_BANDS_HZ = (0.0, 150.0, 2500.0, 24000.0)
_ALIKE = 0.97  # cosine; a repeated programmed bar reaches 0.99, another groove on the same kit stays below 0.95
_QUIET_DB = -30.0  # below the loudest bar
_SNAP_S = 0.025  # a hit this near the bar line is its downbeat


@dataclass(frozen=True, slots=True)
class Grid:
    """Where bars lie. bar_frames: length of a bar, not rounded. first: frame of the first downbeat."""

    bpm: float
    beats_per_bar: int
    first: float
    bar_frames: float

    @classmethod
    def of(cls, bpm: float, beats_per_bar: int, first_downbeat_s: float, rate: int) -> Grid:
        bar = beats_per_bar * 60.0 / bpm * rate
        first = first_downbeat_s * rate
        return cls(bpm, beats_per_bar, first % bar if first >= 0 else first + np.ceil(-first / bar) * bar, bar)

    def line(self, bar: int) -> int:
        return round(self.first + bar * self.bar_frames)


@dataclass(frozen=True, slots=True)
class Loop:
    start: int
    length: int
    bars: int
    attack_frames: int  # from the start to the first hit


def bar_pictures(forward: Forward, grid: Grid, frames: int, rate: int) -> NDArray[np.float32]:
    """(bars, 48): energy in three bands at sixteenths of every whole bar of the file."""
    bars = max(int((frames - grid.first) / grid.bar_frames), 0)
    pictures = np.zeros((bars, _STEPS * (len(_BANDS_HZ) - 1)), np.float32)
    for i in range(bars):
        start = grid.line(i)
        pictures[i] = _picture(forward.read(start, grid.line(i + 1) - start), rate)
    return pictures


def _picture(bar: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    size = max(bar.shape[1] // _STEPS, 1)
    parts = bar[:, : size * _STEPS].reshape(bar.shape[0], -1, size)
    power = (np.abs(rfft(parts, axis=2)) ** 2).sum(axis=0) / size
    edges = np.minimum((np.array(_BANDS_HZ) * size / rate).astype(int), power.shape[1])
    bands = [power[:, a:b].sum(axis=1) for a, b in pairwise(edges)]
    return np.asarray(np.sqrt(np.concatenate(bands)), np.float32)


def choose(pictures: NDArray[np.float32], most: int) -> list[tuple[int, int]]:
    """(first bar, bars) of at most `most` loops: 4, 2 and 1 bars in turn, those that come back most often first.

    A bar counts as another only if it sounds different; a loop that is one bar over and over is left to the
    shorter length.
    """
    if not len(pictures):
        return []
    loudness = np.sqrt((pictures**2).sum(axis=1))
    audible = loudness > loudness.max() * 10 ** (_QUIET_DB / 20)
    names = _names(pictures / np.maximum(loudness[:, None], 1e-12))
    ranked = [iter(_distinct(names, audible, length)) for length in LENGTHS_BARS]
    chosen: list[tuple[int, int]] = []
    while len(chosen) < most and ranked:
        for candidates in list(ranked):
            found = next(candidates, None)
            if found is None:
                ranked.remove(candidates)
            elif len(chosen) < most:
                chosen.append(found)
    return sorted(chosen)


def _names(unit: NDArray[np.float32]) -> list[int]:
    """For each bar the index of the first bar that sounds like it."""
    firsts: list[int] = []
    names = []
    for i, bar in enumerate(unit):
        alike = unit[firsts] @ bar if firsts else np.zeros(0)
        if alike.size and alike.max() >= _ALIKE:
            names.append(firsts[int(alike.argmax())])
        else:
            firsts.append(i)
            names.append(i)
    return names


def _distinct(names: Sequence[int], audible: NDArray[np.bool_], length: int) -> list[tuple[int, int]]:
    seen: dict[tuple[int, ...], list[int]] = {}
    for start in range(0, len(names) - length + 1, length):
        if audible[start : start + length].all():
            seen.setdefault(tuple(names[start : start + length]), []).append(start)
    new = {word: starts for word, starts in seen.items() if length == 1 or len(set(_halves(word))) > 1}
    often = sorted(new.values(), key=lambda starts: (-len(starts), starts[0]))
    return [(starts[0], length) for starts in often]


def _halves(word: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    middle = len(word) // 2
    yield word[:middle]
    yield word[middle:]


def place(grid: Grid, first_bar: int, bars: int, edges: Sequence[Edges], frames: int, rate: int) -> Loop | None:
    """The loop's cut: exactly `bars` bars long, moved to the start of the hit that is its downbeat, if there is
    one. None when it would leave the file."""
    line = grid.line(first_bar)
    length = round(bars * grid.bar_frames)
    near = min(
        (e for e in edges if abs(e.onset - line) <= _SNAP_S * rate),
        key=lambda e: abs(e.onset - line),
        default=None,
    )
    start = near.start if near else line
    if start + length > frames:
        start = frames - length
        if start < 0 or abs(start - line) > _SNAP_S * rate:
            return None
    return Loop(start, length, bars, max(near.onset - start, 0) if near else 0)
