"""Jobs: ask for one, look at it, cancel, retry, undo."""

from __future__ import annotations

import asyncio
import builtins
import hashlib
import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from daemon.files import layout
from daemon.jobs.effects import Deliverer
from daemon.jobs.keys import canonical
from daemon.jobs.recipe import Recipe
from daemon.jobs.recipe_params import convert, with_params
from daemon.jobs.recipes import Recipes
from daemon.jobs.runner import JobRunner, Live
from daemon.kernel.errors import BadParameter, ErrorInfo, RoadieError
from daemon.library.assets import Assets
from daemon.library.job_records import Artifact, InputRecord, JobLine, JobRecord, StepRecord
from daemon.library.jobs import CLOSED, Jobs, NewInput, NewJob
from daemon.services.outputs import Outputs
from daemon.services.paths import absolute, require_one
from daemon.services.types import Page
from daemon.services.types_jobs import (
    ArtifactView,
    ErrorView,
    InputView,
    JobAck,
    JobBrief,
    JobInput,
    JobRequest,
    JobView,
    Kept,
    RegionSpec,
    StepView,
    UndoView,
)

log = logging.getLogger(__name__)

InUse = Callable[[Path], bool]


def new_job_id() -> str:
    """Short enough to type, long enough never to meet another."""
    return secrets.token_hex(5)


class JobsService:
    def __init__(
        self, jobs: Jobs, assets: Assets, recipes: Recipes, runner: JobRunner, deliverer: Deliverer,
        outputs: Outputs, delivery_folder: Path, in_use: InUse,
    ) -> None:  # fmt: skip
        self._jobs = jobs
        self._assets = assets
        self._recipes = recipes
        self._runner = runner
        self._deliverer = deliverer
        self._outputs = outputs
        self._delivery_folder = delivery_folder
        self._in_use = in_use
        # A second undo of the same job must not reach into a retry after the first.
        self._one_undo = asyncio.Lock()

    async def submit(self, request: JobRequest, client: str, *, newest: bool = False) -> tuple[JobAck, bool]:
        """Store a request; (its job, whether it is a new one). No input is opened before this returns. newest: the
        idempotency key is made of the rest of the request, and of the keys that begin so the last is meant.

        Raises BadParameter, BadRecipe, NotFound, Forbidden, and Conflict for a used idempotency key.
        """
        digest = hashlib.sha256(canonical(msgspec.to_builtins(request))).hexdigest()
        try:
            recipe = with_params(await asyncio.to_thread(self._recipes.get, request.recipe), request.params)
            planned = replace(await self.planned(recipe, request, client, digest), newest=newest)
        except RoadieError:
            # What was accepted once is, though its recipe or its folder is not there any more.
            known = await self._jobs.asked_before(client, request.idempotency_key, digest, newest)
            if known is None:
                raise
            return JobAck(*known), False  # type: ignore[arg-type]
        job, state, created = await self._jobs.insert(planned)
        if created:
            self._runner.begin(job)
        return JobAck(job, state), created  # type: ignore[arg-type]

    async def last_key(self, client: str, beginning: str) -> str | None:
        """The last in their order of this client's idempotency keys that begin so, None when none does."""
        return await self._jobs.last_key(client, beginning)

    async def planned(self, recipe: Recipe, request: JobRequest, client: str, digest: str) -> NewJob:
        """The rows of a job that runs `recipe`, whatever the request calls it; not stored yet. digest: of the body.

        Raises BadParameter, NotFound, Forbidden.
        """
        for effect in recipe.effects:
            self._deliverer.check(effect.to)
        body = await self._delivery(request)
        inputs = [await self._input(each) for each in request.inputs]
        body["assets"] = [
            [number, each.asset] for number, each in enumerate(request.inputs) if each.asset is not None
        ]
        return NewJob(
            new_job_id(), recipe.name, msgspec.to_builtins(recipe), body, client, inputs, digest,
            request.idempotency_key,
        )  # fmt: skip

    def begin(self, job: NewJob) -> JobAck:
        """Work on a planned job whose rows are stored."""
        self._runner.begin(job.id)
        return JobAck(job.id, "preparing")

    async def _delivery(self, request: JobRequest) -> dict[str, Any]:
        body: dict[str, Any] = {
            "deliver": {"folder": str(self._delivery_folder), "container": "wav", "depth": "auto"}
        }
        if request.tempo_map is not None:
            shared = {"tempo_map": msgspec.to_builtins(request.tempo_map)}
            convert("midi", shared)
            body |= shared
        asked = request.deliver
        if asked is not None:
            self._deliverer.check(asked.to)
            if asked.layout is not None:
                layout.parse(asked.layout)
            folder = str(self._delivery_folder) if asked.folder is None else asked.folder
            allowed = await asyncio.to_thread(self._outputs.check, folder)
            body["deliver"] = {
                "folder": str(allowed), "to": asked.to, "layout": asked.layout,
                "container": asked.format.container, "depth": asked.format.depth,
            }  # fmt: skip
        return body

    async def _input(self, each: JobInput) -> NewInput:
        require_one(each.path, each.asset, "an input")
        region = None if each.region is None else msgspec.to_builtins(each.region)
        if each.asset is not None:
            asset = await self._assets.get(each.asset)
            if asset.missing:
                raise BadParameter("the file of this asset is missing", where=asset.name)
            return NewInput(asset.paths[0], asset.id, region)
        return NewInput(str(absolute(str(each.path), "an input")), None, region)

    async def get(self, job: str) -> JobView:
        return self._view(await self._jobs.get(job))

    async def list(self, state: str | None, cursor: str | None, limit: int) -> Page[JobView]:
        """Newest first. state: one of the states, or "open"."""
        before = None if cursor is None else _ordinal(cursor)
        records = await self._jobs.page(state, before, limit + 1)
        more = len(records) > limit
        return Page(
            [self._view(each) for each in records[:limit]], str(records[limit - 1].ordinal) if more else None
        )

    async def newest(self, limit: int) -> builtins.list[JobBrief]:
        """How the newest jobs stand, and little else of them: what may be asked often."""
        return [self._brief(each) for each in await self._jobs.newest(limit)]

    async def open(self, also: Sequence[str] = ()) -> builtins.list[JobBrief]:
        """The same of every open job, and of these, oldest first."""
        return [self._brief(each) for each in await self._jobs.open(also)]

    async def cancel(self, job: str) -> JobAck:
        """Stop an open job. One that has ended stays as it is."""
        record = await self._jobs.get(job)
        if record.state not in CLOSED:
            await self._runner.cancel(job)
        return await self._ack(job)

    async def retry(self, job: str) -> JobAck:
        """Do again what failed, was cancelled or was undone; what is done is not computed again."""
        await self._runner.store_end(job)
        await self._jobs.get(job)
        await self._jobs.reopen(job)
        self._runner.begin(job)
        return await self._ack(job)

    async def undo(self, job: str) -> UndoView:
        """Take back what a job wrote; what was changed since, is in use or is not there any more is listed."""
        await self._jobs.get(job)
        async with self._one_undo:
            await self._jobs.begin_undo(job)
            return await self._undo(job)

    async def finish_undoing(self) -> None:
        """At start: undos that an earlier daemon began and did not finish."""
        for job in await self._jobs.half_undone():
            try:
                await self._undo(job)
            except RoadieError as error:
                # Its disk may be away or full: the daemon is there for everything else.
                log.warning("the undo of job %s goes on when it is asked for again: %s", job, error)

    async def _undo(self, job: str) -> UndoView:
        report = await self._deliverer.undo(job, self._in_use)
        removed, gone = [str(path) for path in report.removed], [str(path) for path in report.gone]
        await self._jobs.undone(job, removed + gone, len(removed), len(report.kept))
        kept = [Kept(str(each.path), each.reason) for each in report.kept]
        return UndoView(job, removed, kept, [str(path) for path in report.restored], gone)

    async def _ack(self, job: str) -> JobAck:
        record = self._as_it_is(await self._jobs.get(job))
        return JobAck(job, record.state)  # type: ignore[arg-type]

    def _as_it_is(self, record: JobRecord) -> JobRecord:
        """With its end, also while that cannot be stored."""
        end = self._runner.ended(record.id)
        if end is None:
            return record
        warnings = record.warnings if end.warnings is None else end.warnings
        return replace(record, state=end.state, error=end.error, warnings=warnings)

    def _brief(self, line: JobLine) -> JobBrief:
        end, live = self._runner.ended(line.id), self._runner.live(line.id)
        state, progress = end.state if end else line.state, live.progress if live else line.progress
        return JobBrief(
            line.id, line.recipe, state, progress, line.undone,  # type: ignore[arg-type]
            line.finished_at, line.path, line.inputs,
        )  # fmt: skip

    def _view(self, record: JobRecord) -> JobView:
        record = self._as_it_is(record)
        live = self._runner.live(record.id)
        by_step: dict[str, list[str]] = {}
        for artifact in record.artifacts:
            by_step.setdefault(artifact.step, []).append(artifact.id)
        return JobView(
            id=record.id, recipe=record.recipe, client=record.client, state=record.state,  # type: ignore[arg-type]
            progress=live.progress if live else record.progress, eta_s=live.eta_s if live else None,
            created_at=record.created_at, started_at=record.started_at, finished_at=record.finished_at,
            warnings=list(record.warnings), error=_error(record.error),
            inputs=[_input_view(each) for each in record.inputs],
            steps=[_step_view(each, live, by_step.get(each.id, [])) for each in record.steps],
            artifacts=[_artifact_view(each) for each in record.artifacts], undone=record.undone,
            result=record.result,
        )  # fmt: skip


