"""Reading a file from outside in a worker, once: for an answer, or before it is worked on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from daemon.jobs.calls import Calls, unread
from daemon.kernel.errors import InputRefused, StepFailed
from daemon.kernel.work import Kind, StepResult

T = TypeVar("T")


class OutsideReader:
    """Runs a step of the cpu lane on one file and hands over what it made; nothing is kept."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def read(self, step: str, path: Path, kind: Kind, keep: Callable[[Path, StepResult], T]) -> T:
        """keep: called in a thread with the folder of the step's files, which is gone afterwards.

        Raises InputRefused for what the step says of the file, StepFailed for its other errors, and WorkerDied when
        no attempt got through.
        """

        async def attempt() -> T:
            async with self._calls.run(step, [unread(path, kind)]) as (out, result):
                return await asyncio.to_thread(keep, out, result)

        try:
            return await self._calls.insist(attempt)
        except StepFailed as error:
            if InputRefused.speaks_of(error.error):
                raise InputRefused(error.error) from error
            raise
