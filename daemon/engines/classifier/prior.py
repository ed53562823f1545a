"""What is known of a sound's class besides how it sounds: by the stem that it comes from, and by its file's name."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from daemon.engines.classifier.classes import CLASSES, DRUMS

BY_STEM: dict[str, tuple[str, ...]] = {
    "drums": DRUMS,
    "bass": ("bass",),
    "vocals": ("vocal",),
    "guitar": ("guitar",),
    "piano": ("keys",),
    "other": ("keys", "guitar", "strings", "brass", "woodwind", "mallet", "synth", "fx"),
}
"""A stem's own classes."""
LEAK = 0.02
"""What is left of the odds of the other classes: separation is not perfect."""
MISNAMED = 0.05
"""The same of those that a name does not name: what sounds clearly like another class is another class."""


def weighed(
    shares: NDArray[np.float32], names: tuple[str, ...], stem: str, said: Sequence[str] = ()
) -> NDArray[np.float32]:
    """Shares (classes,) of `names` with what is known besides taken into account; they sum to 1. said: the classes
    that the file's name allows for. Names that are not among CLASSES are the user's own, and speak for themselves."""
    odds = _odds(names, BY_STEM.get(stem, ()), LEAK) * _odds(names, said, MISNAMED)
    if (odds == 1).all():
        return shares
    weighed = shares * odds
    return np.asarray(weighed / weighed.sum(), np.float32)


def _odds(names: tuple[str, ...], own: Sequence[str], other: float) -> NDArray[np.float32]:
    if not own:
        return np.ones(len(names), np.float32)
    return np.array([1.0 if name in own or name not in CLASSES else other for name in names], np.float32)
