"""One input of one job, from the file through the recipe's steps to the effects.

It is run from the start after every restart: steps that had finished answer from the cache at once, and what was
delivered is known by the journal. So there is one way through, and recovery is nothing but that way.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from daemon.jobs import graph
from daemon.jobs.effects import Deliverer, Delivery, Shipment
from daemon.jobs.given import Span, cover_of, source_of
from daemon.jobs.held import SOURCE, Held, Ledger, select
from daemon.jobs.prepare import Prepared, Preparer
from daemon.jobs.recipe import Recipe, StepEntry, encoding
from daemon.jobs.steps import Outcome, StepRunner, Work, accepted, describe_nothing
from daemon.kernel.errors import Cancelled, ErrorInfo, InputError, NotInstalled, RoadieError
from daemon.kernel.types import AssetId
from daemon.library.job_records import Artifact, InputRecord
from daemon.library.jobs import Jobs
from daemon.steps import registry

log = logging.getLogger(__name__)

OnStep = Callable[[str, str, float, str], None]
"""(input, step, fraction, note)"""


@dataclass(frozen=True, slots=True)
class Order:
    """What a job asks of each of its inputs.

    shared: parameters for every step that has them (tempo_map). covers: for inputs that are regions of one source,
    all of these regions. named: the assets of inputs that name one, by the input's id.
    """

    job: str
    recipe: Recipe
    shared: Mapping[str, Any]
    delivery: Delivery
    covers: Mapping[str, Sequence[Span]] = field(default_factory=dict)
    named: Mapping[str, AssetId] = field(default_factory=dict)


@dataclass(slots=True)
class Ended:
    """How an input ended. error: what went wrong first; others are in the steps' rows."""

    state: str
    error: ErrorInfo | None = None
    warnings: list[str] = field(default_factory=list)


class Pipeline:
    """Takes inputs through recipes; one for all jobs, without state of its own."""

    def __init__(self, jobs: Jobs, preparer: Preparer, steps: StepRunner, deliverer: Deliverer) -> None:
        self._jobs = jobs
        self._preparer = preparer
        self._steps = steps
        self._deliverer = deliverer

    async def run(self, order: Order, record: InputRecord, on_step: OnStep) -> Ended:
        """Never raises for what is wrong with the input: that is its end, and others go on."""
        try:
            source = await self._source(order, record)
            return await self._with_source(order, record, source, on_step)
        except RoadieError as error:
            ended = Ended("failed", error.info())
        except Exception as error:
            log.exception("input %s", record.path)
            ended = Ended("failed", _unexpected(error))
        await self._jobs.set_input(record.id, ended.state, error=ended.error)
        return ended

    async def _source(self, order: Order, record: InputRecord) -> Prepared:
        if record.id in order.named:
            return await self._preparer.prepare_asset(order.named[record.id], Path(record.path))
        return await self._preparer.prepare(Path(record.path))

    async def _with_source(self, order: Order, record: InputRecord, source: Prepared, on_step: OnStep) -> Ended:
        await self._jobs.set_input(record.id, "running", asset=source.asset)
        given = [source_of(record, source)]
        if record.id in order.covers:
            given.append(cover_of(order.covers[record.id], source))
            order = replace(order, recipe=_cut(order.recipe, *given))
        rows = await self._jobs.plan_steps(
            order.job, record.id, [(step.id, step.use) for step in order.recipe.steps]
        )
        walk = _Walk(self._jobs, self._steps, order, record, source, given, rows, on_step)
        outcomes = await walk.steps()
        if all(outcome.state == "skipped" and _idle(outcome) for outcome in outcomes.values()):
            raise InputError(
                f"nothing in the recipe {order.recipe.name!r} works on this", where=source.path,
                why=f"it is {source.meta.get('container')}",
            )  # fmt: skip
        if record.region is None:
            await self._preparer.learn(source.asset, walk.ledger.learnt(SOURCE))
        await self._jobs.artifacts_learnt(walk.ledger.found_out())
        warnings = _warnings(outcomes, record)
        shipment = Shipment(order.job, order.recipe.name, record.id, source, walk.ledger, outcomes)
        for effect in order.recipe.effects:
            files = walk.gather(effect.sources)
            encoded = outcomes[encoding(effect)]
            await source.still_there()
            await self._deliverer.deliver(shipment, effect, order.delivery, files, encoded.files)
        error = next((outcome.error for outcome in outcomes.values() if outcome.error), None)
        ended = Ended("failed" if error else "done", error, warnings)
        await self._jobs.set_input(record.id, ended.state, error=error, warnings=warnings)
        return ended


