"""Streams of arrays whose last axis is time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

Block = NDArray[np.float32]


def rechunk(blocks: Iterable[Block], frames: int) -> Iterator[Block]:
    """The same stream in blocks of `frames`, the last one shorter."""
    held: list[Block] = []
    have = 0
    for block in blocks:
        held.append(block)
        have += block.shape[-1]
        if have < frames:
            continue
        joined = held[0] if len(held) == 1 else np.concatenate(held, axis=-1)
        whole = have - have % frames
        for start in range(0, whole, frames):
            yield joined[..., start : start + frames]
        held, have = [joined[..., whole:]], have - whole
    if have:
        yield np.concatenate(held, axis=-1)


def exactly(blocks: Iterable[Block], frames: int, shape: tuple[int, ...]) -> Iterator[Block]:
    """The first `frames` of a stream, with silence of `shape` + (n,) behind it when it is shorter."""
    left = frames
    for block in blocks:
        if left == 0:
            continue  # let the stream run to its end: its maker may have something to close
        yield block[..., :left]
        left -= min(left, block.shape[-1])
    if left:
        yield np.zeros((*shape, left), np.float32)
