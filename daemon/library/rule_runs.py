"""What rules do, row by row: the cursor over the events, and a run for each answer."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from peewee import SQL, fn

from daemon.kernel.errors import NotFound
from daemon.kernel.events import RuleDue, RulesChanged, RuleState, RuleTriggered
from daemon.library.database import Database
from daemon.library.events import RULES_CURSOR, append
from daemon.library.rule_tables import RuleRunRow
from daemon.library.tables import ArtifactRow, EventRow, InputRow, JobRow, StateRow

DUE = "rules.due"
CLIENT = "rule:"
"""How a rule calls itself when it asks for a job; the rule's name follows."""
OPEN_RUNS = ("pending", "running")


@dataclass(frozen=True, slots=True)
class NewRun:
    """state: pending, or stopped with an error."""

    id: str
    rule: str
    version: str
    event: int
    subjects: Sequence[Mapping[str, Any]]
    depth: int
    parent: str
    state: str = "pending"
    error: str = ""


@dataclass(frozen=True, slots=True)
class RunRecord:
    id: str
    rule: str
    version: str
    event: int
    state: str
    subjects: tuple[Mapping[str, Any], ...]
    depth: int
    parent: str
    results: tuple[Mapping[str, Any], ...]
    error: str
    at: float
    finished_at: float | None


def _record(row: Any) -> RunRecord:
    return RunRecord(
        row.id, row.rule, row.version, row.event, row.state, tuple(row.subjects), row.depth, row.parent,
        tuple(row.results), row.error, row.at, row.finished_at,
    )  # fmt: skip


