"""What the stem that a sound comes from says about its class."""

from __future__ import annotations

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


def weighed(shares: NDArray[np.float32], names: tuple[str, ...], stem: str) -> NDArray[np.float32]:
    """Shares (classes,) of `names` with the stem taken into account; they sum to 1. Names that are not among
    CLASSES are the user's own, and speak for themselves."""
    own = BY_STEM.get(stem)
    if own is None:
        return shares
    odds = np.array([1.0 if name in own or name not in CLASSES else LEAK for name in names], np.float32)
    weighed = shares * odds
    return np.asarray(weighed / weighed.sum(), np.float32)
