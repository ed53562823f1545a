"""Figures of a tagger on sounds it was not trained on: accuracy, macro-F1, groups, calibration, coverage."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from daemon.engines.classifier.classes import CLASSES
from training.tagger.classes import coarse

_COOLEST = 0.8  # of temperatures: what a few hundred sounds say of colder ones is chance


@dataclass(frozen=True, slots=True)
class Figures:
    """accuracy: over all classes. coarse: over the eight groups. macro_f1: over the classes that occur. ece:
    expected calibration error, 15 bins of equal width. sure: share with confidence 0.9 or more; sure_right: right
    among those. count: sounds."""

    count: int
    accuracy: float
    coarse: float
    macro_f1: float
    ece: float
    sure: float
    sure_right: float

    def __str__(self) -> str:
        return (
            f"{self.count:5} sounds  all classes {self.accuracy:.3f}  eight groups {self.coarse:.3f}  "
            f"macro-F1 {self.macro_f1:.3f}  ECE {self.ece:.3f}  "
            f"sure of {self.sure:.3f}, right {self.sure_right:.3f} of these"
        )


def figures(truth: list[str], told: list[str], confidence: np.ndarray) -> Figures:
    right = np.array([a == b for a, b in zip(truth, told, strict=True)])
    groups = np.array([coarse(a) == coarse(b) and b in CLASSES for a, b in zip(truth, told, strict=True)])
    sure = confidence >= 0.9
    return Figures(
        len(truth), float(right.mean()), float(groups.mean()), macro_f1(truth, told), ece(right, confidence),
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


def softmax(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    scaled = logits / temperature
    shares = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def best_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """The temperature with the least negative log-likelihood (Guo et al. 2017)."""
    tried = np.geomspace(0.3, 3.0, 60)
    rows = np.arange(len(labels))
    costs = [-np.log(softmax(logits, t)[rows, labels] + 1e-9).sum() for t in tried]
    return float(tried[int(np.argmin(costs))])


def surest_temperature(logits: np.ndarray, labels: np.ndarray, right: float = 0.975) -> float:
    """The lowest temperature, from _COOLEST to the likeliest one, at which at least `right` of what it is sure of
    (0.9) is right: who browses a library gains by a class that is sure, and loses by a wrong one."""
    likeliest = best_temperature(logits, labels)
    return min(
        (
            t
            for t in np.arange(likeliest, _COOLEST, -0.01).tolist()
            if _right_when_sure(logits, labels, t) >= right
        ),
        default=likeliest,
    )


def _right_when_sure(logits: np.ndarray, labels: np.ndarray, temperature: float) -> float:
    shares = softmax(logits, temperature)
    sure = shares.max(axis=1) >= 0.9
    return float((shares.argmax(axis=1) == labels)[sure].mean()) if sure.any() else 1.0
