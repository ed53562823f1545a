"""Reading a file from outside in a worker, once, for an answer rather than for a job."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from daemon.executors.protocol import Executor
from daemon.jobs.cache import Cache
from daemon.kernel.errors import InputRefused, StepFailed, WorkerDied
from daemon.kernel.types import AssetId
from daemon.kernel.work import InputFile, Kind, Lane, StepCall, StepResult

T = TypeVar("T")


class OutsideReader:
    """Runs a step of the cpu lane on one file and hands over what it made; nothing is kept."""

    def __init__(self, executor: Executor, cache: Cache, max_attempts: int) -> None:
        self._executor = executor
        self._cache = cache
        self._max_attempts = max_attempts

    async def read(self, step: str, path: Path, kind: Kind, keep: Callable[[Path, StepResult], T]) -> T:
        """keep: called in a thread with the folder of the step's files, which is gone afterwards.

        Raises InputRefused for what the step says of the file, StepFailed for its other errors, and WorkerDied when
        no attempt got through.
        """
        for attempt in range(1, self._max_attempts + 1):
            token = secrets.token_hex(8)
            out = await asyncio.to_thread(self._cache.attempt_folder, token)
            source = InputFile(path, AssetId(""), kind, path.name)
            running = self._executor.submit(
                StepCall(token, step, (source,), {}, out, Lane.CPU), lambda _fraction, _note: None
            )
            try:
                result = await running.result()
                return await asyncio.to_thread(keep, out, result)
            except StepFailed as error:
                if InputRefused.speaks_of(error.error):
                    raise InputRefused(error.error) from error
                raise
            except WorkerDied:
                if attempt == self._max_attempts:
                    raise
            except asyncio.CancelledError:
                running.cancel()
                raise
            finally:
                await asyncio.to_thread(self._cache.discard, out)
        raise AssertionError("unreachable")
