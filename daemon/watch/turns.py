"""Files that count and wait to be read, taken in batches: a worker hears many short sounds in one call."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

MOST_FILES = 32
MOST_BYTES = 48 << 20
"""Of one batch: songs are read one by one, so that a kill loses little and the next file need not wait."""


@dataclass(frozen=True, slots=True)
class Coming:
    """A file that counts. before: where it was, when the system told of a rename."""

    path: Path
    size: int
    before: Path | None = None


Take = Callable[[Sequence[Coming]], Awaitable[None]]
"""Takes a batch to its end. Raises nothing but CancelledError."""


class Turns:
    """The queue. A file is in it from `put` until its batch has been taken."""

    def __init__(self, take: Take) -> None:
        self._take = take
        self._line: deque[Coming] = deque()
        self._more = asyncio.Event()
        self._waiting: set[Path] = set()

    def __len__(self) -> int:
        return len(self._waiting)

    def __contains__(self, path: Path) -> bool:
        return path in self._waiting

    def put(self, coming: Coming) -> None:
        self._waiting.add(coming.path)
        self._line.append(coming)
        self._more.set()

    def any_below(self, folder: Path) -> bool:
        prefix = str(folder) + os.sep
        return any(str(path).startswith(prefix) for path in self._waiting)

    async def run(self) -> None:
        """Until cancelled. Called as often as batches may be read at the same time."""
        while True:
            batch = await self._batch()
            try:
                await self._take(batch)
            finally:
                self._waiting.difference_update(coming.path for coming in batch)

    async def _batch(self) -> list[Coming]:
        """The next file, and those behind it as far as they fit."""
        while not self._line:
            self._more.clear()
            await self._more.wait()
        batch = [self._line.popleft()]
        size = batch[0].size
        while self._line and len(batch) < MOST_FILES and size + self._line[0].size <= MOST_BYTES:
            batch.append(self._line.popleft())
            size += batch[-1].size
        return batch
