"""Runs: units of computing by key, fenced so that only the attempt that holds the claim can commit."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from daemon.kernel.errors import ErrorInfo
from daemon.library.database import Database
from daemon.library.jobs import OPEN
from daemon.library.tables import JobRow, RunRow, StepRow


@dataclass(frozen=True, slots=True)
class RunRecord:
    """result: the StepResult as JSON, once done."""

    key: str
    use: str
    state: str
    attempt: int
    token: str
    result: Any
    size_bytes: int
    used_at: float


def _record(row: Any) -> RunRecord:
    return RunRecord(
        row.key, row.use, row.state, row.attempt, row.token, row.result, row.size_bytes, row.used_at
    )


class Runs:
    def __init__(self, db: Database, boot: str) -> None:
        self._db = db
        self._boot = boot

    async def release_orphans(self) -> int:
        """At start: what another boot had claimed is free again. Returns how many."""

        def work() -> int:
            claimed = (RunRow.state == "running") & (RunRow.boot != self._boot)
            return int(RunRow.update(state="queued", boot=None, token=None).where(claimed).execute())

        return await self._db.write(work)

    async def finished(self, key: str) -> RunRecord | None:
        """The run if its result stands, marked as used now."""

        def work() -> RunRecord | None:
            row = RunRow.get_or_none((RunRow.key == key) & (RunRow.state == "done"))
            if row is None:
                return None
            row.used_at = time.time()
            row.save(only=[RunRow.used_at])
            return _record(row)

        return await self._db.write(work)

    async def claim(self, key: str, use: str, token: str) -> int:
        """This boot's attempt `token` owns the run from now on; returns the number of the attempt."""

        def work() -> int:
            row = RunRow.get_or_none(RunRow.key == key)
            attempt = 1 if row is None or row.state == "done" else row.attempt + 1
            now = time.time()
            RunRow.replace(
                key=key, use=use, state="running", boot=self._boot, token=token, attempt=attempt, result=None,
                error=None, size_bytes=0, started_at=now, used_at=now,
            ).execute()  # fmt: skip
            return attempt

        return await self._db.write(work)

    async def commit(self, key: str, token: str, result: Any, size_bytes: int) -> bool:
        """Store a result if `token` still holds the claim; False when it does not."""

        def work() -> bool:
            now = time.time()
            changed = (
                RunRow.update(state="done", result=result, size_bytes=size_bytes, finished_at=now, used_at=now)
                .where((RunRow.key == key) & (RunRow.token == token))
                .execute()
            )
            return bool(changed)

        return await self._db.write(work)

    async def give_up(self, key: str, token: str, state: str, error: ErrorInfo | None) -> None:
        """End an attempt without a result. state: failed or cancelled."""

        def work() -> None:
            body = None if error is None else {**error.to_wire(), "traceback": error.traceback}
            RunRow.update(state=state, error=body, finished_at=time.time(), token=None).where(
                (RunRow.key == key) & (RunRow.token == token) & (RunRow.state == "running")
            ).execute()

        await self._db.write(work)

    async def forget(self, run: RunRecord) -> bool:
        """A finished run's files are gone from the cache, or are about to go: next time it is computed again.

        False, and nothing is forgotten, when it was used or claimed since `run` was read.
        """
        same = (RunRow.key == run.key) & (RunRow.token == run.token) & (RunRow.used_at == run.used_at)
        return bool(await self._db.write(lambda: RunRow.delete().where(same).execute()))

    async def least_recently_used(self) -> list[RunRecord]:
        """Finished runs, the longest unused first."""

        def work() -> list[RunRecord]:
            return [
                _record(row) for row in RunRow.select().where(RunRow.state == "done").order_by(RunRow.used_at)
            ]

        return await self._db.read(work)

    async def finished_folders(self) -> set[str]:
        """ "key-token" of every finished run."""

        def work() -> set[str]:
            rows = RunRow.select(RunRow.key, RunRow.token).where(RunRow.state == "done")
            return {f"{row.key}-{row.token}" for row in rows}

        return await self._db.read(work)

    async def needed_by_open_jobs(self) -> set[str]:
        """Keys of runs whose files a job that is not finished may still read."""

        def work() -> set[str]:
            rows = StepRow.select(StepRow.runs).join(JobRow).where(JobRow.state << OPEN)
            return {key for row in rows for key in row.runs}

        return await self._db.read(work)
