"""Whole looks at watched folders, and how each is watched: told of by the system, or looked at every so often."""

from __future__ import annotations

import asyncio
from pathlib import Path

from daemon.library.arrivals import Arrivals
from daemon.watch.desk import Desk, Watched, in_slices
from daemon.watch.intake import Intake
from daemon.watch.look import Look, look
from daemon.watch.observer import Observer
from daemon.watch.places import limit_reason, readable, watches_left
from daemon.watch.taking import Taker
from daemon.watch.turns import Turns


class Looker:
    """observer: what the system tells."""

    def __init__(
        self, desk: Desk, turns: Turns, taker: Taker, intake: Intake, arrivals: Arrivals, observer: Observer
    ) -> None:
        self._desk = desk
        self._turns = turns
        self._taker = taker
        self._intake = intake
        self._arrivals = arrivals
        self._observer = observer

    async def where_due(self) -> None:
        """Look at the folders whose time it is."""
        for watched in list(self._desk.watched.values()):
            if self._desk.now() >= watched.look_at:
                await self._look(watched)
                often = watched.polled or watched.problem is not None
                every_s = self._desk.settings.poll_s if often else self._desk.settings.rescan_s
                watched.look_at = self._desk.now() + every_s

    async def _look(self, watched: Watched) -> None:
        root = watched.place.path
        if not await asyncio.to_thread(readable, root):
            watched.problem = f"{root} is not there or cannot be read; roadie looks again every so often"
            return
        if watched.problem is not None:
            await self.subscribe(watched)
        known = await self._intake.known_below(root)
        found = await asyncio.to_thread(look, root, known, self._desk.settings.own)
        first = not await self._arrivals.looked_at(root)
        now = self._desk.now()
        for folder in () if first else sorted(found.strange):
            if self._desk.arriving.begin(folder, now):
                await self._arrivals.begin_folder(folder, root)
        async for path in in_slices(found.files):
            if path not in self._turns and self._desk.refused.get(path) != found.files[path]:
                self._desk.settler.wait(path, now)
        await self._look_at_projects(root, found, first)
        await self._intake.gone(found.gone)
        if first:
            await self._arrivals.set_looked_at(root)
        watched.files, watched.placeholders, watched.folders = len(known), found.placeholders, found.folders
        await self._check_limit(watched)

    async def _look_at_projects(self, root: Path, found: Look, first: bool) -> None:
        before = await self._arrivals.projects_below(root)
        changed = [path for path, stat in found.projects.items() if before.get(path) != stat]
        for path in changed:
            if first:
                await self._taker.project(path, tell=False)
            else:
                self._desk.settler.wait(path, self._desk.now())

    async def subscribe(self, watched: Watched) -> None:
        """Have the system tell of changes, where it can."""
        root = watched.place.path
        watched.problem = None
        if not await asyncio.to_thread(readable, root):
            watched.problem = f"{root} is not there or cannot be read; roadie looks again every so often"
            watched.look_at = self._desk.now() + self._desk.settings.poll_s
            return
        if watched.polled:
            return
        try:
            await asyncio.to_thread(self._observer.unwatch, root)
            await asyncio.to_thread(self._observer.watch, root)
        except OSError as error:
            reason = limit_reason(error, root) or f"the system cannot watch it ({error.strerror})"
            self._poll(watched, reason)

    async def _check_limit(self, watched: Watched) -> None:
        """watchdog passes over folders for which the system has no watch left; that must not go unsaid. The folder
        that was just looked at is the one looked at from now on: its watches go to the others."""
        if watched.polled:
            return
        left = await asyncio.to_thread(watches_left)
        if left is None:
            return
        used, _ = left
        told = [each for each in self._desk.watched.values() if not each.polled]
        roots = [each.place.path for each in told]
        outer = [each for each in told if not any(root in each.place.path.parents for root in roots)]
        if used < sum(each.folders for each in outer):
            await asyncio.to_thread(self._observer.unwatch, watched.place.path)
            error = OSError(28, "inotify watch limit reached")
            self._poll(watched, limit_reason(error, watched.place.path) or str(error))

    def _poll(self, watched: Watched, reason: str) -> None:
        watched.polled, watched.reason = True, reason
        self._desk.problem(reason)
