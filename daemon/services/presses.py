"""Buttons and keys that begin a job."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass

import msgspec

from daemon.services.jobs import JobsService
from daemon.services.types_jobs import JobAck, JobInput, JobRequest

_OPEN = frozenset({"preparing", "queued", "running"})
_REMEMBERED = 256


class PressesService:
    """A button that is struck again while what it began is under way means that job: a second one would write the
    same files under other names. So it is on whichever surface it is struck. Once it has ended, the next press is a
    job of its own."""

    def __init__(self, jobs: JobsService) -> None:
        self._jobs = jobs
        self._begun: OrderedDict[bytes, str] = OrderedDict()
        self._one_at_a_time = asyncio.Lock()  # or two surfaces that press at once begin two jobs

    def of(self, client: str) -> Presses:
        """Those of one surface, whose name its jobs have."""
        return Presses(self, client)

    async def run(self, recipe: str, named: JobInput, client: str) -> tuple[JobAck, bool]:
        """The job and whether it is new. Raises what submitting does."""
        async with self._one_at_a_time:
            return await self._run(JobRequest(recipe=recipe, inputs=[named]), client)

    async def _run(self, request: JobRequest, client: str) -> tuple[JobAck, bool]:
        key = msgspec.json.encode(request)
        begun = self._begun.get(key)
        if begun is not None:
            job = await self._jobs.get(begun)
            if job.state in _OPEN:
                return JobAck(job.id, job.state), False
        ack, created = await self._jobs.submit(request, client)
        self._begun[key] = ack.id
        self._begun.move_to_end(key)
        if len(self._begun) > _REMEMBERED:
            self._begun.popitem(last=False)
        return ack, created


@dataclass(frozen=True, slots=True)
class Presses:
    """What one surface presses."""

    service: PressesService
    client: str

    async def run(self, recipe: str, named: JobInput) -> tuple[JobAck, bool]:
        """As `PressesService.run`."""
        return await self.service.run(recipe, named, self.client)
