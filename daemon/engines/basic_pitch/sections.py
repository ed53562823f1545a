"""A long recording in parts that no note crosses, so that decoding needs no more memory for three hours than
for five minutes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from daemon.engines.basic_pitch.posteriors import Matrix, Posteriors, Spool
from daemon.engines.basic_pitch.raw import Thresholds, constrain
from daemon.engines.basic_pitch.tracking import GAP_FRAMES

REST_FRAMES = 2 * GAP_FRAMES + 2
"""A rest this long separates: a note walks at most GAP_FRAMES into it from either side."""
_LONG_FRAMES = 5_000
"""About a minute: sections are closed at the first rest after it."""
_LONGEST_FRAMES = 50_000
"""About ten minutes."""
_PIECE_FRAMES = 4_096


def pieces(spool: Spool) -> Iterator[tuple[Matrix, Posteriors]]:
    """The whole recording in short pieces: (the up to two note frames before it, the piece)."""
    before = np.zeros((0, 0), np.float32)
    for first in range(0, spool.frames, _PIECE_FRAMES):
        piece = spool.read(first, min(first + _PIECE_FRAMES, spool.frames))
        yield before.reshape(-1, piece.notes.shape[1]), piece
        before = piece.notes[-2:]


def loudest_notes(spool: Spool, limits: Thresholds) -> NDArray[np.float32]:
    """(frames,) the strongest note of each frame."""
    parts = [constrain(piece.notes, limits).max(axis=1) for _, piece in pieces(spool)]
    return np.concatenate([np.zeros(0, np.float32), *parts])


def section_bounds(
    loudest: NDArray[np.float32], threshold: float, longest_frames: int = _LONGEST_FRAMES
) -> list[int]:
    """loudest: (n,) the strongest note of each frame. Returns the first frame of each section, and n. A section
    of more than `longest_frames` without a rest is cut at its quietest frame."""
    bounds = [0]
    for cut in _rests(loudest < threshold):
        while cut - bounds[-1] > longest_frames:
            bounds.append(_quietest(loudest, bounds[-1], longest_frames))
        if cut - bounds[-1] > _LONG_FRAMES:
            bounds.append(cut)
    while len(loudest) - bounds[-1] > longest_frames:
        bounds.append(_quietest(loudest, bounds[-1], longest_frames))
    return [*bounds, len(loudest)]


def _rests(quiet: NDArray[np.bool_]) -> Iterator[int]:
    """The middle of each run of at least REST_FRAMES quiet frames."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], quiet, [False]]).astype(np.int8)))
    for first, last in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if last - first >= REST_FRAMES:
            yield (first + last) // 2


def _quietest(loudest: NDArray[np.float32], first: int, longest_frames: int) -> int:
    window = loudest[first + _LONG_FRAMES : first + longest_frames]
    return first + _LONG_FRAMES + int(window.argmin())
