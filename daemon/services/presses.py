"""Buttons and keys that begin a job."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

import msgspec

from daemon.services.jobs import JobsService
from daemon.services.types_jobs import JobAck, JobInput, JobRequest

_OPEN = frozenset({"preparing", "queued", "running"})
_REMEMBERED = 256


class Presses:
    """A button that is struck again while what it began is under way means that job: a second one would write the
    same files under other names. Once it has ended, the next press is a job of its own."""

    def __init__(self, jobs: JobsService, client: str) -> None:
        self._jobs = jobs
        self._client = client
        self._begun: OrderedDict[bytes, str] = OrderedDict()
        self._one_at_a_time = asyncio.Lock()  # or two surfaces that press at once begin two jobs

    async def run(self, recipe: str, named: JobInput) -> tuple[JobAck, bool]:
        """The job and whether it is new. Raises what submitting does."""
        async with self._one_at_a_time:
            return await self._run(JobRequest(recipe=recipe, inputs=[named]))

    async def _run(self, request: JobRequest) -> tuple[JobAck, bool]:
        key = msgspec.json.encode(request)
        begun = self._begun.get(key)
        if begun is not None:
            job = await self._jobs.get(begun)
            if job.state in _OPEN:
                return JobAck(job.id, job.state), False
        ack, created = await self._jobs.submit(request, self._client)
        self._begun[key] = ack.id
        self._begun.move_to_end(key)
        if len(self._begun) > _REMEMBERED:
            self._begun.popitem(last=False)
        return ack, created
