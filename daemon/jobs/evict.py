"""Keeps the cache within its size: what was used longest ago goes first, never what an open job needs."""

from __future__ import annotations

import asyncio
import logging

from daemon.jobs.cache import Cache
from daemon.kernel.errors import RoadieError
from daemon.library.runs import Runs

log = logging.getLogger(__name__)

EVERY_S = 60.0


class Evictor:
    def __init__(self, runs: Runs, cache: Cache, max_bytes: int) -> None:
        self._runs = runs
        self._cache = cache
        self._max_bytes = max_bytes

    async def run(self) -> None:
        """Look every minute, for as long as the daemon lives."""
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await self.evict()
            except RoadieError as error:  # a full disk, of all times
                log.warning("the cache could not be made smaller: %s", error)

    async def evict(self) -> int:
        """Remove runs until the cache is small enough; returns how many went."""
        records = await self._runs.least_recently_used()  # before what is needed: a use in between is then seen
        needed = await self._runs.needed_by_open_jobs()
        total = sum(each.size_bytes for each in records)
        gone = 0
        for each in records:
            if total <= self._max_bytes:
                break
            if each.key in needed:
                continue
            # The row goes first: a crash in between leaves files of no run, which the next start removes.
            if not await self._runs.forget(each):
                continue  # a job has taken it meanwhile
            await asyncio.to_thread(self._cache.remove, each.key, each.token)
            total -= each.size_bytes
            gone += 1
        return gone
