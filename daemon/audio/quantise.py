"""Float samples to integers that keep every value an integer of that depth had.

Full scale is 2**(bits-1), the value that decoders divide by, so that reading 24-bit samples as float32 and
writing them at 24 bits gives the same bytes. (libsndfile writes with 2**(bits-1) - 1 and is off by that.)
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Depth = Literal["float32", "pcm24", "pcm16"]
BITS: dict[str, int] = {"pcm16": 16, "pcm24": 24}


def fits(audio: NDArray[np.float32], bits: int) -> bool:
    """Whether every sample can be written at `bits` without clipping (+1.0 itself cannot)."""
    if audio.size == 0:
        return True
    scale = float(1 << bits - 1)
    return bool(np.rint(float(audio.max()) * scale) < scale and np.rint(float(audio.min()) * scale) >= -scale)


def to_integers(audio: NDArray[np.float32], bits: int) -> NDArray[np.int32]:
    """Nearest integers of `bits` in int32. The caller has made sure that they fit."""
    return np.rint(audio.astype(np.float64) * float(1 << bits - 1)).astype(np.int32)
