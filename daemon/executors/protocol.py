"""The border between the queue and whatever computes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from daemon.kernel.work import Lane, StepCall, StepResult

OnProgress = Callable[[float, str], None]
"""Called on the event loop with (fraction 0..1, note)."""
OnBegin = Callable[[], None]
"""Called on the event loop when a worker has been given the call."""


def nothing() -> None:
    """For whoever does not ask when it begins."""


@dataclass(frozen=True, slots=True)
class LaneStatus:
    """One lane, for `GET /system`. reason: why this device. workers: processes alive. busy: those computing."""

    lane: Lane
    device: str
    reason: str
    size: int
    workers: int
    busy: int
    waiting: int
    paused: bool


class Running(Protocol):
    """One call under way, or waiting for a worker."""

    async def result(self) -> StepResult:
        """Raises StepFailed (the step's own error as data), WorkerDied, WorkerHung, OutOfMemory, Cancelled."""
        ...

    def cancel(self) -> None:
        """Stop at the next checkpoint; a worker that does not answer in 3 s is killed. Idempotent."""
        ...


class Executor(Protocol):
    """Runs calls, as many at once as its lanes have workers, in the order of submission within a lane."""

    async def start(self) -> None: ...

    async def stop(self) -> None:
        """End every worker. Calls under way raise Cancelled."""
        ...

    def submit(self, call: StepCall, on_progress: OnProgress, on_begin: OnBegin = nothing) -> Running: ...

    def device(self, lane: Lane) -> tuple[str, str]:
        """(device, why) that a call on this lane would get."""
        ...

    def pause(self, lane: Lane) -> None:
        """Hold the lane's workers at their next checkpoint and start nothing new."""
        ...

    def resume(self, lane: Lane) -> None: ...

    def lanes(self) -> tuple[LaneStatus, ...]: ...
