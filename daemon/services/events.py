"""Events as a stream: what happened since, then what happens; progress in between, never stored."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass, field

from daemon.kernel.events import Event, JobState, StepProgress
from daemon.kernel.types import Json
from daemon.library.events import EventLog, StoredEvent
from daemon.library.jobs import CLOSED

_STATE = JobState.wire_name()


@dataclass(frozen=True, slots=True)
class EventMessage:
    """seq: of this event; of the last durable one before it when it is not durable itself."""

    seq: int
    durable: bool
    body: dict[str, Json]


@dataclass(slots=True, eq=False)
class _Listener:
    """live: the newest progress of each step; older ones are of no use to anybody."""

    woken: asyncio.Event = field(default_factory=asyncio.Event)
    live: dict[str, Event] = field(default_factory=dict)


class EventsService:
    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._listeners: set[_Listener] = set()

    def committed(self) -> None:
        """There are new rows; on the event loop."""
        for listener in self._listeners:
            listener.woken.set()

    def tell(self, event: Event) -> None:
        """Something that is told live only; on the event loop."""
        name = event.step if isinstance(event, StepProgress) else event.wire_name()
        for listener in self._listeners:
            listener.live[name] = event
            listener.woken.set()

    async def latest(self) -> int:
        """seq of the newest durable event."""
        return await self._log.latest()

    async def oldest(self) -> int:
        """seq of the oldest durable event that is kept."""
        return await self._log.oldest()

    async def batches(self, since: int) -> AsyncGenerator[list[EventMessage], None]:
        """Durable events after `since`, in order, without gaps, many at a time; waits for what comes."""
        listener = _Listener()
        self._listeners.add(listener)
        try:
            while True:
                listener.woken.clear()
                listener.live.clear()
                stored = await self._log.since(since)
                if stored:
                    since = stored[-1].seq
                    yield [EventMessage(each.seq, True, {**each.body, "at": each.at}) for each in stored]
                else:
                    await listener.woken.wait()
        finally:
            self._listeners.discard(listener)

    async def stream(self, since: int | None) -> AsyncGenerator[EventMessage, None]:
        """Durable events after `since` (None: from now on), in order, without gaps; live ones as they come, and no
        progress of a job after its end."""
        listener = _Listener()
        self._listeners.add(listener)
        try:
            seq = await self._log.latest() if since is None else since
            while True:
                listener.woken.clear()
                stored = await self._log.since(seq)
                # Not before the rows are read: what a job told until then is older than an end among them.
                live, listener.live = listener.live, {}
                for each in stored:
                    seq = each.seq
                    yield EventMessage(seq, True, {**each.body, "at": each.at})
                over = _ended(stored)
                for event in live.values():
                    if not (isinstance(event, StepProgress) and event.job in over):
                        yield EventMessage(seq, False, event.to_wire())
                if not stored:
                    await listener.woken.wait()
        finally:
            self._listeners.discard(listener)


def _ended(stored: Iterable[StoredEvent]) -> set[str]:
    """Jobs that have ended and were not begun again, as these events tell it."""
    states = {str(each.body["job"]): each.body["state"] for each in stored if each.body["type"] == _STATE}
    return {job for job, state in states.items() if state in CLOSED}
