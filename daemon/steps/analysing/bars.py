"""Bar lines among tracked beats: three or four beats to the bar, and which of them is the first.

A bar has an accent pattern: where its kicks, snares and hats fall and where the harmony changes. Each way of laying
bars over the half beats (so that beats tracked on the offbeats can be put right) is scored by a small network.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daemon.steps.analysing.nets import Floats, Net, net, shares

METRES = (4, 3)
_REACH_S = 0.04


@dataclass(frozen=True, slots=True)
class Bars:
    """beats_s, downbeats_s: the latter are among the former. confidence: 0..1, of the bar lines."""

    beats_per_bar: int
    beats_s: Floats
    downbeats_s: Floats
    confidence: float


def find_bars(pulses: Floats, beats_s: Floats, fps: float) -> Bars:
    """pulses: (rows, n) curves; beats_s: at least nine, else the bars are taken to begin with the first."""
    halves_s = half_beats(beats_s)
    told = accents(pulses, halves_s, fps)
    ways = [(metre, offset) for metre in METRES for offset in range(2 * metre)]
    scores = np.concatenate([metre_scores(net(f"bar-{metre}"), told, metre) for metre in METRES])
    chances = shares(scores)
    best = int(np.argmax(chances))
    metre, offset = ways[best]
    return Bars(metre, halves_s[offset % 2 :: 2], halves_s[offset :: 2 * metre], float(chances[best]))


def metre_scores(weights: Net, told: Floats, metre: int) -> Floats:
    """(2 * metre,): one for each half beat at which bars may begin."""
    return weights.scores(np.array([profile(told, metre, offset) for offset in range(2 * metre)]))[:, 0]


def half_beats(beats_s: Floats) -> Floats:
    """(2 n - 1,): the beats and the middles between them."""
    return np.interp(np.arange(2 * beats_s.size - 1) / 2, np.arange(beats_s.size), beats_s)


def accents(pulses: Floats, at_s: Floats, fps: float) -> Floats:
    """(rows, moments): largest value near each moment, divided by the row's mean of these."""
    reach = max(int(_REACH_S * fps), 1)
    spots: NDArray[np.intp] = np.round(at_s * fps).astype(np.intp)[:, None] + np.arange(-reach, reach + 1)
    values = pulses[:, np.clip(spots, 0, pulses.shape[1] - 1)].max(axis=2)
    return np.asarray(values / np.maximum(values.mean(axis=1, keepdims=True), 1e-9))


def profile(told: Floats, metre: int, offset: int) -> Floats:
    """(rows * 2 * metre,): mean accent at each half beat of bars that begin at half beat `offset`, squashed."""
    size = 2 * metre
    out = np.zeros((len(told), size))
    for step in range(size):
        part = told[:, offset + step :: size]
        if part.shape[1]:
            out[:, step] = np.tanh(part.mean(axis=1) - 1)
    return out.ravel()
