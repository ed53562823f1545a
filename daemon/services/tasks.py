"""Long work that is a job without a recipe: scans, exports, downloads of models."""

from __future__ import annotations

import hashlib
from typing import Any

from daemon.jobs.keys import canonical
from daemon.jobs.runner import JobRunner
from daemon.library.jobs import Jobs, NewInput, NewJob
from daemon.services.jobs import new_job_id
from daemon.services.types_jobs import JobAck


class TaskStarter:
    """Stores a task as a job and begins it."""

    def __init__(self, jobs: Jobs, runner: JobRunner) -> None:
        self._jobs = jobs
        self._runner = runner

    async def start(self, task: str, request: Any, what: str, client: str, key: str | None = None) -> JobAck:
        """task: a name that the runner knows. what: the thing worked on, shown as the job's input. key: the client's
        own; used again for the same request, it gives the same job."""
        digest = hashlib.sha256(canonical(request)).hexdigest()
        job, state, created = await self._jobs.insert(
            NewJob(new_job_id(), task, None, request, client, [NewInput(what)], digest, key)
        )
        if created:
            self._runner.begin(job)
        return JobAck(job, state)  # type: ignore[arg-type]
