"""An executor that answers when the test says so, for tests of what surrounds it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from daemon.executors.protocol import LaneStatus, OnBegin, OnProgress, nothing
from daemon.kernel.errors import Cancelled, RoadieError
from daemon.kernel.work import Lane, StepCall, StepResult

Answer = Callable[[StepCall], StepResult | RoadieError | None]
"""None: no answer until `ManualExecutor.finish`."""


class ManualRun:
    def __init__(self, call: StepCall, on_progress: OnProgress, on_begin: OnBegin) -> None:
        self.call = call
        self.on_progress = on_progress
        self.on_begin = on_begin
        self.cancelled = False
        self.future: asyncio.Future[StepResult] = asyncio.get_running_loop().create_future()

    async def result(self) -> StepResult:
        return await asyncio.shield(self.future)

    def cancel(self) -> None:
        self.cancelled = True
        if not self.future.done():
            self.future.set_exception(Cancelled("stopped"))
            self.future.exception()


class ManualExecutor:
    """Keeps every call; answers with `answer` or when told."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.runs: list[ManualRun] = []

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    def submit(self, call: StepCall, on_progress: OnProgress, on_begin: OnBegin = nothing) -> ManualRun:
        run = ManualRun(call, on_progress, on_begin)
        self.runs.append(run)
        self.finish(run, self._answer(call))
        return run

    def finish(self, run: ManualRun, answer: StepResult | RoadieError | None) -> None:
        if isinstance(answer, StepResult):
            run.future.set_result(answer)
        elif answer is not None:
            run.future.set_exception(answer)

    def device(self, lane: Lane) -> tuple[str, str]:
        return "cpu", "a test"

    def pause(self, lane: Lane) -> None: ...

    def resume(self, lane: Lane) -> None: ...

    def lanes(self) -> tuple[LaneStatus, ...]:
        return ()
