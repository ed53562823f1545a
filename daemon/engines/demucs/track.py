"""The part of a streamed track that the next segments need."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Audio = NDArray[np.float32]


class Track:
    """Windows into a stream of (channels, n) blocks, silent outside of it. What was dropped is gone."""

    def __init__(self, blocks: Iterator[Audio], channels: int) -> None:
        self._blocks = blocks
        self._held: Audio = np.zeros((channels, 0), np.float32)
        self._start = 0

    def window(self, start: int, frames: int) -> Audio:
        """(channels, frames) from `start`, which may lie before 0 or behind the end."""
        self._fill(start + frames)
        out = np.zeros((self._held.shape[0], frames), np.float32)
        first = max(start, self._start)
        last = min(start + frames, self._start + self._held.shape[1])
        if first < last:
            out[:, first - start : last - start] = self._held[:, first - self._start : last - self._start]
        return out

    def drop_before(self, start: int) -> None:
        gone = min(max(0, start - self._start), self._held.shape[1])
        self._held = self._held[:, gone:].copy()
        self._start += gone

    def _fill(self, end: int) -> None:
        pieces, have = [self._held], self._start + self._held.shape[1]
        while have < end:
            block = next(self._blocks, None)
            if block is None:
                break
            pieces.append(block)
            have += block.shape[1]
        if len(pieces) > 1:
            self._held = np.concatenate(pieces, axis=1)
