"""Edits of a person, stored in the transaction that asks for their export."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from daemon.library.database import Database
from daemon.library.edit_tables import EditRow
from daemon.library.jobs import NewJob, insert


@dataclass(frozen=True, slots=True)
class Edit:
    """body: as it was put. job: the job that exports it."""

    body: dict[str, Any]
    job: str

    @property
    def items(self) -> list[dict[str, Any]]:
        return list(self.body["items"])


class Edits:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def get(self, asset: str, kind: str) -> Edit | None:
        """The newest edit of this kind, None when there is none."""

        def work() -> Edit | None:
            row = EditRow.get_or_none((EditRow.asset == asset) & (EditRow.kind == kind))
            return None if row is None else Edit(row.body, row.job)

        return await self._db.read(work)

    async def put(self, asset: str, kind: str, body: dict[str, Any], job: NewJob) -> None:
        """Store an edit in place of the one before, and its job."""

        def work() -> None:
            insert(job)
            EditRow.replace(asset=asset, kind=kind, body=body, job=job.id, at=time.time()).execute()

        await self._db.write(work)
