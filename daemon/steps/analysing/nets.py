"""The small networks that weigh what was heard: which tempo, which bar line, which key.

Each gives a row of features one or more scores: tanh(x W1 + b1) W2 + x D + b, with x brought to mean 0 and deviation 1.
Made by `training/analysing.py`, which says from what; 100 kB in all.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
WEIGHTS = Path(__file__).parent / "weights.npz"
FIELDS = ("mean", "deviation", "w1", "b1", "w2", "direct", "bias")


@dataclass(frozen=True, slots=True)
class Net:
    """mean, deviation: (features,). w1: (features, hidden). w2: (hidden, scores). direct: (features, scores)."""

    mean: Floats
    deviation: Floats
    w1: Floats
    b1: Floats
    w2: Floats
    direct: Floats
    bias: Floats

    def scores(self, features: Floats) -> Floats:
        """(..., scores) from (..., features): log odds against each other."""
        x = (features - self.mean) / self.deviation
        return np.asarray(np.tanh(x @ self.w1 + self.b1) @ self.w2 + x @ self.direct + self.bias)


@cache
def net(name: str) -> Net:
    """A shipped one: "tempo", "bar-4", "bar-3" or "key"."""
    with np.load(WEIGHTS) as file:
        return Net(*(file[f"{name}/{field}"].astype(np.float64) for field in FIELDS))


def shares(scores: Floats) -> Floats:
    """Scores along the last axis as shares that sum to 1."""
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True))
