"""Follows a job to its end: server-sent events say when to look, the job's own view says what is."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import msgspec

from daemon.cli.client import Client, DaemonGone, Refused, part
from daemon.services.types_jobs import JobView

ENDED = frozenset({"done", "failed", "cancelled"})
LOOK_AT_MOST_EVERY_S = 0.25
POLL_EVERY_S = 0.5
RECONNECTS = 5


class Reconnecting(Protocol):
    """What a follower needs of a session."""

    @property
    def client(self) -> Client: ...

    def reconnect(self) -> None:
        """Raises a RoadieError when there is no daemon any more."""
        ...


@dataclass(frozen=True, slots=True)
class Doing:
    """How far a running step is: 0..1, and what it says it does."""

    progress: float
    note: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A job at one moment. doing: by step id, of steps that told their progress since it was looked at."""

    job: JobView
    progress: float
    eta_s: float | None
    doing: Mapping[str, Doing] = field(default_factory=dict)

    @property
    def ended(self) -> bool:
        return self.job.state in ENDED


def fetch(client: Client, job_id: str) -> JobView:
    """Raises Refused when there is no such job."""
    return msgspec.convert(client.get(f"/jobs/{part(job_id)}"), JobView)


def follow(session: Reconnecting, job_id: str) -> Iterator[Snapshot]:
    """Snapshots as things change; the last one has ended.

    A daemon that goes away is looked for again: the next one on the same home takes up the job.
    """
    lost = 0
    while True:
        try:
            for snapshot in _watch(session.client, job_id):
                yield snapshot
                if snapshot.ended:
                    return
        except DaemonGone:
            lost += 1
            if lost > RECONNECTS:
                raise
            session.reconnect()


def _watch(client: Client, job_id: str) -> Iterator[Snapshot]:
    """Until the stream of events ends; then once more by looking, so that it may simply be called again."""
    try:
        yield from _by_events(client, job_id)
    except (DaemonGone, Refused):
        # No stream, or it broke off. Looking tells whether the daemon is still there.
        yield _look(client, job_id)
        time.sleep(POLL_EVERY_S)


def _by_events(client: Client, job_id: str) -> Iterator[Snapshot]:
    snapshot: Snapshot | None = None
    looked_at = 0.0
    stale = True
    for event in client.events():
        if event is not None and event.get("job") != job_id:
            continue
        if event is not None and event["type"] == "step.progress":
            if snapshot is not None:
                snapshot = _advanced(snapshot, event)
                yield snapshot
        else:
            stale = True
        must = event is None or event.get("state") in ENDED
        if stale and (must or time.monotonic() - looked_at >= LOOK_AT_MOST_EVERY_S):
            snapshot, stale, looked_at = _look(client, job_id), False, time.monotonic()
            yield snapshot


def _look(client: Client, job_id: str) -> Snapshot:
    job = fetch(client, job_id)
    return Snapshot(job, job.progress, job.eta_s)


def _advanced(snapshot: Snapshot, event: Mapping[str, Any]) -> Snapshot:
    doing = Doing(float(event["progress"]), str(event.get("note") or ""))
    return replace(
        snapshot,
        progress=float(event["job_progress"]),
        eta_s=event.get("eta_s"),
        doing={**snapshot.doing, str(event["step"]): doing},
    )
