"""The durable event table: an event is written in the same transaction as what happened."""

from __future__ import annotations

import time
from dataclasses import dataclass

import msgspec
from peewee import fn

from daemon.kernel.events import Event
from daemon.kernel.types import Json
from daemon.library.database import Database
from daemon.library.tables import EventRow, StateRow

_APPEND = "INSERT INTO event (at, type, body) VALUES (?, ?, ?)"
RULES_CURSOR = "rules.cursor"
"""The small value that says which event the rules have looked at last."""
KEEP = 100_000  # rows; a client that slept through more than this starts afresh


@dataclass(frozen=True, slots=True)
class StoredEvent:
    seq: int
    at: float
    body: dict[str, Json]


def append(event: Event) -> None:
    """Add an event; inside a write."""
    if not event.durable:
        raise ValueError(f"{event.wire_name()} is told live, never stored")
    body = msgspec.json.encode(event.to_wire()).decode()
    # as it stands: a scan writes one for each file
    EventRow._meta.database.execute_sql(_APPEND, (time.time(), event.wire_name(), body))


class EventLog:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def since(self, seq: int, limit: int = 500) -> list[StoredEvent]:
        """Events after `seq`, oldest first."""

        def work() -> list[StoredEvent]:
            rows = EventRow.select().where(EventRow.seq > seq).order_by(EventRow.seq).limit(limit)
            return [StoredEvent(row.seq, row.at, row.body) for row in rows]

        return await self._db.read(work)

    async def latest(self) -> int:
        """The newest event's seq, 0 when there is none."""
        return await self._db.read(lambda: EventRow.select(fn.MAX(EventRow.seq)).scalar() or 0)

    async def trim(self) -> int:
        """Drop all but the newest KEEP events, and those that rules have not looked at; returns how many went."""

        def work() -> int:
            newest = EventRow.select(fn.MAX(EventRow.seq)).scalar() or 0
            cursor = StateRow.get_or_none(StateRow.name == RULES_CURSOR)
            last = newest - KEEP if cursor is None else min(newest - KEEP, int(cursor.value))
            return int(EventRow.delete().where(EventRow.seq <= last).execute())

        return await self._db.write(work)
