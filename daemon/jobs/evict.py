"""Keeps the cache within its size and its disk from filling: what was used longest ago goes first, never what an
open job needs."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Callable
from pathlib import Path

from daemon.jobs.cache import Cache
from daemon.kernel.errors import RoadieError
from daemon.library.runs import Runs

log = logging.getLogger(__name__)

EVERY_S = 60.0
KEEP_FREE_BYTES = 10**9
"""Room that the cache leaves on its disk whatever its own limit: the library and the system live there as well."""

Free = Callable[[], int]


def free_bytes(folder: Path) -> Free:
    """Tells how much room the disk of `folder` has."""
    return lambda: shutil.disk_usage(folder).free


class Evictor:
    """free: bytes of room on the cache's disk."""

    def __init__(self, runs: Runs, cache: Cache, max_bytes: int, free: Free = lambda: KEEP_FREE_BYTES) -> None:
        self._runs = runs
        self._cache = cache
        self._max_bytes = max_bytes
        self._free = free

    async def run(self) -> None:
        """Look every minute, for as long as the daemon lives."""
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await self.evict()
            except (RoadieError, OSError) as error:  # a full disk, of all times
                log.warning("the cache could not be made smaller: %s", error)

    async def evict(self) -> int:
        """Remove runs until the cache is small enough and its disk has room; returns how many went."""
        return await self._evict(self._max_bytes)

    async def make_room(self) -> int:
        """The disk is full: remove at least half of what no open job needs. Returns how many runs went."""
        records = await self._runs.least_recently_used()
        return await self._evict(sum(each.size_bytes for each in records) // 2)

    async def _evict(self, most_bytes: int) -> int:
        records = await self._runs.least_recently_used()  # before what is needed: a use in between is then seen
        needed = await self._runs.needed_by_open_jobs()
        short = KEEP_FREE_BYTES - await asyncio.to_thread(self._free)
        over = max(sum(each.size_bytes for each in records) - most_bytes, short)
        gone = 0
        for each in records:
            if over <= 0:
                break
            if each.key in needed:
                continue
            # The row goes first: a crash in between leaves files of no run, which the next start removes.
            if not await self._runs.forget(each):
                continue  # a job has taken it meanwhile
            await asyncio.to_thread(self._cache.remove, each.key, each.token)
            over -= each.size_bytes
            gone += 1
        return gone
