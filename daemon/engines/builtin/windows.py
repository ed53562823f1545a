"""Cuts a stream into long overlapping windows and joins the results by crossfades, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Audio = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Window:
    """audio: (2, frames) from `start` on. last: the stream ends with it."""

    start: int
    audio: Audio
    last: bool


def cut(blocks: Iterator[Audio], length: int, overlap: int) -> Iterator[Window]:
    """Windows of `length` frames, each beginning `overlap` before the end of the one before.

    Where they fall depends on the stream alone, never on the sizes of its blocks. The last one is longer rather
    than followed by a scrap shorter than the overlap: at most `length + overlap`.
    """
    held = np.zeros((2, 0), np.float32)
    start = 0
    for block in blocks:
        held = np.concatenate([held, block], axis=1)
        while held.shape[1] > length + overlap:
            yield Window(start, held[:, :length], last=False)
            start += length - overlap
            held = held[:, length - overlap :]
    if held.shape[1]:
        yield Window(start, held, last=True)


def join(parts: Iterator[tuple[Window, NDArray[np.float32]]], overlap: int) -> Iterator[NDArray[np.float32]]:
    """Each window's stems (stems, 2, frames) crossfaded with a straight line over the overlap, in order."""
    tail: NDArray[np.float32] | None = None
    rise = ((np.arange(overlap) + 0.5) / overlap).astype(np.float32)
    for window, stems in parts:
        if tail is not None:
            stems[..., :overlap] = stems[..., :overlap] * rise + tail * (1 - rise)
        if window.last:
            yield stems
            return
        tail = stems[..., stems.shape[-1] - overlap :].copy()
        yield stems[..., : stems.shape[-1] - overlap]
