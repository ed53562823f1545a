"""A stream of audio as the overlapping windows that the network takes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from daemon.engines.basic_pitch.constants import LEAD_SAMPLES, WINDOW_HOP, WINDOW_SAMPLES

Audio = NDArray[np.float32]


def windows(blocks: Iterator[Audio]) -> Iterator[Audio]:
    """blocks: (1, n) mono. Yields (43844,) windows, 36164 samples apart, the first led by 3840 samples of
    silence, the last ones filled up with silence, exactly as many as `basic_pitch.inference` makes."""
    held = np.zeros(LEAD_SAMPLES, np.float32)
    for block in blocks:
        held = np.concatenate([held, block[0]])
        while len(held) >= WINDOW_SAMPLES:
            yield held[:WINDOW_SAMPLES]
            held = held[WINDOW_HOP:]
    while len(held):
        yield np.pad(held[:WINDOW_SAMPLES], (0, max(0, WINDOW_SAMPLES - len(held))))
        held = held[WINDOW_HOP:]
