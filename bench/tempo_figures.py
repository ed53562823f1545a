"""Figures for tempo, beats and keys, as the field counts them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

NAMES = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
SAME = {"C#": "Db", "D#": "Eb", "Gb": "F#", "G#": "Ab", "A#": "Bb"}


def key_score(estimate: str | None, truth: str) -> float:
    """MIREX: 1 for the key, 0.5 for its dominant, 0.3 for the relative, 0.2 for the parallel one, otherwise 0."""
    if estimate is None:
        return 0.0
    (mine, my_minor), (real, is_minor) = _parts(estimate), _parts(truth)
    if my_minor == is_minor:
        return {0: 1.0, 7: 0.5}.get((mine - real) % 12, 0.0)
    if mine == real:
        return 0.2
    return 0.3 if (mine - real) % 12 == (3 if is_minor else 9) else 0.0


def _parts(key: str) -> tuple[int, bool]:
    name = key.removesuffix("m")
    return NAMES.index(SAME.get(name, name)), key.endswith("m")


def within(estimate: float | None, truth: float, part: float) -> bool:
    """Whether a tempo is right to `part`; another octave is wrong."""
    return estimate is not None and abs(estimate / truth - 1) <= part


def right_but_for_octave(estimate: float | None, truth: float, part: float) -> bool:
    return estimate is not None and any(within(estimate * k, truth, part) for k in (1 / 3, 0.5, 1, 2, 3))


def f_measure(found: ArrayLike, truth: ArrayLike, window_s: float = 0.07) -> float:
    """Beats found within 70 ms of true ones, each used once: 2PR/(P+R)."""
    ours, real = np.sort(np.asarray(found, float)), np.sort(np.asarray(truth, float))
    if not ours.size or not real.size:
        return 0.0
    hits = at = 0
    for time_s in ours:
        while at < real.size and real[at] < time_s - window_s:
            at += 1
        if at < real.size and real[at] <= time_s + window_s:
            hits, at = hits + 1, at + 1
    return 2 * hits / (ours.size + real.size)
