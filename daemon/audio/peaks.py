"""The waveform at several zooms: smallest and largest sample of each run of frames, for drawing.

File, little-endian:
  0   8 bytes  magic `RDPEAKS1`
  8   u32 rate_hz, u32 channels, u64 frames, u32 levels
  28  per level: u32 frames per point, u64 points, u64 byte offset
  then the levels' data, each (points, channels, 2) float16: minimum, maximum. The last point may be shorter.
float16 keeps 11 bits, more than a screen shows, and values past full scale.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from daemon.audio.binary import open_binary, read_some, shown
from daemon.kernel.errors import InputError

Audio = NDArray[np.float32]
Pairs = NDArray[np.float32]

FRAMES_PER_POINT = (256, 4096, 65536)
_MAGIC = b"RDPEAKS1"
_HEAD = struct.Struct("<IIQI")
_LEVEL = struct.Struct("<IQQ")
_PAIR_BYTES = 4


@dataclass(frozen=True, slots=True)
class Level:
    frames_per_point: int
    points: int
    offset: int


class PeaksWriter:
    """Writes a peaks file block by block; a context manager. `frames`: how many will come in all.

    The finest level goes to disk as it is made; the coarser ones (1/16 of it) are kept until the end.
    """

    def __init__(self, path: Path, rate_hz: int, channels: int, frames: int) -> None:
        self._file: BinaryIO = path.open("wb")
        self._levels = _layout(channels, frames)
        self._rest = np.zeros((channels, 0), np.float32)
        self._coarse: list[NDArray[np.float16]] = []
        head = _MAGIC + _HEAD.pack(rate_hz, channels, frames, len(self._levels))
        self._file.write(
            head + b"".join(_LEVEL.pack(x.frames_per_point, x.points, x.offset) for x in self._levels)
        )

    def write(self, block: Audio) -> None:
        """Append (channels, n)."""
        if self._rest.shape[1]:
            block = np.concatenate([self._rest, block], axis=1)
        whole = block.shape[1] // FRAMES_PER_POINT[1] * FRAMES_PER_POINT[1]
        self._add(block[:, :whole])
        self._rest = block[:, whole:].copy()

    def _add(self, block: Audio) -> None:
        fine = _reduce(block, FRAMES_PER_POINT[0])
        self._file.write(fine.tobytes())
        if len(fine):
            self._coarse.append(_merge(fine, FRAMES_PER_POINT[1] // FRAMES_PER_POINT[0]))

    def close(self) -> None:
        if self._file.closed:
            return
        self._add(self._rest)
        if self._coarse:
            level = np.concatenate(self._coarse)
            for finer, coarser in zip(FRAMES_PER_POINT[1:], (*FRAMES_PER_POINT[2:], 0), strict=True):
                self._file.write(level.tobytes())
                level = _merge(level, coarser // finer) if coarser else level
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        self._file.close()


def read_peaks(path: Path, n: int) -> Pairs:
    """(channels, n, 2) float32: minimum and maximum of n runs of equal length over the whole file.

    From the coarsest level that has n points, so that it costs the same for any length. Raises InputError when
    the file is no peaks file.
    """
    with open_binary(path) as file:
        channels, levels = _read_head(file, path)
        level = next((x for x in reversed(levels) if x.points >= n), levels[0])
        file.seek(level.offset)
        size = level.points * channels * _PAIR_BYTES
        data = read_some(file, size, path)
    if len(data) < size or level.points == 0 or n < 1:
        raise InputError("the peaks file is damaged or holds nothing", where=shown(path))
    points = np.frombuffer(data, "<f2").reshape(level.points, channels, 2)
    starts = np.arange(n) * level.points // n
    if n > level.points:
        return np.ascontiguousarray(points[starts].transpose(1, 0, 2), dtype=np.float32)
    low = np.minimum.reduceat(points[:, :, 0], starts, axis=0)
    high = np.maximum.reduceat(points[:, :, 1], starts, axis=0)
    return np.ascontiguousarray(np.stack([low, high], axis=2).transpose(1, 0, 2), dtype=np.float32)


def _read_head(file: BinaryIO, path: Path) -> tuple[int, list[Level]]:
    head = file.read(len(_MAGIC) + _HEAD.size)
    if len(head) < len(_MAGIC) + _HEAD.size or not head.startswith(_MAGIC):
        raise InputError("not a peaks file", where=shown(path))
    _, channels, _, count = _HEAD.unpack_from(head, len(_MAGIC))
    levels = [Level(*_LEVEL.unpack(file.read(_LEVEL.size))) for _ in range(count)]
    return channels, levels


def _layout(channels: int, frames: int) -> list[Level]:
    offset = len(_MAGIC) + _HEAD.size + _LEVEL.size * len(FRAMES_PER_POINT)
    levels = []
    for per_point in FRAMES_PER_POINT:
        points = -(-frames // per_point)
        levels.append(Level(per_point, points, offset))
        offset += points * channels * _PAIR_BYTES
    return levels


def _reduce(block: Audio, per_point: int) -> NDArray[np.float16]:
    """(channels, n) -> (points, channels, 2)."""
    channels, n = block.shape
    whole = n // per_point * per_point
    runs = block[:, :whole].reshape(channels, -1, per_point)
    pairs = np.stack([runs.min(axis=2), runs.max(axis=2)], axis=2)
    if whole < n:
        rest = block[:, whole:]
        last = np.stack([rest.min(axis=1), rest.max(axis=1)], axis=1)[:, None, :]
        pairs = np.concatenate([pairs, last], axis=1)
    limit = float(np.finfo(np.float16).max)
    return np.ascontiguousarray(np.clip(pairs, -limit, limit).transpose(1, 0, 2), dtype="<f2")


def _merge(points: NDArray[np.float16], count: int) -> NDArray[np.float16]:
    """Every `count` points into one."""
    starts = np.arange(0, len(points), count)
    low = np.minimum.reduceat(points[:, :, 0], starts, axis=0)
    high = np.maximum.reduceat(points[:, :, 1], starts, axis=0)
    return np.stack([low, high], axis=2)
