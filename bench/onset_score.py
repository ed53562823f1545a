"""How onset detectors are scored: F-measure with one-to-one matching within a window, as MIREX does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass
class Score:
    found: int = 0
    missed: int = 0
    false: int = 0

    @property
    def f1(self) -> float:
        total = 2 * self.found + self.missed + self.false
        return 2 * self.found / total if total else 1.0

    @property
    def recall(self) -> float:
        return self.found / max(self.found + self.missed, 1)

    @property
    def precision(self) -> float:
        return self.found / max(self.found + self.false, 1)

    def add(self, other: Score) -> None:
        self.found += other.found
        self.missed += other.missed
        self.false += other.false


def score(reference_s: Sequence[float], estimate_s: Sequence[float], window_s: float) -> Score:
    """Largest one-to-one matching of two ascending lists in which partners are at most `window_s` apart.

    Walking both lists in time order is optimal here, because all intervals have the same width.
    """
    i = j = found = 0
    while i < len(reference_s) and j < len(estimate_s):
        gap = estimate_s[j] - reference_s[i]
        if abs(gap) <= window_s:
            found, i, j = found + 1, i + 1, j + 1
        elif gap < 0:
            j += 1
        else:
            i += 1
    return Score(found, len(reference_s) - found, len(estimate_s) - found)
