"""One sound with what is known of it, and the tidying that every source gets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daemon.engines.classifier.image import RATE_HZ

Mono = NDArray[np.float32]
_LONGEST_S = 3.5


@dataclass(frozen=True, slots=True)
class Sound:
    """label: a class. source: whom it comes from ("fluid:128:0"): the unit that is left out as a whole. audio:
    mono at RATE_HZ, peak 1. pitched: shifting it by an octave leaves it what it is."""

    label: str
    source: str
    audio: Mono
    pitched: bool = False


def tidy(audio: NDArray[np.floating]) -> Mono | None:
    """Peak 1, silence at both ends removed, at most _LONGEST_S, faded out when cut; None when there is nothing."""
    sound = np.asarray(audio, np.float32)
    peak = float(np.abs(sound).max(initial=0.0))
    if not np.isfinite(peak) or peak < 1e-3:
        return None
    sound = sound / peak
    loud = np.flatnonzero(np.abs(sound) > 3e-4)
    start = max(int(loud[0]) - 32, 0)
    sound = sound[start : min(int(loud[-1]) + 1, start + int(_LONGEST_S * RATE_HZ))].copy()
    if sound.size < int(0.004 * RATE_HZ):
        return None
    fade = min(sound.size // 4, int(0.003 * RATE_HZ))
    sound[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    return sound