class _Walk:
    """The steps of one input, each started when those it waits for have ended."""

    def __init__(
        self, jobs: Jobs, runner: StepRunner, order: Order, record: InputRecord, source: Prepared,
        given: Sequence[Held], rows: Mapping[str, str], on_step: OnStep,
    ) -> None:  # fmt: skip
        self._jobs = jobs
        self._runner = runner
        self._order = order
        self._record = record
        self._source = source
        self._rows = rows
        self._on_step = on_step
        self._tasks: dict[str, asyncio.Task[Outcome]] = {}
        self.ledger = Ledger()
        self._given = {held.step: held for held in given}
        self._given_ids = {held.id for held in given}
        self.ledger.add(given)

    async def steps(self) -> dict[str, Outcome]:
        """Run them all; the first of them to be cancelled cancels the rest."""
        recipe = self._order.recipe
        for entry in recipe.steps:
            self._tasks[entry.id] = asyncio.create_task(self._step(entry), name=f"step {entry.id}")
        try:
            outcomes = await asyncio.gather(*self._tasks.values())
        finally:
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        return dict(zip(self._tasks, outcomes, strict=True))

    def gather(self, sources: tuple[str, ...], only: tuple[str, ...] = ()) -> list[Held]:
        """The files that `from` and `only` name, of steps that have ended."""
        files: list[Held] = []
        for source in sources:
            name = graph.root(source)
            held = (self._given[name],) if name in self._given else self._tasks[name].result().files
            files += select(held, self.ledger, graph.part(source), only)
        return files

    async def _step(self, entry: StepEntry) -> Outcome:
        for name in graph.waits_for(self._order.recipe, entry):
            await self._tasks[name]
        row = self._rows[entry.id]
        outcome = await self._outcome(entry, row)
        made = outcome.files
        if entry.use == "encode":  # the same artifact in another format, unless it is made of what was given
            made = tuple(file for file in made if file.parent in self._given_ids)
        artifacts = [_artifact(file, self._record.id, row) for file in made]
        delivers = bool(self._order.recipe.effects)
        await self._jobs.put_artifacts(self._order.job, self._record.id, row, artifacts, delivers=delivers)
        await self._jobs.set_step(
            row, outcome.state, progress=1.0, reason=outcome.reason or None, error=outcome.error,
            runs=list(outcome.runs), device=outcome.device, attempt=outcome.attempt,
        )  # fmt: skip
        self._on_step(self._record.id, entry.id, 1.0, "")
        return outcome

    async def _outcome(self, entry: StepEntry, row: str) -> Outcome:
        blocked = self._blocked(entry)
        if blocked:
            return Outcome("skipped", reason=blocked)
        given = self.gather(entry.sources, entry.only)
        files = accepted(registry.spec(entry.use), given)
        if not files:
            return Outcome("skipped", reason=describe_nothing(entry, given))
        try:
            work = await asyncio.to_thread(
                self._runner.plan, entry, files, self.ledger, dict(self._order.shared)
            )
            # With its runs, so that what is used from now on is not evicted under it.
            await self._jobs.set_step(row, "queued", reason=None, runs=[key for key, _, _ in work.batches])
            return await self._run(entry, work, row)
        except NotInstalled as error:
            return Outcome("skipped", reason=error.message)
        except (InputError, Cancelled):
            raise  # the input itself: nothing of it can go on
        except RoadieError as error:
            return Outcome("failed", error=error.info(), reason=error.message)
        except Exception as error:
            log.exception("step %s of %s", entry.id, self._record.path)
            return Outcome("failed", error=_unexpected(error), reason=str(error))

    async def _run(self, entry: StepEntry, work: Work, row: str) -> Outcome:
        """A step is `running` once a worker has begun with it; what answers from the cache never is."""
        begun = asyncio.Event()

        def told(fraction: float, note: str) -> None:
            begun.set()
            self._on_step(self._record.id, entry.id, fraction, note)

        async def say() -> None:
            await begun.wait()
            try:
                await self._jobs.set_step(row, "running")
            except Exception:  # it runs all the same
                log.warning("that the step %s runs cannot be stored", row, exc_info=True)

        saying = asyncio.create_task(say())
        try:
            return await self._runner.run(entry, work, self.ledger, self._source, row, told)
        finally:
            saying.cancel()
            await asyncio.gather(saying, return_exceptions=True)

    def _blocked(self, entry: StepEntry) -> str:
        """Why a step cannot have its files: every step that should give them gave none."""
        causes = []
        for source in entry.sources:
            name = graph.root(source)
            if name in self._given:
                return ""
            outcome = self._tasks[name].result()
            if outcome.state == "done":
                return ""
            causes.append(f"{name}, which {'failed' if outcome.state == 'failed' else 'was ' + outcome.state}")
        return "needs " + ", and ".join(causes)


def _cut(recipe: Recipe, source: Held, cover: Held) -> Recipe:
    """The recipe for a region whose source is worked on over several regions at once."""
    assert source.region is not None  # only regions have covers
    assert cover.region is not None
    return graph.with_cover(recipe, source.region.start - cover.region.start, source.region.length)


def _artifact(file: Held, input_id: str, row: str) -> Artifact:
    return Artifact(file.id, input_id, row, file.kind, file.name, file.payload, str(file.path), None, file.own)


def _idle(outcome: Outcome) -> bool:
    """Skipped because there was nothing for it to work on."""
    return outcome.reason.startswith(("needs ", "nothing to do"))


def _warnings(outcomes: Mapping[str, Outcome], record: InputRecord) -> list[str]:
    name = Path(record.path).name
    found = []
    for step, outcome in outcomes.items():
        if outcome.state == "skipped" and not _idle(outcome):
            found.append(f"{name}: {step} was skipped: {outcome.reason}")
        found += [f"{name}: {step}: {warning}" for warning in outcome.warnings]
    return found


def _unexpected(error: Exception) -> ErrorInfo:
    text = "".join(traceback.format_exception(error))
    return ErrorInfo("internal", f"{type(error).__name__}: {error}", hint="Please report this", traceback=text)
