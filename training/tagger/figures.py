"""Figures of a tagger on sounds it was not trained on: accuracy, macro-F1, groups, calibration, coverage."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from daemon.engines.classifier.classes import CLASSES
from training.tagger.classes import coarse


@dataclass(frozen=True, slots=True)
class Figures:
    """accuracy: over all classes. coarse: over the eight groups. macro_f1: over the classes that occur. ece:
    expected calibration error, 15 bins of equal width. chance: what it is in the mean, on as many sounds, for one that
    is right exactly as often as it says. sure: share with confidence 0.9 or more; sure_right: right
    among those. count: sounds."""

    count: int
    accuracy: float
    coarse: float
    macro_f1: float
    ece: float
    chance: float
    sure: float
    sure_right: float

    def __str__(self) -> str:
        return (
            f"{self.count:5} sounds  all classes {self.accuracy:.3f}  eight groups {self.coarse:.3f}  "
            f"macro-F1 {self.macro_f1:.3f}  ECE {self.ece:.3f} ({self.chance:.3f} by chance)  "
            f"sure of {self.sure:.3f}, right {self.sure_right:.3f} of these"
        )


def figures(truth: list[str], told: list[str], confidence: np.ndarray) -> Figures:
    right = np.array([a == b for a, b in zip(truth, told, strict=True)])
    groups = np.array([coarse(a) == coarse(b) and b in CLASSES for a, b in zip(truth, told, strict=True)])
    sure = confidence >= 0.9
    return Figures(
        len(truth), float(right.mean()), float(groups.mean()), macro_f1(truth, told), ece(right, confidence),
        ece_by_chance(confidence),
        float(sure.mean()), float(right[sure].mean()) if sure.any() else 0.0,
    )  # fmt: skip


def macro_f1(truth: list[str], told: list[str]) -> float:
    scores = []
    for name in sorted(set(truth)):
        hits = sum(a == name == b for a, b in zip(truth, told, strict=True))
        scores.append(2 * hits / (truth.count(name) + told.count(name)))
    return float(np.mean(scores))


def ece(right: np.ndarray, confidence: np.ndarray, bins: int = 15) -> float:
    """Guo et al. 2017: mean distance between confidence and accuracy over bins, weighted by their sizes."""
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    total = 0.0
    for i in range(bins):
        part = which == i
        if part.any():
            total += part.mean() * abs(right[part].mean() - confidence[part].mean())
    return float(total)


def ece_by_chance(confidence: np.ndarray, times: int = 400) -> float:
    """The mean of `ece` over `times` draws of who is right, each as likely as its confidence says: what remains of a
    perfect calibration on so few sounds."""
    rng = np.random.default_rng(0)
    return float(np.mean([ece(rng.random(confidence.size) < confidence, confidence) for _ in range(times)]))


def confusions(truth: list[str], told: list[str], most: int = 25) -> str:
    """The commonest mistakes, and how many of each class were right."""
    pairs = Counter((a, b) for a, b in zip(truth, told, strict=True) if a != b)
    lines = [f"  {n:4} {a} taken for {b}" for (a, b), n in pairs.most_common(most)]
    per = [
        f"{name} {sum(a == name == b for a, b in zip(truth, told, strict=True))}/{truth.count(name)}"
        for name in CLASSES
        if name in truth
    ]
    return "\n".join([*lines, "  right: " + ", ".join(per)])
