"""What is cleared away by and by, for as long as the daemon lives: old events, old jobs, uploads nobody finishes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from daemon.kernel.errors import RoadieError

log = logging.getLogger(__name__)

EVERY_S = 600.0

Chore = Callable[[], Awaitable[int]]
"""Clears away what is old enough; returns how many went. Raises RoadieError when it cannot now."""


class Tidying:
    """Does its chores at once and then every ten minutes; one that fails is tried again with the next round."""

    def __init__(self, chores: Sequence[Chore]) -> None:
        self._chores = chores

    async def run(self) -> None:
        while True:
            await self.once()
            await asyncio.sleep(EVERY_S)

    async def once(self) -> None:
        for chore in self._chores:
            try:
                await chore()
            except (RoadieError, OSError) as error:
                log.warning("what is old stays for now: %s", error)
