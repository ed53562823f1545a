"""How likely each class is, given a sound's features and where it comes from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from daemon.engines.classifier.typical import DRUMS, TYPICAL

OTHER = ("keys", "guitar", "strings", "brass", "woodwind", "mallet", "synth", "fx")
BY_STEM: dict[str, tuple[str, ...]] = {
    "drums": DRUMS,
    "bass": ("bass",),
    "vocals": ("vocal",),
    "guitar": ("guitar",),
    "piano": ("keys",),
    "other": OTHER,
}
"""A stem's own classes. Separation is not perfect: the others keep a small share."""
_LEAK = {"drums": 0.01, "other": 0.05}
_ONE_CLASS_LEAK = 0.02
_SPREAD = 3.0  # features are not independent: evidence counts a third, as measured on the development sounds
_FARTHEST = 4.0  # standard deviations: beyond, one odd measure tells no more


def likelihoods(x: NDArray[np.float64], stem: str) -> dict[str, float]:
    """Class to probability, summing to 1; classes that the stem speaks against are there, but small."""
    log = {name: _log_likelihood(x, name) / _SPREAD + np.log(_prior(name, stem)) for name in TYPICAL}
    highest = max(log.values())
    weights = {name: float(np.exp(value - highest)) for name, value in log.items()}
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}


def fit(x: NDArray[np.float64], name: str) -> float:
    """0..1: how ordinary the sound is for its class, apart from all others: 1 within one standard deviation on
    average, about 0.3 at two and a half."""
    distance = float(np.sqrt((_distances(x, name) ** 2).mean()))
    return float(min(1.0, np.exp(-0.5 * (max(distance, 1.0) ** 2 - 1.0) / 2.2)))


def _distances(x: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    centre, width = TYPICAL[name]
    return np.asarray(np.minimum(np.abs(x - np.array(centre)) / np.array(width), _FARTHEST))


def _log_likelihood(x: NDArray[np.float64], name: str) -> float:
    return float(-0.5 * (_distances(x, name) ** 2).sum() - np.log(TYPICAL[name][1]).sum())


def _prior(name: str, stem: str) -> float:
    own = BY_STEM.get(stem)
    if own is None:
        return 1.0
    if name in own:
        return 1.0 / len(own)
    return _LEAK.get(stem, _ONE_CLASS_LEAK) / (len(TYPICAL) - len(own))
