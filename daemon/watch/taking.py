"""Files that count, taken into the library: sounds in batches, projects one by one; and what is told of those that
cannot be."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path

from daemon.kernel.errors import InputError, RoadieError, SourceChanged
from daemon.watch import disk
from daemon.watch.desk import Desk
from daemon.watch.intake import Intake
from daemon.watch.kinds import Counts, counts
from daemon.watch.turns import Coming

log = logging.getLogger(__name__)

MOST_REFUSED = 10_000


class Taker:
    def __init__(self, desk: Desk, intake: Intake) -> None:
        self._desk = desk
        self._intake = intake

    async def take(self, batch: Sequence[Coming]) -> None:
        """One batch, to its end. Raises nothing but CancelledError."""
        sounds: list[Coming] = []
        for coming in batch:
            root = self._desk.root_of(coming.path)
            if root is not None and counts(coming.path, root) is Counts.PROJECT:
                await self.project(coming.path, tell=True)
                self._desk.counters.taken += 1
            elif root is not None:
                sounds.append(coming)
        if sounds:
            await self._take_sounds(sounds)
        now = self._desk.now()
        for coming in batch:
            if len(self._desk.arriving):
                self._desk.arriving.touch(coming.path, now)
            if coming.path in self._desk.again:
                self._desk.again.discard(coming.path)
                self._desk.settler.touch(coming.path, now)

    async def _take_sounds(self, sounds: Sequence[Coming]) -> None:
        try:
            wrong = await self._intake.take(sounds)
        except (RoadieError, OSError) as error:
            # The disk, the library or a worker, not the files: a look soon tries them again.
            self._desk.problem(getattr(error, "message", None) or str(error))
            self._desk.look_within(self._desk.settings.poll_s)
            return
        except Exception:
            log.exception("taking %d files, the first of them %s", len(sounds), sounds[0].path)
            self._desk.look_within(self._desk.settings.poll_s)
            return
        self._desk.counters.taken += len(sounds) - len(wrong)
        for path, problem in wrong.items():
            if isinstance(problem, SourceChanged):
                self._desk.again.add(path)
            elif isinstance(problem, InputError):
                await self._refuse(path, problem)
            elif not isinstance(problem, FileNotFoundError):
                self._desk.problem(f"{path}: {problem}")
                self._desk.look_within(self._desk.settings.poll_s)

    async def _refuse(self, path: Path, error: InputError) -> None:
        self._desk.counters.refused += 1
        self._desk.problem(error.message)
        stat = (await asyncio.to_thread(disk.stats, [path]))[0]
        if stat is not None and len(self._desk.refused) < MOST_REFUSED:
            self._desk.refused[path] = stat

    async def project(self, path: Path, tell: bool) -> None:
        """tell: as an event; not when a folder is looked through for the first time."""
        try:
            await self._intake.project(path, tell)
        except FileNotFoundError:
            return
        except RoadieError as error:
            self._desk.problem(error.message)
