"""One call, waiting or under way."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Callable

from daemon.executors.local.messages import engine_key
from daemon.executors.protocol import OnBegin, OnProgress
from daemon.kernel.errors import Cancelled, RoadieError
from daemon.kernel.work import StepCall, StepResult


class RunningCall:
    """A `Running`. on_cancel: what the lane does about it. Raises what pickle raises for a call that is not data."""

    def __init__(
        self,
        serial: int,
        call: StepCall,
        on_progress: OnProgress,
        on_begin: OnBegin,
        on_cancel: Callable[[RunningCall], None],
    ) -> None:
        self.serial = serial
        self.call = call
        self.packed = pickle.dumps(call)
        self.warm = (call.affinity or None) if call.engine is None else engine_key(call.engine)
        self.on_progress = on_progress
        self.on_begin = on_begin
        self.cancelled = False
        self._on_cancel = on_cancel
        self._outcome: asyncio.Future[StepResult] = asyncio.get_running_loop().create_future()

    async def result(self) -> StepResult:
        # Shielded, so that a waiter that gives up does not take the result from the others.
        return await asyncio.shield(self._outcome)

    def cancel(self) -> None:
        if self.cancelled or self._outcome.done():
            return
        self.cancelled = True
        self._on_cancel(self)

    def succeed(self, result: StepResult) -> None:
        if not self._outcome.done():
            self._outcome.set_result(result)

    def fail(self, error: RoadieError) -> None:
        if not self._outcome.done():
            self._outcome.set_exception(error)
            self._outcome.exception()  # seen: a call nobody waits for is no cause for a complaint

    def fail_cancelled(self) -> None:
        self.fail(Cancelled("the work was cancelled", where=self.call.step))
