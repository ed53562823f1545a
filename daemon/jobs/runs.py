"""One run in flight for each key: computed once, whoever asks; attached to by others; stopped when nobody waits."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from daemon.executors.protocol import Executor
from daemon.jobs.cache import Cache
from daemon.jobs.uncut import to_its_end
from daemon.kernel.errors import Cancelled, DiskFull, InputError, RoadieError, StepFailed, WorkerDied
from daemon.kernel.work import StepCall, StepResult
from daemon.library.runs import Runs

log = logging.getLogger(__name__)

_OF_THE_FILE = frozenset({InputError.code, *(kind.code for kind in InputError.__subclasses__())})
"""Codes of errors that say something of the file that was read, also when they come from a worker as data."""

OnProgress = Callable[[float, str], None]
Valid = Callable[[], Awaitable[None]]
"""Raises SourceChanged when an input is no longer what the key says."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A run's result with the folder of its files. attempt: 0 when it came from the cache."""

    key: str
    folder: Path
    result: StepResult
    attempt: int


@dataclass(slots=True)
class _Flight:
    """A run under way. listeners: told of its progress, one for each job attached. progress: None until it begins."""

    task: asyncio.Task[Finished]
    listeners: list[OnProgress] = field(default_factory=list)
    progress: tuple[float, str] | None = None


MakeRoom = Callable[[], Awaitable[int]]
"""Removes from the cache what nobody needs, because the disk is full; returns how many runs went."""


async def _no_room() -> int:
    return 0


class RunPool:
    """Hands out results by key: from the cache, from a run in flight, or by running."""

    def __init__(
        self, runs: Runs, cache: Cache, executor: Executor, max_attempts: int, make_room: MakeRoom = _no_room
    ) -> None:
        self._runs = runs
        self._cache = cache
        self._executor = executor
        self._max_attempts = max_attempts
        self._make_room = make_room
        self._flights: dict[str, _Flight] = {}
        self._stopping: set[asyncio.Task[Finished]] = set()

    async def get(self, key: str, call: StepCall, valid: Valid, on_progress: OnProgress) -> Finished:
        """The result for `key`; `call.out` and `call.token` are filled in here. on_progress: from its begin on.

        Raises what the step raised. A caller that is cancelled detaches; the run stops when it was the last.
        """
        while True:
            attached = key in self._flights
            try:
                return await self._attached(key, call, valid, on_progress)
            except RoadieError as error:
                # The run read the file of whoever began it. That one may have changed; ours, equal then, need not have.
                if not attached or error.info().code not in _OF_THE_FILE:
                    raise
                await valid()

    async def _attached(self, key: str, call: StepCall, valid: Valid, on_progress: OnProgress) -> Finished:
        flight = self._flights.get(key)
        if flight is None:
            flight = _Flight(asyncio.create_task(self._find_or_run(key, call, valid), name=f"run {key[:8]}"))
            self._flights[key] = flight
            flight.task.add_done_callback(lambda task: self._landed(key, task))
        flight.listeners.append(on_progress)
        if flight.progress is not None:
            on_progress(*flight.progress)
        try:
            return await asyncio.shield(flight.task)
        except asyncio.CancelledError:
            if flight.task.cancelled():
                raise Cancelled("the run was stopped") from None
            raise
        finally:
            flight.listeners.remove(on_progress)
            if not flight.listeners and not flight.task.done():
                # Whoever asks from now on begins anew, rather than attach to a run that is being stopped.
                self._flights.pop(key, None)
                self._stopping.add(flight.task)
                flight.task.add_done_callback(self._stopping.discard)
                flight.task.cancel()

    async def close(self) -> None:
        """Wait until runs that nobody is attached to any more have stopped."""
        flights = [flight.task for flight in self._flights.values()]
        for task in flights:
            task.cancel()
        await asyncio.gather(*flights, *self._stopping, return_exceptions=True)

    async def _find_or_run(self, key: str, call: StepCall, valid: Valid) -> Finished:
        cached = await self._cached(key)
        if cached is not None:
            return cached
        attempt, made_room = 0, False
        while True:
            attempt += 1
            try:
                return await self._attempt(key, call, valid)
            except (DiskFull, StepFailed) as error:
                if made_room or error.info().code != DiskFull.code or not await self._make_room():
                    raise
                made_room = True
                log.warning("%s: %s; room was made in the cache, trying again", call.step, error)
            except WorkerDied as error:
                if attempt >= self._max_attempts:
                    raise
                log.warning(
                    "%s: %s; trying again (%d of %d)", call.step, error, attempt + 1, self._max_attempts
                )

    async def _cached(self, key: str) -> Finished | None:
        record = await self._runs.finished(key)
        if record is None:
            return None
        result = msgspec.convert(record.result, StepResult)
        if result.provisional:  # it stays for the job that it was made for; whoever asks again tries again
            return None
        names = [file.name for file in result.files]
        if await asyncio.to_thread(self._cache.holds, key, record.token, names):
            return Finished(key, self._cache.folder(key, record.token), result, 0)
        await self._runs.forget(record)
        return None

    async def _attempt(self, key: str, call: StepCall, valid: Valid) -> Finished:
        token = secrets.token_hex(8)
        attempt = await self._runs.claim(key, call.step, token)
        out = await asyncio.to_thread(self._cache.attempt_folder, token)
        running = self._executor.submit(
            replace(call, token=token, out=out),
            lambda fraction, note: self._tell(key, fraction, note),
            lambda: self._tell(key, 0.0, ""),
        )
        try:
            result = await running.result()
            await valid()
            await to_its_end(self._keep(out, key, token, result))
            return Finished(key, self._cache.folder(key, token), result, attempt)
        except asyncio.CancelledError:
            running.cancel()
            await self._runs.give_up(key, token, "cancelled", None)
            raise
        except RoadieError as error:
            await self._runs.give_up(key, token, "failed", error.info())
            raise
        finally:
            await asyncio.to_thread(self._cache.discard, out)

    async def _keep(self, out: Path, key: str, token: str, result: StepResult) -> None:
        """Files into the cache, then the row that says so; without the row no files stay."""
        size = await asyncio.to_thread(self._cache.publish, out, key, token)
        kept = False
        try:
            kept = await self._runs.commit(key, token, msgspec.to_builtins(result), size)
        finally:
            if not kept:
                await asyncio.to_thread(self._cache.remove, key, token)
        if not kept:
            raise Cancelled("another attempt has taken this run over")

    def _landed(self, key: str, task: asyncio.Task[Finished]) -> None:
        flight = self._flights.get(key)
        if flight is not None and flight.task is task:  # not one that was begun anew since
            del self._flights[key]

    def _tell(self, key: str, fraction: float, note: str) -> None:
        flight = self._flights.get(key)
        if flight is None:
            return
        flight.progress = (fraction, note)
        for listener in flight.listeners:
            listener(fraction, note)
