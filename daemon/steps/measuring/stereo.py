"""How wide a sound is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def width(audio: NDArray[np.float32]) -> float:
    """The side's part of the energy of middle and side of the first two channels: 0 for mono, 0.5 for two sounds that
    have nothing in common (or one on a side alone), 1 for a sound and its inverse."""
    if audio.shape[0] < 2:
        return 0.0
    middle, side = audio[0] + audio[1], audio[0] - audio[1]
    energy, beside = float(middle @ middle), float(side @ side)
    return beside / (energy + beside) if energy + beside > 0 else 0.0
