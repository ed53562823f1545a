"""Works on the open jobs, oldest first, a few of each kind at a time. From their rows, so a restart changes nothing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import msgspec

from daemon.jobs import graph
from daemon.jobs.effects import Delivery
from daemon.jobs.ends import End, Ends
from daemon.jobs.given import covers
from daemon.jobs.pipeline import Ended, Order, Pipeline
from daemon.jobs.progress import Meter
from daemon.jobs.recipe import Recipe
from daemon.jobs.turns import Turns
from daemon.kernel.clock import Clock
from daemon.kernel.errors import ErrorInfo, RoadieError
from daemon.kernel.events import Event, StepProgress
from daemon.kernel.types import AssetId, Json
from daemon.library.job_records import InputRecord, JobRecord
from daemon.library.jobs import Jobs

log = logging.getLogger(__name__)

INPUTS_AT_ONCE = 4  # of one job: enough to keep every lane busy

Tell = Callable[[Event], None]


class TaskContext(Protocol):
    """What a task may use: long work that is a job but has no recipe (a scan, an export, a model's download)."""

    job: str
    request: Any

    def progress(self, fraction: float, note: str) -> None: ...

    def incomplete(self, error: RoadieError) -> None:
        """A part of it failed: the job is done, and its input is not."""
        ...

    def came_to(self, result: Mapping[str, Json]) -> None:
        """What came of it, in figures: part of the job from its end on, also where it fails after this."""
        ...


Task = Callable[[TaskContext], Awaitable[list[str]]]
"""Does the work again from the start when it is asked again; returns warnings."""


@dataclass(frozen=True, slots=True)
class Live:
    """How far a running job is. eta_s: None while nobody can say."""

    progress: float
    eta_s: float | None
    steps: Mapping[tuple[str, str], float]


class JobRunner:
    """Owns one asyncio task for each open job."""

    def __init__(
        self, jobs: Jobs, pipeline: Pipeline, tasks: Mapping[str, Task], tell: Tell, clock: Clock
    ) -> None:
        self._jobs = jobs
        self._pipeline = pipeline
        self._task_kinds = tasks
        self._tell = tell
        self._clock = clock
        self._ends = Ends(jobs)
        self._turns = Turns(jobs)
        self._working: dict[str, asyncio.Task[None]] = {}
        self._meters: dict[str, Meter] = {}
        self._tasks: dict[str, Live] = {}

    async def start(self, boot: str) -> None:
        """Take over every open job of an earlier life."""
        for job in await self._jobs.claim_open(boot):
            self.begin(job)

    async def stop(self) -> None:
        """Stop working; open jobs stay open and go on at the next start."""
        working = list(self._working.values())
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)
        await self._ends.stop()

    def begin(self, job: str) -> None:
        """Work on a job whose row is stored. Idempotent."""
        before = self._working.get(job)
        if before is not None and not before.done():
            return
        task = asyncio.create_task(self._guarded(job), name=f"job {job}")
        self._working[job] = task
        task.add_done_callback(lambda ended: self._forget(job, ended))

    async def cancel(self, job: str) -> None:
        """Stop a job; runs that others are attached to go on. Nothing more of it is delivered."""
        task = self._working.get(job)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await self._ends.store(job, End("cancelled"))

    def ended(self, job: str) -> End | None:
        """How a job ended whose end could not be stored yet."""
        return self._ends.waiting(job)

    async def store_end(self, job: str) -> None:
        """Store such an end now. Raises DiskError."""
        await self._ends.store_now(job)

    def live(self, job: str) -> Live | None:
        """Progress of a job under way."""
        meter = self._meters.get(job)
        return self._tasks.get(job) if meter is None else Live(meter.progress, meter.eta_s, meter.fractions())

    def _forget(self, job: str, ended: asyncio.Task[None]) -> None:
        if self._working.get(job) is ended:  # not one that was begun since
            del self._working[job]
            self._meters.pop(job, None)
            self._tasks.pop(job, None)

    async def _guarded(self, job: str) -> None:
        async with self._turns.turn(job):
            end = await self._worked(job)
        await self._ends.store(job, end)

    async def _worked(self, job: str) -> End:
        try:
            record = await self._jobs.get(job)
            if not await self._jobs.set_state(job, "running"):
                return End("cancelled")  # it was, before it could begin
            if record.recipe_body is None:
                return await self._run_task(record)
            return await self._run_recipe(record)
        except RoadieError as error:
            return End("failed", error.info())
        except Exception as error:
            log.exception("job %s", job)
            info = ErrorInfo("internal", f"{type(error).__name__}: {error}", hint="Please report this")
            return End("failed", info)

    # ------------------------------------------------------------ recipes

    async def _run_recipe(self, record: JobRecord) -> End:
        order = _order(record)
        recipe = graph.with_cover(order.recipe, 0, None) if order.covers else order.recipe
        steps = [(step.id, step.use) for step in recipe.steps]
        meter = Meter(self._clock, len(record.inputs), steps, self._clock.monotonic())
        self._meters[record.id] = meter
        slots = asyncio.Semaphore(INPUTS_AT_ONCE)

        async def one(each: InputRecord) -> Ended:
            if each.state == "done":
                meter.finish_input(each.id)
                return Ended("done", warnings=list(each.warnings))
            async with slots:
                ended = await self._pipeline.run(order, each, lambda *told: self._told(record.id, meter, *told))
            meter.finish_input(each.id)
            return ended

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one(each)) for each in record.inputs]
        except ExceptionGroup as several:  # what stops the whole job: the library cannot be written, a mistake
            raise several.exceptions[0] from several
        return _end(record, [task.result() for task in tasks])

    def _told(self, job: str, meter: Meter, input_id: str, step: str, fraction: float, note: str) -> None:
        meter.set(input_id, step, fraction)
        if meter.due() or fraction >= 1.0:
            self._tell(StepProgress(job, f"{input_id}.{step}", fraction, meter.progress, meter.eta_s, note))

    # ------------------------------------------------------------ tasks

    async def _run_task(self, record: JobRecord) -> End:
        row = record.inputs[0].id
        rows = await self._jobs.plan_steps(record.id, row, [(record.recipe, record.recipe)])
        step = rows[record.recipe]
        await self._jobs.set_step(step, "running")
        context = _Context(self, record, step, self._clock)
        try:
            warnings = await self._task_kinds[record.recipe](context)
        except RoadieError as error:
            await self._jobs.set_step(step, "failed", error=error.info())
            await self._jobs.set_input(row, "failed", error=error.info())
            return End("failed", error.info(), result=context.result)
        await self._jobs.set_step(step, "done", progress=1.0)
        missing = context.missing
        await self._jobs.set_input(row, "failed" if missing else "done", error=missing)
        return End("done", warnings=tuple(warnings), result=context.result)

    def tell_task(self, job: str, step: str, fraction: float, eta_s: float | None, note: str) -> None:
        self._tasks[job] = Live(fraction, eta_s, {})
        self._tell(StepProgress(job, step, fraction, fraction, eta_s, note))


