"""When a file that is being written counts: pure, time is handed in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from daemon.library.asset_records import FileStat

LONGEST_WAIT_S = 60.0


@dataclass(slots=True)
class _Waiting:
    """seen: as it last looked. since: when that was first so. refusals: how often it did not open."""

    seen: FileStat | None
    since: float
    refusals: int = 0


class Settler:
    """A file counts once its size and time have stood still for settle_s and it opens."""

    def __init__(self, settle_s: float) -> None:
        self._settle_s = settle_s
        self._waiting: dict[Path, _Waiting] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def touch(self, path: Path, now: float) -> None:
        """Something happened to a file; its time begins anew."""
        self._waiting[path] = _Waiting(None, now)

    def wait(self, path: Path, now: float) -> None:
        """A look found a file: it waits, unless it does already."""
        if path not in self._waiting:
            self.touch(path, now)

    def due(self, now: float) -> list[Path]:
        """Files to look at now: those never looked at, and those whose time is over."""
        return [
            path for path, each in self._waiting.items() if each.seen is None or now >= self._ready_at(each)
        ]

    def next_due(self) -> float | None:
        """When to look again; None when nothing waits."""
        times = (each.since if each.seen is None else self._ready_at(each) for each in self._waiting.values())
        return min(times, default=None)

    def looked(self, path: Path, stat: FileStat | None, now: float) -> bool:
        """What a look found (None: the file is gone). True when it has stood still; it then waits for `opened`."""
        waiting = self._waiting.get(path)
        if waiting is None:
            return False
        if stat is None:
            del self._waiting[path]
            return False
        if waiting.seen != stat:
            waiting.seen, waiting.since, waiting.refusals = stat, now, 0
            return False
        return now >= self._ready_at(waiting)

    def opened(self, path: Path, well: bool, now: float) -> None:
        """Whether a file that stood still opens. One that does not is tried again, less and less often."""
        waiting = self._waiting.get(path)
        if waiting is None:
            return
        if well:
            del self._waiting[path]
        else:
            waiting.refusals += 1
            waiting.since = now

    def below(self, folder: Path) -> Iterator[Path]:
        """Files below a folder that do not count yet."""
        prefix = str(folder) + os.sep  # as text: thousands of files wait in a burst
        return (path for path in self._waiting if str(path).startswith(prefix))

    def _ready_at(self, waiting: _Waiting) -> float:
        longest_s = max(LONGEST_WAIT_S, self._settle_s)
        return waiting.since + min(self._settle_s * 2.0**waiting.refusals, longest_s)
