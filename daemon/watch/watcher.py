"""The watcher: from what happens on disk to files in the library, folders that are whole, projects that were saved.

Events only say where to look; what counts is decided by looking. So an event that is lost costs time until the next
look at everything, and a crash costs nothing: what was waiting is found again by the look at the start.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path

from daemon.kernel.clock import Clock
from daemon.kernel.errors import RoadieError
from daemon.library.arrivals import Arrivals
from daemon.watch import disk
from daemon.watch.desk import SLICE, Desk, Watched, WatchSettings
from daemon.watch.intake import Intake
from daemon.watch.looking import Looker
from daemon.watch.noting import Noter
from daemon.watch.observer import Notepad, Observer
from daemon.watch.places import Place
from daemon.watch.taking import Taker
from daemon.watch.turns import Coming, Turns

log = logging.getLogger(__name__)

TURN_S = 0.2
"""Between two rounds at least: what happens meanwhile is one."""
BURST = 2000
"""Events of one round after which a look at everything follows: the system's own queue may have run over."""


class Watcher:
    """One for all folders. Everything but the looks at the disk happens on the event loop."""

    def __init__(self, intake: Intake, arrivals: Arrivals, clock: Clock, settings: WatchSettings) -> None:
        self._arrivals = arrivals
        self._desk = Desk(clock, settings)
        self._woken = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._notepad = Notepad(self._wake)
        self._observer = Observer(self._notepad)
        taker = Taker(self._desk, intake)
        self._turns = Turns(taker.take)
        self._noter = Noter(self._desk, self._turns, intake, arrivals)
        self._looker = Looker(self._desk, self._turns, taker, intake, arrivals, self._observer)
        self._tasks: list[asyncio.Task[None]] = []
        self.counters = self._desk.counters

    # ------------------------------------------------------------ life

    async def start(self, places: Sequence[Place]) -> None:
        """Watch these folders; they are looked through at once, in the background."""
        self._loop = asyncio.get_running_loop()
        for folder in await self._arrivals.arriving():
            self._desk.arriving.begin(folder, self._desk.now())
        for place in places:
            await self.add(place)
        self._tasks = [asyncio.create_task(self._run(), name="watch")]
        self._tasks += [
            asyncio.create_task(self._turns.run(), name="intake") for _ in range(self._desk.settings.at_once)
        ]

    def _wake(self) -> None:
        """From watchdog's thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._woken.set)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.to_thread(self._observer.close)

    async def add(self, place: Place) -> None:
        """Watch one more folder."""
        watched = Watched(place, place.polled, place.reason, look_at=self._desk.now())
        self._desk.watched[place.path] = watched
        await self._looker.subscribe(watched)
        self._woken.set()

    async def remove(self, folder: Path) -> None:
        """No longer watch a folder. What is known of its files stays."""
        self._desk.watched.pop(folder, None)
        await asyncio.to_thread(self._observer.unwatch, folder)

    def rescan(self) -> None:
        """Look at everything now."""
        self._desk.look_within(0.0)
        self._woken.set()

    # ------------------------------------------------------------ for people

    def problem(self, text: str) -> None:
        """Tell a person of something, in the log and with what is watched."""
        self._desk.problem(text)

    def watched(self) -> list[Watched]:
        return list(self._desk.watched.values())

    @property
    def waiting(self) -> int:
        """Files that do not count yet, or count and are not read yet."""
        return len(self._desk.settler) + len(self._turns)

    @property
    def arriving(self) -> int:
        """Folders that are being copied in."""
        return len(self._desk.arriving)

    # ------------------------------------------------------------ rounds

    async def _run(self) -> None:
        while True:
            try:
                async with asyncio.timeout(self._pause_s()):
                    await self._woken.wait()
            except TimeoutError:
                pass
            self._woken.clear()
            try:
                await self._round()
            except RoadieError as error:  # the library's disk is full or away: the next round tries again
                self._desk.problem(error.message)
            except Exception:
                log.exception("a round of the watcher")  # the next one looks again
            await asyncio.sleep(TURN_S)

    def _pause_s(self) -> float | None:
        now = self._desk.now()
        times = [watched.look_at for watched in self._desk.watched.values()]
        times += [now + self._desk.settings.folder_settle_s / 4] if len(self._desk.arriving) else []
        times += [
            due
            for due in (self._desk.settler.next_due(), min(self._desk.gone.values(), default=None))
            if due is not None
        ]
        return max(0.0, min(times) - now) if times else None

    async def _round(self) -> None:
        notes = self._notepad.take()
        await self._noter.note(notes)
        if notes.overrun(BURST):
            self._desk.look_within(self._desk.settings.settle_s)
        await self._looker.where_due()
        await self._settle()
        await self._noter.vanish()
        await self._complete()

    async def _settle(self) -> None:
        now = self._desk.now()
        due = self._desk.settler.due(now)
        for start in range(0, len(due), 10 * SLICE):
            batch = due[start : start + 10 * SLICE]
            stats = await asyncio.to_thread(disk.stats, batch)
            still = [
                path
                for path, stat in zip(batch, stats, strict=True)
                if self._desk.settler.looked(path, stat, now)
            ]
            opened = await asyncio.to_thread(disk.open_all, still)
            sizes = {path: stat.size for path, stat in zip(batch, stats, strict=True) if stat is not None}
            for path, well in zip(still, opened, strict=True):
                self._desk.settler.opened(path, well, now)
                if well:
                    self._turns.put(Coming(path, sizes[path], self._desk.moved.pop(path, None)))
        if not len(self._desk.settler):
            self._desk.moved.clear()

    async def _complete(self) -> None:
        if not len(self._desk.arriving):
            return
        for folder in self._desk.arriving.quiet(self._desk.now(), self._busy):
            if await asyncio.to_thread(disk.unfinished, folder):
                self._desk.arriving.touch(folder, self._desk.now())
                continue
            files = await self._arrivals.complete_folder(folder)
            self._desk.arriving.end(folder)
            self._desk.counters.folders += files > 0

    def _busy(self, folder: Path) -> bool:
        """Whether files of a folder wait or are being read."""
        return self._turns.any_below(folder) or any(self._desk.settler.below(folder))
