"""What the library forgets of its own accord: rows that nobody can ask anything of any more.

A job stays for as long as something that it wrote stands, because it can be undone; a sidecar's journal entry has
no use once it is settled, because a sidecar is only ever rewritten.
"""

from __future__ import annotations

import time
from typing import Any

from peewee import fn

from daemon.files.intent import IntentState
from daemon.library.database import Database
from daemon.library.jobs import CLOSED
from daemon.library.tables import ArtifactRow, InputRow, IntentRow, JobRow, RunRow, StepRow

DAY_S = 24 * 3600.0
JOBS_KEPT_S = 90 * DAY_S  # after their end, when nothing of theirs stands
FAILED_RUNS_KEPT_S = 30 * DAY_S
SIDECAR_INTENTS_KEPT_S = DAY_S
AT_ONCE = 500  # jobs in one transaction: other writers wait for it

_STANDING = [IntentState.OPEN.value, IntentState.DONE.value, IntentState.KEPT.value]
_SETTLED = [IntentState.DONE.value, IntentState.UNDONE.value, IntentState.ABANDONED.value]


class Retention:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def trim(self, now: float | None = None) -> int:
        """Forget what is old enough; returns how many jobs went. now: seconds since the epoch, the clock's if None."""
        at = time.time() if now is None else now

        def work() -> int:
            jobs = _forgettable(at - JOBS_KEPT_S)
            for start in range(0, len(jobs), 100):
                _forget(jobs[start : start + 100])
            failed = RunRow.state << ["failed", "cancelled"]
            RunRow.delete().where(failed & (RunRow.finished_at < at - FAILED_RUNS_KEPT_S)).execute()
            sidecars = (IntentRow.group == "") & (IntentRow.state << _SETTLED)
            IntentRow.delete().where(sidecars & (IntentRow.at < at - SIDECAR_INTENTS_KEPT_S)).execute()
            return len(jobs)

        return await self._db.write(work)


def _forgettable(before: float) -> list[str]:
    """Jobs that ended before then and of which nothing stands that could be undone."""
    delivered = ArtifactRow.select(ArtifactRow.id).where(
        (ArtifactRow.job == JobRow.id) & ArtifactRow.delivered.is_null(False)
    )
    standing = IntentRow.select(IntentRow.id).where(
        (IntentRow.group == JobRow.id) & (IntentRow.state << _STANDING)
    )
    query = (
        JobRow.select(JobRow.id)
        .where((JobRow.state << list(CLOSED)) & (JobRow.finished_at < before) & ~JobRow.undoing)
        .where(~fn.EXISTS(delivered) & ~fn.EXISTS(standing))
        .order_by(JobRow.ordinal)
        .limit(AT_ONCE)
    )
    return [row.id for row in query]


def _forget(jobs: list[str]) -> None:
    """All rows of these jobs, those that point at others first."""
    rows: list[tuple[Any, Any]] = [
        (ArtifactRow, ArtifactRow.job), (StepRow, StepRow.job), (InputRow, InputRow.job),
        (IntentRow, IntentRow.group), (JobRow, JobRow.id),
    ]  # fmt: skip
    for table, column in rows:
        table.delete().where(column << jobs).execute()
