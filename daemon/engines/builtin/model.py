"""Each stem's share of every cell of a window's spectrum."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from daemon.engines.builtin import combine, cues
from daemon.engines.builtin.cues import Tick
from daemon.engines.builtin.transform import Spectrum, Stft


def shares(spectrum: Spectrum, stft: Stft, tick: Tick) -> NDArray[np.float32]:
    """(4, times, bins): drums, bass, other, vocals, summing to 1. spectrum: (2, times, bins)."""
    _, times, bins = spectrum.shape
    return combine.shares(cues.gather(spectrum, stft, tick), times, bins, tick)
