"""When a job's turn comes: a few of each kind at a time, first come, first served."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from daemon.jobs.recipe import Recipe
from daemon.kernel.work import Lane
from daemon.library.jobs import Jobs
from daemon.steps import registry

log = logging.getLogger(__name__)

AT_ONCE = 4
"""Of each kind. More would keep no lane busier, and would end later: each of them holds its files in the cache, and
what all have begun, all wait for."""


class Turns:
    """Kinds of jobs do not wait for each other: recipes that separate or transcribe may stand still for as long as the
    DAW records, a download for as long as its server does, and everything else goes on."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._line = asyncio.Lock()  # whoever came first also stands first before his kind's slots
        self._slots: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(AT_ONCE))

    @asynccontextmanager
    async def turn(self, job: str) -> AsyncIterator[None]:
        """Wait until the job may work, as `queued`, and keep its place for as long as it does."""
        async with self._line:
            slots = self._slots[await self._kind(job)]
        # Beside the waiting: whoever came later must not get in before this one while its row is written.
        saying = asyncio.create_task(self._say_queued(job)) if slots.locked() else None
        try:
            async with slots:
                if saying is not None:
                    await saying
                yield
        finally:
            if saying is not None:
                saying.cancel()

    async def _kind(self, job: str) -> str:
        """A task's name, or the slowest lane that a recipe needs."""
        try:
            name, body = await self._jobs.asked_for(job)
            if body is None:
                return name
            lanes = {registry.spec(step.use).lane for step in msgspec.convert(body, Recipe).steps}
        except Exception:  # whoever works on it meets the same, and the job ends with it
            log.info("what the job %s needs cannot be told", job, exc_info=True)
            return Lane.CPU
        return Lane.HEAVY if Lane.HEAVY in lanes else Lane.CPU

    async def _say_queued(self, job: str) -> None:
        try:
            await self._jobs.set_state(job, "queued")
        except Exception:  # its turn comes all the same
            log.warning("that the job %s waits cannot be stored", job, exc_info=True)
