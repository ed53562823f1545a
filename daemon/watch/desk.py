"""What the watcher has before it: the folders, and what is under way in them. Touched on the event loop only."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from daemon.kernel.clock import Clock
from daemon.library.asset_records import FileStat
from daemon.watch.arriving import Arriving
from daemon.watch.places import Place
from daemon.watch.settle import Settler

log = logging.getLogger(__name__)

SLICE = 50
"""Paths handled before other work of the event loop gets its turn."""
PROBLEMS = 100


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """at_once: batches read at the same time. rescan_s, poll_s: between looks at a told and at a polled folder. own:
    roadie's home, whose files are no sounds of anybody's, also where it stands in a watched folder."""

    settle_s: float = 2.0
    folder_settle_s: float = 5.0
    rescan_s: float = 900.0
    poll_s: float = 30.0
    at_once: int = 4
    own: Path | None = None


@dataclass(slots=True)
class Watched:
    """A folder and how it goes with it. problem: what keeps it from being watched, None when nothing does."""

    place: Place
    polled: bool
    reason: str
    look_at: float = 0.0
    files: int = 0
    folders: int = 0
    placeholders: int = 0
    problem: str | None = None


@dataclass(slots=True)
class Counters:
    """taken: files that became known or were known. refused: files that are no sound."""

    taken: int = 0
    refused: int = 0
    folders: int = 0
    problems: deque[str] = field(default_factory=lambda: deque(maxlen=PROBLEMS))


class Desk:
    """moved: new path -> old path of files that were renamed. gone: when to look whether a path is gone. refused: files
    that are no sound, as they looked. again: files that changed while they were read."""

    def __init__(self, clock: Clock, settings: WatchSettings) -> None:
        self._clock = clock
        self.settings = settings
        self.settler = Settler(settings.settle_s)
        self.arriving = Arriving(settings.folder_settle_s)
        self.watched: dict[Path, Watched] = {}
        self.moved: dict[Path, Path] = {}
        self.gone: dict[Path, float] = {}
        self.refused: dict[Path, FileStat] = {}
        self.again: set[Path] = set()
        self.counters = Counters()

    def now(self) -> float:
        return self._clock.monotonic()

    def root_of(self, path: Path) -> Path | None:
        """The innermost watched folder that a path is in; None for what is roadie's own state."""
        text = str(path)
        if self.settings.own is not None and path.is_relative_to(self.settings.own):
            return None
        roots = [root for root in self.watched if text.startswith(str(root)) and path.is_relative_to(root)]
        return max(roots, key=lambda root: len(root.parts), default=None)

    def look_within(self, time_s: float) -> None:
        """Look at everything, at the latest then."""
        latest = self.now() + time_s
        for watched in self.watched.values():
            watched.look_at = min(watched.look_at, latest)

    def problem(self, text: str) -> None:
        log.warning("%s", text)
        if text not in self.counters.problems:
            self.counters.problems.append(text)


async def in_slices(paths: Iterable[Path]) -> AsyncIterator[Path]:
    """The paths, with a pause for others every so often."""
    for number, path in enumerate(paths, 1):
        yield path
        if number % SLICE == 0:
            await asyncio.sleep(0)
