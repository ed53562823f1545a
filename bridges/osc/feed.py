"""What is to be told of one job."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from pathlib import PurePath

from bridges.osc.packet import encode
from bridges.osc.peers import Peer
from bridges.osc.slots import OPEN
from daemon.services.types_jobs import JobBrief, JobView

EVERY_S = 0.05
"""At most 20 times a second for each job."""


@dataclass(slots=True)
class JobFeed:
    """name: as a slot shows it, "" while it is not known. watchers: who asked for the job, and their refs. sent: the
    state and progress told last. trouble: of one that failed, the code and the message."""

    job: str
    recipe: str
    state: str
    progress: float
    name: str = ""
    artifacts: deque[tuple[str, str, str]] = field(default_factory=deque)
    watchers: dict[Peer, str] = field(default_factory=dict)
    sent: tuple[str, float] | None = None
    trouble: tuple[str, str] | None = None
    sent_at_s: float = float("-inf")
    timer: asyncio.TimerHandle | None = None

    @property
    def over(self) -> bool:
        return self.state not in OPEN

    def state_packet(self, ref: str) -> bytes:
        return encode("/roadie/job/state", ref, self.job, self.recipe, self.state, float(self.progress))

    def artifact_packet(self, ref: str, artifact: tuple[str, str, str]) -> bytes:
        return encode("/roadie/job/artifact", ref, self.job, *artifact)


def trouble_of(job: JobView) -> tuple[str, str] | None:
    """The code and what is said of a job that failed, None for any other."""
    if job.state != "failed" or job.error is None:
        return None
    return job.error.code, f"{name_of(job)}: {job.error.message}"


def name_of(job: JobView) -> str:
    """What a slot is called: the recipe and the first file."""
    return _named(job.recipe, job.inputs[0].path if job.inputs else None, len(job.inputs))


def feed_of(job: JobBrief) -> JobFeed:
    """A job as it stands now."""
    return JobFeed(job.id, job.recipe, job.state, job.progress, _named(job.recipe, job.path, job.inputs))


def _named(recipe: str, path: str | None, inputs: int) -> str:
    more = f" +{inputs - 1}" if inputs > 1 else ""
    return f"{recipe}: {PurePath(path).name}{more}" if path else recipe
