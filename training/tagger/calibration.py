"""How sure a network may be: what it says, cooled or warmed until its confidence is as often right as it says.

One temperature for all (Guo et al. 2017) leaves the mean of several networks too modest where they agree and too sure
where they do not, so the temperature of the mean grows with its doubt, its entropy (Balanya et al. 2024, "Adaptive
temperature scaling"). The order of the classes stays what it was.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Logits = NDArray[np.floating]
LEAST_DOUBT = 1e-3
DOUBT_COUNTS = 0.5
"""The exponent. On packs left out neither the log loss nor the calibration error changes much between 0 and 0.6, and
the share of what it is sure of, and right about, grows with it (`CARD.md`)."""
SPARED = 0.01
"""Of every answer, for all classes alike: nobody who was asked about a few hundred sounds may say 1."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Temperature = scale * doubt ** exponent, where doubt is the entropy over the highest possible one; and SPARED."""

    scale: float
    exponent: float = 0.0

    def shares(self, logits: Logits) -> NDArray[np.floating]:
        """(n, classes) -> as many, each row sums to 1."""
        told = softmax(logits, self.scale * doubt(logits) ** self.exponent)
        return np.asarray((1 - SPARED) * told + SPARED / logits.shape[1])


def softmax(logits: Logits, temperature: float | Logits = 1.0) -> NDArray[np.floating]:
    """temperature: one for all, or one for each row (n, 1)."""
    scaled = logits / temperature
    shares = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def doubt(logits: Logits) -> NDArray[np.floating]:
    """(n, classes) -> (n, 1): from LEAST_DOUBT, sure of one class, to 1, of none."""
    shares = softmax(logits)
    entropy = -(shares * np.log(np.maximum(shares, 1e-12))).sum(axis=1, keepdims=True)
    return np.maximum(entropy / np.log(shares.shape[1]), LEAST_DOUBT)


def likeliest(logits: Logits, labels: NDArray[np.integer], exponent: float = 0.0) -> Calibration:
    """That with the least negative log-likelihood, of those with this exponent."""
    tried = [Calibration(float(scale), exponent) for scale in np.geomspace(0.3, 4.0, 120)]
    rows = np.arange(len(labels))
    costs = [-np.log(one.shares(logits)[rows, labels] + 1e-9).sum() for one in tried]
    return tried[int(np.argmin(costs))]
