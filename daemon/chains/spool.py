"""A sound kept on disk between two passes over it: float32, frame after frame."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from daemon.kernel.disk import disk_error
from daemon.kernel.errors import DiskError

Audio = NDArray[np.float32]
BLOCK_FRAMES = 65536


class Spool:
    """frames: kept so far. peak: their largest absolute sample. last_above: one past the last frame that was above
    the level it was appended with. A context manager; the file is gone afterwards."""

    def __init__(self, path: Path, channels: int) -> None:
        self._path = path
        self.channels = channels
        self.frames = 0
        self.peak = 0.0
        self.last_above = 0
        try:
            self._file = path.open("w+b")
        except OSError as error:
            raise _disk_error(path, error) from error

    def append(self, block: Audio, level: float) -> None:
        if not block.shape[1]:
            return
        loud = np.abs(block).max(axis=0)
        self.peak = max(self.peak, float(loud.max()))
        above = np.flatnonzero(loud > level)
        if above.size:
            self.last_above = self.frames + int(above[-1]) + 1
        try:
            self._file.seek(0, 2)
            self._file.write(np.ascontiguousarray(block.T, "<f4").tobytes())
        except OSError as error:
            raise _disk_error(self._path, error) from error
        self.frames += block.shape[1]

    def blocks(self, start: int, end: int) -> Iterator[Audio]:
        """(channels, n) from frame `start` to before `end`; each a copy of its own."""
        for at in range(start, end, BLOCK_FRAMES):
            yield self._read(at, min(end, at + BLOCK_FRAMES))

    def bounds(self, frames: int, start_level: float, end_level: float) -> tuple[int, int]:
        """(first frame above `start_level`, one past the last above `end_level`) within the first `frames`."""
        first = next((at + _first(block, start_level) for at, block in self._from_start(frames)
                      if _first(block, start_level) >= 0), 0)  # fmt: skip
        last = next((at + _last(block, end_level) + 1 for at, block in self._from_end(frames)
                     if _last(block, end_level) >= 0), frames)  # fmt: skip
        return first, max(last, first)

    def _from_start(self, frames: int) -> Iterator[tuple[int, Audio]]:
        for at in range(0, frames, BLOCK_FRAMES):
            yield at, self._read(at, min(frames, at + BLOCK_FRAMES))

    def _from_end(self, frames: int) -> Iterator[tuple[int, Audio]]:
        for at in reversed(range(0, frames, BLOCK_FRAMES)):
            yield at, self._read(at, min(frames, at + BLOCK_FRAMES))

    def _read(self, start: int, end: int) -> Audio:
        self._file.flush()
        self._file.seek(4 * self.channels * start)
        data = np.frombuffer(self._file.read(4 * self.channels * (end - start)), "<f4")
        return np.array(data.reshape(-1, self.channels).T, np.float32)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._path.unlink(missing_ok=True)


def _first(block: Audio, level: float) -> int:
    above = np.flatnonzero(np.abs(block).max(axis=0) > level)
    return int(above[0]) if above.size else -1


def _last(block: Audio, level: float) -> int:
    above = np.flatnonzero(np.abs(block).max(axis=0) > level)
    return int(above[-1]) if above.size else -1


def _disk_error(path: Path, error: OSError) -> DiskError:
    return disk_error("a sound cannot be kept while it is rendered", path, error)
