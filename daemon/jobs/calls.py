"""One step in a worker, outside a recipe and without a key: what it makes is looked at and thrown away."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from daemon.executors.protocol import Executor, OnProgress
from daemon.jobs.cache import Cache
from daemon.kernel.errors import WorkerDied
from daemon.kernel.types import AssetId
from daemon.kernel.work import EngineChoice, InputFile, Kind, Lane, StepCall, StepResult

T = TypeVar("T")


def unread(path: Path, kind: Kind = Kind.SOURCE) -> InputFile:
    """A file as a step gets it of which nothing is known yet, not even its payload."""
    return InputFile(path, AssetId(""), kind, path.name)


def _unheard(_fraction: float, _note: str) -> None:
    pass


class Calls:
    """max_attempts: as many times `insist` tries."""

    def __init__(self, executor: Executor, cache: Cache, max_attempts: int) -> None:
        self._executor = executor
        self._cache = cache
        self._max_attempts = max_attempts

    @asynccontextmanager
    async def run(
        self,
        step: str,
        inputs: Sequence[InputFile] = (),
        params: Mapping[str, Any] | None = None,
        *,
        lane: Lane = Lane.CPU,
        engine: EngineChoice | None = None,
        on_progress: OnProgress = _unheard,
    ) -> AsyncIterator[tuple[Path, StepResult]]:
        """(folder of what the step made, its result); the folder goes on leaving. Raises what the step raises."""
        async with self.folder() as out:
            call = StepCall(out.name, step, tuple(inputs), dict(params or {}), out, lane, engine)
            running = self._executor.submit(call, on_progress)
            try:
                yield out, await running.result()
            finally:
                running.cancel()  # nothing to cancel when it has ended

    @asynccontextmanager
    async def folder(self) -> AsyncIterator[Path]:
        """A folder for files that are made for a call; it goes on leaving."""
        out = await asyncio.to_thread(self._cache.attempt_folder, secrets.token_hex(8))
        try:
            yield out
        finally:
            await asyncio.to_thread(self._cache.discard, out)

    async def insist(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """`attempt`, made again where its worker died. Raises WorkerDied when no attempt got through."""
        for _ in range(self._max_attempts - 1):
            try:
                return await attempt()
            except WorkerDied:
                continue
        return await attempt()