class RuleRuns:
    def __init__(self, db: Database) -> None:
        self._db = db

    # ------------------------------------------------------------ the cursor

    async def cursor(self) -> int:
        """seq of the last event that was looked at; at the very first start, of the newest there is."""

        def work() -> int:
            row = StateRow.get_or_none(StateRow.name == RULES_CURSOR)
            if row is not None:
                return int(row.value)
            newest = EventRow.select(fn.MAX(EventRow.seq)).scalar() or 0
            StateRow.replace(name=RULES_CURSOR, value=newest).execute()
            return int(newest)

        return await self._db.write(work)

    async def advance(self, seq: int, runs: Sequence[NewRun]) -> list[str]:
        """Events up to `seq` were looked at, and this is the answer: in one transaction, so that a crash neither
        loses an answer nor gives it twice. Returns the runs that are new."""

        def work() -> list[str]:
            fresh = [run.id for run in runs if _insert(run)]
            StateRow.replace(name=RULES_CURSOR, value=seq).execute()
            return fresh

        return await self._db.write(work)

    # ------------------------------------------------------------ runs

    async def open_runs(self) -> list[RunRecord]:
        """Runs that are not finished, oldest first."""

        def work() -> list[RunRecord]:
            rows = RuleRunRow.select().where(RuleRunRow.state << OPEN_RUNS).order_by(SQL("rowid"))
            return [_record(row) for row in rows]

        return await self._db.read(work)

    async def get(self, run: str) -> RunRecord:
        """Raises NotFound."""

        def work() -> RunRecord:
            row = RuleRunRow.get_or_none(RuleRunRow.id == run)
            if row is None:
                raise NotFound(
                    "there is no such run of a rule", where=run, hint="`roadie rules runs` lists them"
                )
            return _record(row)

        return await self._db.read(work)

    async def newest(self, rule: str | None, limit: int) -> list[RunRecord]:
        def work() -> list[RunRecord]:
            rows = RuleRunRow.select().order_by(SQL("rowid").desc()).limit(limit)
            return [_record(row) for row in (rows if rule is None else rows.where(RuleRunRow.rule == rule))]

        return await self._db.read(work)

    async def counts(self) -> dict[str, int]:
        """How many runs each rule has had."""

        def work() -> dict[str, int]:
            rows = (
                RuleRunRow.select(RuleRunRow.rule, fn.COUNT(RuleRunRow.id)).group_by(RuleRunRow.rule).tuples()
            )
            return {str(rule): int(number) for rule, number in rows}

        return await self._db.read(work)

    async def set_state(self, run: str, state: str, error: str = "") -> None:
        """Told as an event."""

        def work() -> None:
            row = RuleRunRow.get_or_none(RuleRunRow.id == run)
            if row is None or row.state == state:
                return
            row.state, row.error = state, error
            if state not in OPEN_RUNS:
                row.finished_at = time.time()
            row.save()
            append(RuleState(row.rule, run, state, row.event, error))

        await self._db.write(work)

    async def set_asked(self, run: str, action: int, subjects: Sequence[Mapping[str, Any]]) -> None:
        """For which files an action is about to be done, as [{asset, path}]: after a crash, it is done for the same."""
        await self._db.write(lambda: _set_result(run, action, {"subjects": [dict(each) for each in subjects]}))

    async def set_result(self, run: str, action: int, result: Mapping[str, Any]) -> None:
        """What an action did. Done again after a crash, it is the same."""
        await self._db.write(lambda: _set_result(run, action, result))

    async def jobs_of(self, run: str) -> list[str]:
        """Jobs that a run asked for, oldest first: also those of an action that did not come to its end. The key of
        such a job begins with the run."""

        def work() -> list[str]:
            rows = JobRow.select(JobRow.id).where(
                JobRow.client.startswith(CLIENT) & JobRow.idempotency_key.startswith(f"{run}:")
            )
            return [str(row.id) for row in rows.order_by(JobRow.ordinal)]

        return await self._db.read(work)

    async def origin(self, told: str) -> tuple[str, int]:
        """(run, depth) behind an event; ("", 0) when no rule is. told: what the event tells, a run or a job. A job
        that a run asked for says so by its key."""

        def work() -> tuple[str, int]:
            if not told:
                return "", 0
            row = RuleRunRow.get_or_none(RuleRunRow.id == told)
            if row is None:
                job = JobRow.get_or_none((JobRow.id == told) & JobRow.client.startswith(CLIENT))
                run = (job.idempotency_key or "").partition(":")[0] if job is not None else ""
                row = RuleRunRow.get_or_none(RuleRunRow.id == run)
            return ("", 0) if row is None else (row.id, row.depth)

        return await self._db.read(work)

    # ------------------------------------------------------------ what sets rules off

    async def trigger(self, event: RuleTriggered) -> None:
        await self._db.write(lambda: append(event))

    async def changed(self, event: RulesChanged) -> None:
        await self._db.write(lambda: append(event))

    async def due(self, rule: str, slot: float, tell: bool) -> bool:
        """A rule's hour has come: told once for each slot. tell False: only remembered, as where counting begins."""

        def work() -> bool:
            row = StateRow.get_or_none(StateRow.name == DUE)
            slots = dict(row.value) if row is not None else {}
            if slots.get(rule, -1.0) >= slot:
                return False
            slots[rule] = slot
            StateRow.replace(name=DUE, value=slots).execute()
            if tell:
                append(RuleDue(rule, slot))
            return True

        return await self._db.write(work)

    async def last_due(self) -> dict[str, float]:
        def work() -> dict[str, float]:
            row = StateRow.get_or_none(StateRow.name == DUE)
            return dict(row.value) if row is not None else {}

        return await self._db.read(work)

    # ------------------------------------------------------------ facts

    async def job_subjects(self, job: str, each: str) -> list[tuple[str, str]]:
        """(asset, path) of a job's inputs, or of what it delivered (each = "result")."""

        def work() -> list[tuple[str, str]]:
            if each == "result":
                rows = ArtifactRow.select().where(
                    (ArtifactRow.job == job) & ArtifactRow.delivered.is_null(False)
                )
                return [(row.payload, row.delivered) for row in rows]
            rows = InputRow.select().where((InputRow.job == job) & InputRow.asset.is_null(False))
            return [(row.asset, row.path) for row in rows]

        return await self._db.read(work)

    async def job_state(self, job: str) -> tuple[str, str]:
        """(state, error) of a job; ("", "") when there is none."""

        def work() -> tuple[str, str]:
            row = JobRow.get_or_none(JobRow.id == job)
            if row is None:
                return "", ""
            return row.state, (row.error or {}).get("message") or ""

        return await self._db.read(work)


def _set_result(run: str, action: int, result: Mapping[str, Any]) -> None:
    row = RuleRunRow.get_by_id(run)
    row.results = [*row.results[:action], dict(result)]
    row.save(only=[RuleRunRow.results])


def _insert(run: NewRun) -> bool:
    """Unless this version of the rule has answered this event before."""
    there = (
        RuleRunRow.select()
        .where(
            (RuleRunRow.rule == run.rule)
            & (RuleRunRow.version == run.version)
            & (RuleRunRow.event == run.event)
        )
        .exists()
    )
    if there:
        return False
    RuleRunRow.insert(
        id=run.id, rule=run.rule, version=run.version, event=run.event, state=run.state,
        subjects=[dict(each) for each in run.subjects], depth=run.depth, parent=run.parent, error=run.error,
        at=time.time(), finished_at=None if run.state in OPEN_RUNS else time.time(),
    ).execute()  # fmt: skip
    append(RuleState(run.rule, run.id, run.state, run.event, run.error))
    return True
