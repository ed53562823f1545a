"""Sets off rules that work by the clock. An hour that passed while the daemon was away is made up for once."""

from __future__ import annotations

import asyncio
import logging

from daemon.kernel.clock import Clock
from daemon.kernel.errors import RoadieError
from rules.book import RuleBook
from rules.ports import Ports
from rules.schedule import last_due

log = logging.getLogger(__name__)

LOOK_S = 15.0


class Clockwork:
    def __init__(self, book: RuleBook, ports: Ports, clock: Clock) -> None:
        self._book = book
        self._ports = ports
        self._clock = clock

    async def run(self) -> None:
        while True:
            try:
                await self.look()
            except RoadieError as error:
                log.warning("rules by the clock wait: %s", error)
            except Exception:
                log.exception("rules by the clock")  # the next look tries again
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Tell each rule whose hour has come since it was last told. One seen for the first time begins to count."""
        timed = [rule for rule in self._book.enabled() if rule.when.schedule is not None]
        if not timed:
            return
        told = await self._ports.work.runs.last_due()
        for rule in timed:
            assert rule.when.schedule is not None  # chosen so above
            slot = last_due(rule.when.schedule, self._clock.now())
            if told.get(rule.name, -1.0) < slot:
                await self._ports.work.runs.due(rule.name, slot, tell=rule.name in told)
