"""One recipe step for one input: from the files it is given to the files it made."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from daemon.executors.protocol import Executor
from daemon.jobs.held import Held, Ledger
from daemon.jobs.keys import step_key
from daemon.jobs.prepare import Prepared
from daemon.jobs.recipe import StepEntry
from daemon.jobs.recipe_params import convert
from daemon.jobs.runs import Finished, RunPool
from daemon.kernel.errors import ErrorInfo, StepFailed
from daemon.kernel.types import Json
from daemon.kernel.work import EngineChoice, Kind, Lane, PluginUse, StepCall, StepResult
from daemon.models.store import ModelStore
from daemon.steps import registry
from daemon.steps.spec import Shelves, StepSpec

_PLUGIN_BATCHES_AT_ONCE = 2  # so that what failed too often in the first ones is not tried by all others
NotePlugins = Callable[[Sequence[PluginUse]], None]
"""Told how plug-ins did, in a thread."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a step ended for an input. state: done, skipped (reason says why) or failed (error says why)."""

    state: str
    files: tuple[Held, ...] = ()
    reason: str = ""
    error: ErrorInfo | None = None
    warnings: tuple[str, ...] = ()
    engine: EngineChoice | None = None
    params: dict[str, Json] = field(default_factory=dict)
    runs: tuple[str, ...] = ()
    device: str | None = None
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class Work:
    """A planned step: what will run, by key."""

    spec: StepSpec
    engine: EngineChoice | None
    params: dict[str, Json]
    batches: tuple[tuple[str, tuple[Held, ...], StepCall], ...]


class StepRunner:
    """Plans a step's runs and gets them from the pool."""

    def __init__(
        self, pool: RunPool, executor: Executor, models: ModelStore, shelves: Shelves, note: NotePlugins
    ) -> None:
        self._pool = pool
        self._executor = executor
        self._models = models
        self._shelves = shelves
        self._note = note

    def plan(self, entry: StepEntry, files: Sequence[Held], ledger: Ledger, extra: dict[str, Any]) -> Work:
        """Choose the engine and key the runs. Reads small files; call from a thread. Raises NotInstalled.

        extra: parameters that the request gives for all of its steps (the tempo map), for those that have them.
        """
        spec = registry.spec(entry.use)
        known = {field.encode_name for field in msgspec.structs.fields(spec.params)}
        given = {**{key: value for key, value in extra.items() if key in known}, **entry.params}
        params = convert(entry.use, given, entry.id)
        if spec.resolve is not None:
            params = spec.resolve(params, self._shelves)
        lane, affinity = (spec.lane, "") if spec.place is None else spec.place(params)
        device, _ = self._executor.device(lane)
        engine = None if spec.choose is None else spec.choose(params, self._models, device)
        canonical = msgspec.to_builtins(params)
        seed = int(canonical.get("seed") or 0)
        size = 1 if spec.fan_out else spec.batch or max(1, len(files))
        groups = [tuple(files[start : start + size]) for start in range(0, len(files), size)]
        batches = []
        for group in groups:
            inputs = ledger.inputs(group, spec.reads)
            key = step_key(spec, inputs, canonical, engine, seed)
            call = StepCall("", spec.name, inputs, canonical, Path(), lane, engine, seed, affinity)
            batches.append((key, group, call))
        return Work(spec, engine, canonical, tuple(batches))

    async def run(
        self, entry: StepEntry, work: Work, ledger: Ledger, source: Prepared, row: str,
        on_progress: Callable[[float, str], None],
    ) -> Outcome:  # fmt: skip
        """Get every run of a planned step; several at once where they are independent."""
        shares = [0.0] * len(work.batches)

        def told(index: int, fraction: float, note: str) -> None:
            shares[index] = fraction
            on_progress(sum(shares) / len(shares), note)

        hosted = any(call.lane is Lane.PLUGIN for _, _, call in work.batches)
        slots = asyncio.Semaphore(_PLUGIN_BATCHES_AT_ONCE if hosted else max(1, len(work.batches)))

        async def one(index: int) -> Finished:
            key, _, call = work.batches[index]
            async with slots:
                if hosted:
                    call = await asyncio.to_thread(self._refreshed, work.spec, call)
                run = await self._pool.get(
                    key, call, source.still_there, lambda fraction, note: told(index, fraction, note)
                )
                if run.attempt and run.result.plugins:
                    await asyncio.to_thread(self._note, run.result.plugins)
            return run

        tasks = [asyncio.create_task(one(index)) for index in range(len(work.batches))]
        try:
            finished = await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        failure = next((run.result.failure for run in finished if run.result.failure is not None), None)
        if failure is not None and not any(run.result.files for run in finished):
            raise StepFailed(failure)
        return _collect(entry, work, finished, ledger, row)

    def _refreshed(self, spec: StepSpec, call: StepCall) -> StepCall:
        if spec.refresh is None:
            return call
        params = spec.refresh(msgspec.convert(dict(call.params), spec.params), self._shelves)
        return replace(call, params=msgspec.to_builtins(params))


def _collect(entry: StepEntry, work: Work, finished: Sequence[Finished], ledger: Ledger, row: str) -> Outcome:
    files: list[Held] = []
    warnings: list[str] = []
    for number, (run, (_, group, _)) in enumerate(zip(finished, work.batches, strict=True)):
        for annotation in run.result.annotations:
            ledger.learn(group[annotation.input].id, annotation.meta)
        files.extend(_held(entry, row, number, run, group))
        warnings.extend(run.result.warnings)
    ledger.add(files)
    device, reason = _where(finished, work.engine)
    return Outcome(
        "done", tuple(files), reason, None, tuple(dict.fromkeys(warnings)), work.engine, work.params,
        tuple(run.key for run in finished), device, max((run.attempt for run in finished), default=0),
    )  # fmt: skip


def _held(entry: StepEntry, row: str, number: int, run: Finished, group: Sequence[Held]) -> list[Held]:
    return [
        Held(f"{row}:{number}:{file.name}", entry.id, file.kind, file.name, run.folder / file.name, file.payload,
             group[file.parent].id if group else None, file.meta)
        for file in run.result.files
    ]  # fmt: skip


def _where(finished: Sequence[Finished], engine: EngineChoice | None) -> tuple[str | None, str]:
    results: list[StepResult] = [run.result for run in finished]
    said = [] if engine is None else [f"{engine.engine} {engine.model}".strip(), engine.reason]
    if results:
        said.append(results[0].reason)
    if finished and all(run.attempt == 0 for run in finished):
        said.append("from the cache")
    return (results[0].device if results else None), "; ".join(part for part in said if part)


def accepted(spec: StepSpec, files: Sequence[Held]) -> list[Held]:
    """The files of a kind that the step takes."""
    return [file for file in files if file.kind in spec.accepts]


def describe_nothing(entry: StepEntry, files: Sequence[Held]) -> str:
    """Why a step has nothing to do."""
    kinds = ", ".join(sorted({str(Kind(file.kind)) for file in files}))
    wanted = " or ".join([*(s for s in entry.sources), *entry.only])
    return f"nothing to do: {wanted} gave {kinds or 'no files'}"
