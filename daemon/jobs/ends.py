"""How jobs ended, stored; kept and tried again while the library cannot be written, because its disk is full."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass

from daemon.kernel.errors import DiskError, ErrorInfo
from daemon.kernel.types import Json
from daemon.library.jobs import Jobs

log = logging.getLogger(__name__)

AGAIN_S = 1.0


@dataclass(frozen=True, slots=True)
class End:
    """state: done, failed or cancelled. warnings: None leaves those that are stored. result: what a task came to."""

    state: str
    error: ErrorInfo | None = None
    warnings: tuple[str, ...] | None = None
    result: Mapping[str, Json] | None = None


class Ends:
    """Without it a job whose last row was refused would be running for ever, with nobody working on it."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._waiting: dict[str, End] = {}
        self._again: asyncio.Task[None] | None = None

    async def store(self, job: str, end: End) -> None:
        """Write an end, now or as soon as there is room; the first end of a job counts."""
        end = self._waiting.get(job, end)
        try:
            await self._write(job, end)
        except DiskError as error:
            self._waiting.setdefault(job, end)
            log.error("the end of job %s (%s) waits for the library: %s", job, end.state, error)
            if self._again is None or self._again.done():
                self._again = asyncio.create_task(self._until_stored(), name="ends of jobs")

    def waiting(self, job: str) -> End | None:
        """The end of a job that the library refused and that is not stored yet."""
        return self._waiting.get(job)

    async def store_now(self, job: str) -> None:
        """Write what waits, if anything does. Raises DiskError; it then goes on waiting."""
        end = self._waiting.get(job)
        if end is not None:
            await self._write(job, end)

    async def _write(self, job: str, end: End) -> None:
        progress = 1.0 if end.state == "done" else None
        await self._jobs.set_state(
            job, end.state, progress=progress, error=end.error, warnings=end.warnings, result=end.result
        )
        self._waiting.pop(job, None)

    async def stop(self) -> None:
        """What still waits is found open at the next start, and done again."""
        if self._again is not None:
            self._again.cancel()
            await asyncio.gather(self._again, return_exceptions=True)

    async def _until_stored(self) -> None:
        while self._waiting:
            await asyncio.sleep(AGAIN_S)
            try:
                for job in list(self._waiting):
                    await self.store_now(job)
            except DiskError:
                continue
