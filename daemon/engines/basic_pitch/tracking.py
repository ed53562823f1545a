"""How far a note goes on: along one pitch until it has been too quiet for a while."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

GAP_FRAMES = 11
"""A note ends where this many frames in a row are below the threshold (`energy_tol` in Basic Pitch)."""
_GAP = b"\x01" * GAP_FRAMES


def frames_until_gap(energy: NDArray[np.float64], threshold: float) -> tuple[int, int]:
    """energy: (n,) of one pitch, in the direction of walking. Returns (frames walked, how many of the last ones
    were below the threshold): the walk stops after GAP_FRAMES frames below it, or at the end."""
    length = 128
    while True:
        below = (energy[:length] < threshold).tobytes()
        start = below.find(_GAP)
        if start >= 0:
            return start + GAP_FRAMES, GAP_FRAMES
        if length >= len(energy):
            return len(energy), len(below) - len(below.rstrip(b"\x01"))
        length *= 4
