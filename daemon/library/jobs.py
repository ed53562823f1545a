"""Jobs, their inputs, steps and artifacts: what was asked for and how far it is."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from peewee import SQL, fn

from daemon.kernel.errors import Conflict, ErrorInfo, NotFound
from daemon.kernel.events import JobArtifact, JobState, JobSubmitted, JobUndone, StepState
from daemon.kernel.types import Json
from daemon.library.database import Database
from daemon.library.events import append
from daemon.library.job_records import Artifact, JobLine, JobRecord, artifact_of, records_of
from daemon.library.rows import Adder, Reader
from daemon.library.tables import ArtifactRow, InputRow, JobRow, StepRow

OPEN = ("preparing", "queued", "running")
CLOSED = ("done", "failed", "cancelled")

_JOB = Reader(JobRow, "WHERE id = ?")
_STANDING = Reader(JobRow, "WHERE id = ?", ("recipe", "state", "progress", "started_at"))
_ASKED_FOR = Reader(JobRow, "WHERE id = ?", ("recipe", "recipe_body"))
_STEP = Reader(StepRow, "WHERE id = ?", ("job", "step", "input", "state", "reason"))
_ASKED = Reader(JobRow, "WHERE client = ? AND idempotency_key = ?", ("id", "state", "body_hash"))
_NEWEST = Reader(
    JobRow, "WHERE client = ? AND idempotency_key >= ? AND idempotency_key < ? ORDER BY idempotency_key DESC LIMIT 1",
    ("id", "state", "idempotency_key"),
)  # fmt: skip
_LAST = Reader(JobRow, "ORDER BY ordinal DESC LIMIT 1", ("ordinal",))
_AFTER_ALL = "\U0010ffff"
_NEW_JOB = Adder(
    JobRow,
    ("id", "recipe", "recipe_body", "request", "client", "idempotency_key", "body_hash", "state", "created_at",
     "ordinal"),
)  # fmt: skip
_NEW_INPUT = Adder(InputRow, ("id", "job", "ordinal", "path", "asset", "region", "state"))
_NEW_ARTIFACT = Adder(
    ArtifactRow, ("id", "job", "input", "step", "ordinal", "kind", "name", "payload", "path", "meta")
)


@dataclass(frozen=True, slots=True)
class NewInput:
    """region: {start_s, length_s} or None."""

    path: str
    asset: str | None = None
    region: Mapping[str, Json] | None = None


@dataclass(frozen=True, slots=True)
class NewJob:
    """recipe_body: the recipe as it was when asked for, so that an edit does not change a job under way. newest: as of
    `asked_before`."""

    id: str
    recipe: str
    recipe_body: Json
    request: Json
    client: str
    inputs: Sequence[NewInput]
    body_hash: str
    idempotency_key: str | None = None
    newest: bool = False


def _wire(error: ErrorInfo | None) -> Any:
    if error is None:
        return None
    return {**error.to_wire(), "traceback": error.traceback}


def asked_before(client: str, key: str | None, body_hash: str, newest: bool) -> tuple[str, str] | None:
    """(job, state) of an earlier request with this key; raises Conflict when its body was another. newest: the key is
    made of the body, and the keys that follow it in their order begin so: the last of them is meant."""
    if key is None:
        return None
    if newest:
        last = _newest(client, key)
        return None if last is None else (last.id, last.state)
    there = _ASKED.first(client, key)
    if there is None:
        return None
    if there.body_hash != body_hash:
        raise Conflict(
            f"the idempotency key {key!r} was used for another request",
            where=there.id, hint="Use a new key for a new request",
        )  # fmt: skip
    return there.id, there.state


def _newest(client: str, beginning: str) -> Any:
    """However many there are, it is one step into the index."""
    return _NEWEST.first(client, beginning, beginning + _AFTER_ALL)


def insert(new: NewJob) -> tuple[str, str, bool]:
    """Store a request; inside a write. Returns (job, state, created).

    An idempotency key belongs to a client: the same body gives the job that is there; another body raises Conflict.
    """
    known = asked_before(new.client, new.idempotency_key, new.body_hash, new.newest)
    if known is not None:
        return *known, False
    last = _LAST.first()
    ordinal = 1 if last is None else last.ordinal + 1
    _NEW_JOB.add(
        new.id, new.recipe, new.recipe_body, new.request, new.client, new.idempotency_key, new.body_hash,
        "preparing", time.time(), ordinal,
    )  # fmt: skip
    for i, each in enumerate(new.inputs):
        _NEW_INPUT.add(f"{new.id}.{i}", new.id, i, each.path, each.asset, each.region, "preparing")
    append(JobSubmitted(new.id, new.recipe, new.client))
    return new.id, "preparing", True


def close_unfinished(job: str, state: str) -> None:
    """Steps and inputs that will not go on, of a job that has ended; inside a write."""
    StepRow.update(state=state).where(
        (StepRow.job == job) & (StepRow.state << ["waiting", "queued", "running"])
    ).execute()
    InputRow.update(state=state).where((InputRow.job == job) & (InputRow.state << list(OPEN))).execute()


def _lines() -> Any:
    """The columns of a JobLine."""
    of_job = InputRow.select().where(InputRow.job == JobRow.id)
    return JobRow.select(
        JobRow.id, JobRow.recipe, JobRow.state, JobRow.progress, JobRow.undone, JobRow.finished_at,
        of_job.select(InputRow.path).order_by(InputRow.ordinal).limit(1), of_job.select(fn.COUNT(InputRow.id)),
    )  # fmt: skip


def _ended(job: str) -> Any:
    """The row of a job that nobody works on; inside a write. Raises Conflict."""
    row = JobRow.get_by_id(job)
    if row.state not in CLOSED:
        raise Conflict("the job is still running", where=job, hint="Cancel it first")
    return row


class Jobs:
    """The rows of jobs. Every change of state is written together with its event."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def insert(self, new: NewJob) -> tuple[str, str, bool]:
        return await self._db.write(lambda: insert(new))

    async def asked_before(
        self, client: str, key: str | None, body_hash: str, newest: bool
    ) -> tuple[str, str] | None:
        """(job, state) of the same request with the same key. Raises Conflict for another body."""
        return await self._db.read(lambda: asked_before(client, key, body_hash, newest))

    async def last_key(self, client: str, beginning: str) -> str | None:
        """The last in their order of this client's idempotency keys that begin so."""
        row = await self._db.read(lambda: _newest(client, beginning))
        return None if row is None else str(row.idempotency_key)

    async def get(self, job: str) -> JobRecord:
        """Raises NotFound."""

        def work() -> JobRecord:
            row = _JOB.first(job)
            if row is None:
                raise NotFound("there is no such job", where=job)
            return records_of([row])[0]

        return await self._db.read(work)

    async def asked_for(self, job: str) -> tuple[str, Json]:
        """(name, body) of its recipe; a task has a name alone. Raises NotFound."""
        row = await self._db.read(lambda: _ASKED_FOR.first(job))
        if row is None:
            raise NotFound("there is no such job", where=job)
        return row.recipe, row.recipe_body

    async def page(self, state: str | None, before: int | None, limit: int) -> list[JobRecord]:
        """Newest first, with steps and artifacts; `before` is the ordinal of the last one seen."""

        def work() -> list[JobRecord]:
            rows = JobRow.select().order_by(JobRow.ordinal.desc()).limit(limit)
            if state is not None:
                rows = rows.where(JobRow.state << (OPEN if state == "open" else [state]))
            if before is not None:
                rows = rows.where(JobRow.ordinal < before)
            return records_of(list(rows))

        return await self._db.read(work)

    async def newest(self, limit: int) -> list[JobLine]:
        """As `page`, of which it reads a small part in a fraction of the time."""
        query = _lines().order_by(JobRow.ordinal.desc()).limit(limit)
        return await self._db.read(lambda: [JobLine(*row) for row in query.tuples()])

    async def open(self, also: Sequence[str] = ()) -> list[JobLine]:
        """Every job that is not finished, and these, oldest first; as little of them as `newest` reads."""
        query = _lines().where((JobRow.state << OPEN) | (JobRow.id << list(also))).order_by(JobRow.ordinal)
        return await self._db.read(lambda: [JobLine(*row) for row in query.tuples()])

    async def open_ids(self) -> list[str]:
        """Jobs that are not finished, oldest first."""
        query = JobRow.select(JobRow.id).where(JobRow.state << OPEN).order_by(JobRow.ordinal)
        return await self._db.read(lambda: [row.id for row in query])

    async def open_inputs(self) -> set[str]:
        """Paths that jobs which are not finished work on."""
        query = InputRow.select(InputRow.path).join(JobRow).where(JobRow.state << OPEN).distinct()
        return await self._db.read(lambda: {row.path for row in query})

    async def count_open(self) -> int:
        return await self._db.read(lambda: JobRow.select().where(JobRow.state << OPEN).count())

    async def claim_open(self, boot: str) -> list[str]:
        """At start: everything that another boot was working on is ours now, and begins again from its rows."""

        def work() -> list[str]:
            JobRow.update(boot=boot).where(JobRow.state << OPEN).execute()
            StepRow.update(state="waiting").where(StepRow.state << ["queued", "running"]).execute()
            return [
                row.id for row in JobRow.select(JobRow.id).where(JobRow.state << OPEN).order_by(JobRow.ordinal)
            ]

        return await self._db.write(work)

    async def set_state(
        self, job: str, state: str, *, progress: float | None = None, error: ErrorInfo | None = None,
        warnings: Sequence[str] | None = None, result: Mapping[str, Json] | None = None,
    ) -> bool:  # fmt: skip
        """False, and nothing changes, for a job that has ended: only `reopen` begins it again."""

        def work() -> bool:
            row = _STANDING.one(job)
            if row.state in CLOSED:
                return False
            reached = row.progress if progress is None else progress
            changes: dict[str, Any] = {"state": state, "progress": reached}
            if state == "running" and row.started_at is None:
                changes["started_at"] = time.time()
            if state in CLOSED:
                changes |= {"finished_at": time.time(), "error": _wire(error), "boot": None}
                close_unfinished(job, "cancelled" if state == "cancelled" else "failed")
            if warnings is not None:
                changes["warnings"] = list(warnings)
            if result is not None:
                changes["result"] = dict(result)
            JobRow.update(**changes).where(JobRow.id == job).execute()
            append(JobState(job, row.recipe, state, reached))
            return True

        return await self._db.write(work)

    async def reopen(self, job: str) -> None:
        """Ask again for what failed, was cancelled or skipped: the model that was missing may be here by now. What is
        done stays so, and answers from the cache.

        Raises Conflict for a job that has not ended or is being undone.
        """

        def work() -> None:
            row = _ended(job)
            if row.undoing:
                raise Conflict("the job is being undone", where=job, hint="Undo it to the end first")
            skipped = StepRow.select(StepRow.input).where((StepRow.job == job) & (StepRow.state == "skipped"))
            again = (InputRow.state != "done") | (InputRow.id << skipped) | row.undone
            InputRow.update(state="preparing", error=None, warnings=[]).where(
                (InputRow.job == job) & again
            ).execute()
            row.state, row.error, row.warnings, row.undone = "queued", None, [], False
            row.result = None
            row.started_at = row.finished_at = None  # how long it took is told of what it does now
            row.save()
            append(JobState(job, row.recipe, "queued", row.progress))

        await self._db.write(work)

    async def set_input(
        self, input_id: str, state: str, *, asset: str | None = None, error: ErrorInfo | None = None,
        warnings: Sequence[str] = (),
    ) -> None:  # fmt: skip
        def work() -> None:
            changes: dict[str, Any] = {"state": state, "error": _wire(error), "warnings": list(warnings)}
            if asset is not None:
                changes["asset"] = asset
            InputRow.update(**changes).where(InputRow.id == input_id).execute()

        await self._db.write(work)

    async def plan_steps(self, job: str, input_id: str, steps: Sequence[tuple[str, str]]) -> dict[str, str]:
        """Make the rows of an input's steps, (step, use) each, unless they are there; returns step -> row id."""
        rows = {step: f"{input_id}.{step}" for step, _ in steps}

        def work() -> None:
            for ordinal, (step, use) in enumerate(steps):
                StepRow.insert(
                    id=rows[step], job=job, input=input_id, ordinal=ordinal, step=step, use=use, state="waiting"
                ).on_conflict_ignore().execute()

        await self._db.write(work)
        return rows

    async def set_step(self, step: str, state: str, **changes: Any) -> None:
        """changes: progress, attempt, device, reason, error (ErrorInfo), runs (keys)."""

        def work() -> None:
            row = _STEP.one(step)
            stored = {"state": state, **changes, "error": _wire(changes.get("error"))}
            StepRow.update(**stored).where(StepRow.id == step).execute()
            if row.state != state:
                reason = changes.get("reason", row.reason)
                append(StepState(row.job, row.step, row.input, state, reason or ""))

        await self._db.write(work)

    async def put_artifacts(
        self, job: str, input_id: str, step: str, artifacts: Sequence[Artifact], *, delivers: bool = True
    ) -> None:
        """What a step made. Run again after a restart or a retry it makes the same artifacts: none is doubled.
        delivers: whether the job delivers something, so that these are not what was asked for yet."""

        def work() -> None:
            there = {row.id for row in ArtifactRow.select(ArtifactRow.id).where(ArtifactRow.step == step)}
            for ordinal, each in enumerate(artifacts):
                if each.id in there:
                    ArtifactRow.update(path=each.path, meta=dict(each.meta)).where(
                        ArtifactRow.id == each.id
                    ).execute()
                    continue
                _NEW_ARTIFACT.add(
                    each.id, job, input_id, step, ordinal, each.kind, each.name, each.payload, each.path,
                    dict(each.meta),
                )  # fmt: skip
                append(JobArtifact(job, each.id, each.kind, each.name, each.path, not delivers))

        await self._db.write(work)

    async def artifacts_learnt(self, more: Mapping[str, Mapping[str, Json]]) -> None:
        """What was found out, by the artifact's id, about what earlier steps had made."""

        ids = list(more)

        def work() -> None:
            for start in range(0, len(ids), 500):
                for row in ArtifactRow.select().where(ArtifactRow.id << ids[start : start + 500]):
                    row.meta = {**row.meta, **more[row.id]}
                    row.save(only=[ArtifactRow.meta])

        if ids:
            await self._db.write(work)

    async def artifacts_of(self, asset: str, job: str | None, stem: str | None, kind: str) -> list[Artifact]:
        """The newest artifacts of a kind made from an asset: a source's own, or, for something that `job` made,
        that job's of the same stem."""

        def work() -> list[Artifact]:
            rows = ArtifactRow.select().join(InputRow).where(ArtifactRow.kind == kind)
            if job is None:
                inputs = InputRow.select(InputRow.job).where(InputRow.asset == asset)
                newest = inputs.order_by(SQL("rowid").desc()).first()
                rows = rows.where((InputRow.asset == asset) & (InputRow.job == (newest and newest.job_id)))
            else:
                rows = rows.where(ArtifactRow.job == job)
            found = [artifact_of(row) for row in rows.order_by(ArtifactRow.ordinal).namedtuples()]
            return [each for each in found if stem is None or each.meta.get("stem", stem) == stem]

        return await self._db.read(work)

    async def begin_undo(self, job: str) -> None:
        """Remember that a job is to be undone, so that a crash in between does not leave it half undone.

        Raises Conflict for a job that has not ended.
        """

        def work() -> None:
            row = _ended(job)
            row.undoing = True
            row.save(only=[JobRow.undoing])

        await self._db.write(work)

    async def half_undone(self) -> list[str]:
        """Jobs whose undo was asked for and has not finished."""
        return await self._db.read(lambda: [row.id for row in JobRow.select(JobRow.id).where(JobRow.undoing)])

    async def undone(self, job: str, gone: Sequence[str], removed: int, kept: int) -> None:
        """A job's deliveries were taken back. gone: paths where they stand no more, removed now or before."""

        def work() -> None:
            JobRow.update(undone=True, undoing=False).where(JobRow.id == job).execute()
            for start in range(0, len(gone), 500):
                part = list(gone[start : start + 500])
                ArtifactRow.update(delivered=None).where(ArtifactRow.delivered << part).execute()
            append(JobUndone(job, removed, kept))

        await self._db.write(work)


def mark_delivered(artifact: str, asset: str, path: str, job: str, kind: str, name: str) -> None:
    """An artifact stands at its final place, as this asset (in the format asked for); inside a write."""
    ArtifactRow.update(delivered=path, payload=asset).where(ArtifactRow.id == artifact).execute()
    append(JobArtifact(job, artifact, kind, name, path, True))