_CURSOR_DIGITS = 19
"""SQLite counts to 2**63."""


def _ordinal(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdecimal() and len(cursor) < _CURSOR_DIGITS):
        raise BadParameter(f"{cursor!r} is no cursor", hint="Pass the next_cursor of the page before")
    return int(cursor)


def _error(error: ErrorInfo | None) -> ErrorView | None:
    return None if error is None else ErrorView(error.code, error.message, error.where, error.hint)


def _input_view(record: InputRecord) -> InputView:
    region = None if record.region is None else RegionSpec(**record.region)
    return InputView(record.id, record.path, record.asset, region, record.state, _error(record.error))  # type: ignore[arg-type]


def _step_view(record: StepRecord, live: Live | None, artifacts: list[str]) -> StepView:
    progress = live.steps.get((record.input, record.step), record.progress) if live else record.progress
    return StepView(
        id=record.id, step=record.step, use=record.use, input=record.input, state=record.state,  # type: ignore[arg-type]
        progress=progress, attempt=record.attempt, device=record.device, reason=record.reason,
        error=_error(record.error), artifacts=artifacts,
    )  # fmt: skip


def _artifact_view(artifact: Artifact) -> ArtifactView:
    stem, label = artifact.meta.get("stem"), artifact.meta.get("class")
    return ArtifactView(
        id=artifact.id, kind=artifact.kind, name=artifact.name, stem=None if stem is None else str(stem),
        label=None if label is None else str(label), path=artifact.delivered or artifact.path,
        asset=artifact.payload, delivered=artifact.delivered is not None,
    )  # fmt: skip