class _Context:
    """eta_s: at the pace since the first progress beyond nothing; what went quickly before is no measure."""

    def __init__(self, runner: JobRunner, record: JobRecord, step: str, clock: Clock) -> None:
        self.job = record.id
        self.request = record.request
        self._runner = runner
        self._step = step
        self._clock = clock
        self._began: tuple[float, float] | None = None
        self.missing: ErrorInfo | None = None
        self.result: Mapping[str, Json] | None = None

    def incomplete(self, error: RoadieError) -> None:
        self.missing = error.info()

    def came_to(self, result: Mapping[str, Json]) -> None:
        self.result = result

    def progress(self, fraction: float, note: str) -> None:
        self._runner.tell_task(self.job, self._step, fraction, self._eta_s(fraction), note)

    def _eta_s(self, fraction: float) -> float | None:
        now_s = self._clock.monotonic()
        if fraction <= 0 or self._began is None:
            self._began = (now_s, fraction) if fraction > 0 else None
            return None
        began_s, at = self._began
        return None if fraction <= at else (now_s - began_s) * (1 - fraction) / (fraction - at)


def _end(record: JobRecord, ended: Sequence[Ended]) -> End:
    """A job has failed when every input has; one that was done in part tells what failed in its warnings."""
    warnings = [warning for each in ended for warning in each.warnings]
    failed = [
        (each, end.error)
        for each, end in zip(record.inputs, ended, strict=True)
        if end.state == "failed" and end.error is not None
    ]
    if failed and len(failed) == len(ended):
        return End("failed", failed[0][1], tuple(warnings))
    warnings += [f"{Path(each.path).name} failed: {error.message}" for each, error in failed]
    return End("done", None, tuple(warnings))


def _order(record: JobRecord) -> Order:
    """What a stored job asks for, from its row alone."""
    recipe = msgspec.convert(record.recipe_body, Recipe)
    request = record.request
    deliver = request["deliver"]
    shared = {} if request.get("tempo_map") is None else {"tempo_map": request["tempo_map"]}
    delivery = Delivery(
        Path(deliver["folder"]), tuple(deliver["to"]) if deliver.get("to") else None, deliver.get("layout"),
        deliver["container"], deliver["depth"],
    )  # fmt: skip
    recipe = graph.with_encoding(recipe, delivery.container, delivery.depth)
    inputs = record.inputs
    named = {inputs[number].id: AssetId(asset) for number, asset in request.get("assets", ())}
    return Order(record.id, recipe, shared, delivery, covers(inputs), named)
