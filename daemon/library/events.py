"""The durable event table: an event is written in the same transaction as what happened."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from peewee import fn

from daemon.kernel.events import Event
from daemon.kernel.types import Json
from daemon.library.database import Database
from daemon.library.rows import Adder, Reader
from daemon.library.tables import EventRow, StateRow

_SINCE = Reader(EventRow, "WHERE seq > ? ORDER BY seq LIMIT ?", ("seq", "at", "body"))
_NEWEST = Reader(EventRow, "WHERE seq > ? ORDER BY seq DESC LIMIT ?", ("seq", "at", "body"))
_ADDED = Adder(EventRow, ("at", "type", "body"))
RULES_CURSOR = "rules.cursor"
"""The small value that says which event the rules have looked at last."""
REMEMBERED = 500  # of the newest events
KEEP = 100_000  # rows; a client that slept through more than this starts afresh


@dataclass(frozen=True, slots=True)
class StoredEvent:
    seq: int
    at: float
    body: dict[str, Json]


def _stored(rows: Iterable[Any]) -> list[StoredEvent]:
    return [StoredEvent(*row) for row in rows]


def append(event: Event) -> None:
    """Add an event; inside a write."""
    if not event.durable:
        raise ValueError(f"{event.wire_name()} is told live, never stored")
    _ADDED.add(time.time(), event.wire_name(), event.to_wire())


class EventLog:
    """Everybody who listens asks after every commit; the newest events are read once for all of them."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._newest: deque[StoredEvent] = deque()
        self._whole_after: int | None = None  # of later events than this one none is missing from the newest
        self._commits = -1  # there had been when they were read
        self._reading = asyncio.Lock()

    async def since(self, seq: int, limit: int = 500) -> list[StoredEvent]:
        """Events after `seq`, oldest first."""
        async with self._reading:
            if self._commits != self._db.commits:
                await self._follow()
        if self._whole_after is not None and seq >= self._whole_after:
            later = takewhile(lambda event: event.seq > seq, reversed(self._newest))
            return [*later][::-1][:limit]
        return await self._db.read(lambda: _stored(_SINCE.all(seq, limit)))

    async def _follow(self) -> None:
        commits = self._db.commits  # before the question: what is committed meanwhile is asked for again
        last = self._newest[-1].seq if self._newest else self._whole_after
        if last is None:
            self._whole_after = await self.latest()
            self._commits = commits
            return
        fresh = await self._db.read(lambda: _stored(reversed(_NEWEST.all(last, REMEMBERED))))
        self._newest.extend(fresh)
        if len(fresh) == REMEMBERED and fresh[0].seq != last + 1:  # more than are kept
            self._newest, self._whole_after = deque(fresh), fresh[0].seq - 1
        while len(self._newest) > REMEMBERED:
            self._whole_after = self._newest.popleft().seq
        self._commits = commits

    async def latest(self) -> int:
        """The newest event's seq, 0 when there is none."""
        return await self._db.read(lambda: EventRow.select(fn.MAX(EventRow.seq)).scalar() or 0)

    async def oldest(self) -> int:
        """The oldest kept event's seq, 1 when there is none."""
        return await self._db.read(lambda: EventRow.select(fn.MIN(EventRow.seq)).scalar() or 1)

    async def trim(self) -> int:
        """Drop all but the newest KEEP events, and those that rules have not looked at; returns how many went."""

        def work() -> int:
            newest = EventRow.select(fn.MAX(EventRow.seq)).scalar() or 0
            cursor = StateRow.get_or_none(StateRow.name == RULES_CURSOR)
            last = newest - KEEP if cursor is None else min(newest - KEEP, int(cursor.value))
            return int(EventRow.delete().where(EventRow.seq <= last).execute())

        return await self._db.write(work)
