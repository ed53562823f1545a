"""One step in a worker for a task, without a key: what it makes is looked at and thrown away."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from daemon.executors.protocol import Executor
from daemon.jobs.cache import Cache
from daemon.kernel.work import InputFile, Lane, StepCall, StepResult


class Calls:
    def __init__(self, executor: Executor, cache: Cache) -> None:
        self._executor = executor
        self._cache = cache

    @asynccontextmanager
    async def run(
        self,
        step: str,
        params: Mapping[str, Any],
        lane: Lane,
        on_progress: Callable[[float, str], None],
        inputs: Sequence[InputFile] = (),
    ) -> AsyncIterator[tuple[Path, StepResult]]:
        """(folder of what the step made, its result); the folder goes on leaving. Raises what the step raises."""
        token = secrets.token_hex(8)
        out = await asyncio.to_thread(self._cache.attempt_folder, token)
        running = self._executor.submit(
            StepCall(token, step, tuple(inputs), dict(params), out, lane), on_progress
        )
        try:
            yield out, await running.result()
        finally:
            running.cancel()  # nothing to cancel when it has ended
            await asyncio.to_thread(self._cache.discard, out)
