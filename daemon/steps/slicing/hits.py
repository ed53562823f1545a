"""From onsets to cuts: the edges, the level and the portrait of every hit, in one pass over the file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daemon.steps.slicing.duplicates import Hit
from daemon.steps.slicing.edges import Edges, quiet_start, tail_end
from daemon.steps.slicing.forward import Forward
from daemon.steps.slicing.likeness import portrait
from daemon.steps.slicing.onsets import Onset

_BEFORE_S = 0.012
_ATTACK_S = 0.06


@dataclass(frozen=True, slots=True)
class Cut:
    """Lengths in seconds; tail_db below a slice's own peak."""

    min_length_s: float
    max_length_s: float
    tail_db: float


def measure(onsets: Sequence[Onset], forward: Forward, frames: int, rate: int, cut: Cut) -> Iterator[Hit]:
    """One Hit for each onset, in order. `forward` is read once."""
    before = int(_BEFORE_S * rate)
    for i, onset in enumerate(onsets):
        following = onsets[i + 1].frame if i + 1 < len(onsets) else frames
        limit = min(onset.frame + int(cut.max_length_s * rate), following)
        floor = onsets[i - 1].frame + 1 if i else 0
        first = max(onset.frame - before, floor)
        audio = forward.read(first, limit - first)
        yield _hit(audio, first, onset.frame, following == limit and i + 1 < len(onsets), rate, cut)


def _hit(audio: NDArray[np.float32], first: int, at: int, cut_short: bool, rate: int, cut: Cut) -> Hit:
    """audio: from `first` to where the slice must end. cut_short: because the next hit begins there."""
    offset = at - first
    sound = audio[:, offset:]
    start = quiet_start(audio, offset, rate)
    length = tail_end(sound, rate, cut.tail_db)
    if cut_short and length == sound.shape[1]:
        length = max(quiet_start(audio, audio.shape[1] - 1, rate) - offset, 1)
    edges = Edges(first + start, at, at + length)
    return Hit(
        edges=edges,
        level_db=_peak_db(sound[:, : int(_ATTACK_S * rate)]),
        before_db=_peak_db(audio[:, :start]),
        portrait=portrait(sound[:, :length], rate),
        usable=edges.length >= cut.min_length_s * rate,
        rate=rate,
    )


def _peak_db(audio: NDArray[np.float32]) -> float:
    return 20 * float(np.log10(np.abs(audio).max(initial=0.0) + 1e-6))
