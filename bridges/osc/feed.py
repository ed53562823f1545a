"""What is to be told of one job."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

from bridges.osc.packet import encode
from bridges.osc.peers import Peer
from bridges.osc.slots import OPEN

EVERY_S = 0.05
"""At most 20 times a second for each job."""


@dataclass(slots=True)
class JobFeed:
    """watchers: who asked for the job, and their refs. sent: the state and progress told last."""

    job: str
    recipe: str
    state: str
    progress: float
    artifacts: deque[tuple[str, str, str]] = field(default_factory=deque)
    watchers: dict[Peer, str] = field(default_factory=dict)
    sent: tuple[str, float] | None = None
    sent_at_s: float = float("-inf")
    timer: asyncio.TimerHandle | None = None

    @property
    def over(self) -> bool:
        return self.state not in OPEN

    def state_packet(self, ref: str) -> bytes:
        return encode("/roadie/job/state", ref, self.job, self.recipe, self.state, float(self.progress))

    def artifact_packet(self, ref: str, artifact: tuple[str, str, str]) -> bytes:
        return encode("/roadie/job/artifact", ref, self.job, *artifact)
