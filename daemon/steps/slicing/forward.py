"""Reading a long file forwards in overlapping pieces, decoding it once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Audio = NDArray[np.float32]


class Forward:
    """Pieces of a stream of blocks (channels, n), asked for in ascending order of their start.

    Holds only what lies after the last start asked for.
    """

    def __init__(self, blocks: Iterator[Audio], channels: int) -> None:
        self._blocks = blocks
        self._parts: list[Audio] = []
        self._empty = np.zeros((channels, 0), np.float32)
        self._start = 0  # frame of the first sample held
        self._end = 0

    def read(self, start: int, length: int) -> Audio:
        """(channels, length), shorter at the end of the stream. Raises ValueError for a start already passed."""
        if start < self._start:
            raise ValueError(f"frame {start} has been passed; the stream is at {self._start}")
        while self._end < start + length and (block := next(self._blocks, None)) is not None:
            self._parts.append(block)
            self._end += block.shape[1]
            self._drop(start)
        self._drop(start)
        held = np.concatenate([self._empty, *self._parts], axis=1)
        offset = start - self._start
        return held[:, offset : offset + length]

    def _drop(self, start: int) -> None:
        while self._parts and self._start + self._parts[0].shape[1] <= start:
            self._start += self._parts.pop(0).shape[1]
