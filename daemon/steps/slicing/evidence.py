"""What speaks for a hit at each moment where one may be, weighed by a small perceptron.

The weights are trained by training/onset_weights.py. They see what a single threshold does not: that a rise under
the tail of something louder counts for less, one that lasts for more, and one beside a stronger one for less.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, median_filter, uniform_filter1d

from daemon.steps.slicing.hit_weights import HIDDEN, HIDDEN_BIAS, OUT, OUT_BIAS
from daemon.steps.slicing.novelty import FPS, Bands

Curve = NDArray[np.float32]

_GROUPS_HZ = (0.0, 120.0, 400.0, 1200.0, 3600.0, 8000.0, 24000.0)
_APART = 3  # frames: of two moments nearer than this only the stronger may be a hit
_MEDIAN_S = 0.2
_LEAST_DB, _LEAST_ABOVE_LOCAL = 0.25, 0.3  # nearly all hits exceed this; a quarter of what exceeds it is hits

NAMES = (
    *(f"{what}_{int(hz)}" for hz in _GROUPS_HZ[:-1] for what in ("rise", "lasting", "level")),
    *("novelty", "local", "over_before", "over_after", "over_far_before", "over_far_after", "dip"),
    *("bands_over_3", "bands_over_8", "best_four"),
)
"""The columns of `Evidence.values`."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """frames: (candidates,) where a hit may be. values: (candidates, len(NAMES))."""

    frames: NDArray[np.intp]
    values: Curve


def likelihood(values: Curve) -> Curve:
    """(candidates,): how likely each is a hit, 0 to 1. values: see `Evidence`."""
    hidden = np.tanh(values @ np.array(HIDDEN, np.float32).T + np.array(HIDDEN_BIAS, np.float32))
    return np.asarray(1 / (1 + np.exp(-(hidden @ np.array(OUT, np.float32) + OUT_BIAS))), np.float32)


@dataclass(frozen=True, slots=True)
class _Around:
    """Reads a curve (n,) from `first` to `last` frames around each candidate."""

    frames: NDArray[np.intp]

    def __call__(self, curve: Curve, first: int, last: int) -> Curve:
        """(last - first + 1, candidates); the curve's ends are held beyond them."""
        at = self.frames + np.arange(first, last + 1)[:, None]
        return np.asarray(curve[np.clip(at, 0, curve.size - 1)])


def gather(low: Bands, high: Bands, curve: Curve) -> Evidence:
    """All that the weights look at. curve: the novelty of `low` and `high`."""
    smooth = uniform_filter1d(curve, 3)
    local = median_filter(curve, int(_MEDIAN_S * FPS) | 1)
    peaks = smooth == maximum_filter1d(smooth, 2 * _APART + 1)
    frames = np.flatnonzero(peaks & (smooth > _LEAST_DB + _LEAST_ABOVE_LOCAL * local))
    near = _Around(frames)
    columns = [
        *_by_group(low, high, near),
        *_by_time(smooth, local, near),
        *_by_band(np.concatenate([low.rise_db, high.rise_db])[:, frames]),
    ]
    return Evidence(frames, np.stack(columns, axis=1).astype(np.float32))


def _by_group(low: Bands, high: Bands, near: _Around) -> list[Curve]:
    """For each group of bands: how steeply it rises, how much of that lasts, how loud it is then."""
    rise, level = (
        np.concatenate(pair) for pair in ((low.rise_db, high.rise_db), (low.level_db, high.level_db))
    )
    centre = np.concatenate([low.centre_hz, high.centre_hz])
    columns: list[Curve] = []
    for first_hz, last_hz in pairwise(_GROUPS_HZ):
        inside = (centre >= first_hz) & (centre < last_hz)
        if not inside.any():  # beyond what the sample rate holds: as the group below
            columns += columns[-3:]
            continue
        loud = level[inside].mean(axis=0)
        after, before = near(loud, 2, 8).mean(axis=0), near(loud, -10, -4).mean(axis=0)
        columns += [
            np.log1p(near(rise[inside].mean(axis=0), -1, 1).max(axis=0)),
            np.clip(after - before, -12, 24) / 10,
            after / 20,
        ]
    return columns


def _by_time(smooth: Curve, local: Curve, near: _Around) -> list[Curve]:
    """The peak itself, beside those around it and beside the dip before it."""
    peak = smooth[near.frames]

    def over(other: Curve) -> Curve:
        return np.asarray(np.log((peak + 0.3) / (other + 0.3)))

    spans = ((-16, -5), (5, 16), (-40, -17), (17, 40))
    return [
        np.log1p(peak),
        np.log1p(local[near.frames]),
        *(over(near(smooth, *span).max(axis=0)) for span in spans),
        over(near(smooth, -6, 0).min(axis=0)),
    ]


def _by_band(rise: Curve) -> list[Curve]:
    """How many bands rise, and how far the four that rise most. rise: (bands, candidates)."""
    best = np.sort(rise, axis=0)[-4:].mean(axis=0)
    return [(rise > 3).mean(axis=0), (rise > 8).mean(axis=0), np.log1p(best)]
