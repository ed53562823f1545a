"""From cues to shares: how much of each cell of the spectrum belongs to each stem.

A small perceptron, fitted by training/separation_shares.py to songs whose parts are known. What it estimates is the
mean of the share that cells with such cues have: where the cues say little it hedges, and an estimate that hedges
costs less than one that is sure and wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from daemon.engines.builtin.share_weights import HIDDEN, HIDDEN_BIAS, STEMS, STEMS_BIAS

_BLOCK = 32  # times worked on at once, which bounds memory


def shares(
    grids: Sequence[NDArray[np.float32]], times: int, bins: int, tick: Callable[[], None]
) -> NDArray[np.float32]:
    """(4, times, bins): drums, bass, other, vocals, summing to 1. grids: as `cues.gather` gives them."""
    hidden, stems = np.array(HIDDEN, np.float32), np.array(STEMS, np.float32)
    hidden_bias, stems_bias = np.array(HIDDEN_BIAS, np.float32), np.array(STEMS_BIAS, np.float32)
    out = np.empty((stems.shape[0], times, bins), np.float32)
    for first in range(0, times, _BLOCK):
        here = slice(first, min(first + _BLOCK, times))
        shape = (here.stop - first, bins)
        cells = np.empty((len(grids), shape[0] * bins), np.float32)
        for row, grid in zip(cells, grids, strict=True):
            row[:] = np.broadcast_to(grid if grid.shape[0] == 1 else grid[here], shape).ravel()
        scores = stems @ np.tanh(hidden @ cells + hidden_bias[:, None]) + stems_bias[:, None]
        scores = np.exp(scores - scores.max(axis=0))
        out[:, here] = (scores / scores.sum(axis=0)).reshape(-1, *shape)
        tick()
    return out
