"""Looks at the workers now and then, while there are any: cancels unanswered, hangs, memory, idling."""

from __future__ import annotations

from collections.abc import Iterable

import psutil

from daemon.executors.local.lane import LanePool, Slot
from daemon.executors.local.settings import ExecutorSettings
from daemon.kernel.errors import OutOfMemory, WorkerHung

_MEMORY_INTERVAL_S = 1.0
_SLEPT_S = 30.0
"""A gap between two looks that means that the machine was asleep, or this process stopped."""
_SHARE_OF_MEMORY = 0.85


class Watchdog:
    """`look(now_s)` does all of it; the caller decides when."""

    def __init__(self, settings: ExecutorSettings) -> None:
        self._settings = settings
        self.budget_bytes = settings.memory_budget_bytes or int(
            psutil.virtual_memory().total * _SHARE_OF_MEMORY
        )
        self._looked_s: float | None = None
        self._measured_s = float("-inf")

    def look(self, now_s: float, pools: Iterable[LanePool]) -> None:
        slept = self._looked_s is not None and now_s - self._looked_s > _SLEPT_S
        self._looked_s = now_s
        workers = [(pool, slot) for pool in pools for slot in pool.slots.values()]
        for pool, slot in workers:
            if slept and slot.call is not None:
                slot.since_s = now_s  # nobody hangs while everybody sleeps
            self._end_overdue(now_s, pool, slot)
        busy = any(slot.call is not None for _, slot in workers)
        if busy and now_s - self._measured_s >= _MEMORY_INTERVAL_S:
            self._measured_s = now_s
            self._keep_budget(workers)

    def _end_overdue(self, now_s: float, pool: LanePool, slot: Slot) -> None:
        if slot.leave_by_s is not None:
            if now_s >= slot.leave_by_s:
                slot.process.kill()
        elif slot.call is None:
            if now_s - slot.since_s >= self._settings.keep_alive_s:
                pool.retire(slot)
        elif slot.cancel_by_s is not None:
            if now_s >= slot.cancel_by_s:
                pool.kill(slot, None)
        elif not pool.paused and now_s - slot.since_s >= self._settings.hang_timeout_s:
            pool.kill(slot, self._hung(slot, slot.call.call.step))

    def _hung(self, slot: Slot, step: str) -> WorkerHung:
        error = WorkerHung(
            "the step stood still and was ended", where=step,
            why=f"no sign of life for {self._settings.hang_timeout_s:g} s",
        )  # fmt: skip
        error.add_note(slot.process.tail())
        return error

    def _keep_budget(self, workers: list[tuple[LanePool, Slot]]) -> None:
        """Idle workers give way first, least recently used first; then the largest busy one is ended."""
        used = {slot.process.pid: slot.process.memory_bytes() for _, slot in workers}
        excess = sum(used.values()) - self.budget_bytes
        for pool, slot in sorted(workers, key=lambda worker: worker[1].since_s):
            if excess > 0 and slot.idle:
                excess -= used[slot.process.pid]
                pool.retire(slot)
        busy = [(pool, slot) for pool, slot in workers if slot.call is not None and slot.leave_by_s is None]
        if excess > 0 and busy:
            pool, slot = max(busy, key=lambda worker: used[worker[1].process.pid])
            pool.kill(slot, self._too_much(slot, used))
        for _, slot in busy:
            slot.process.bound_output()

    def _too_much(self, slot: Slot, used: dict[int, int]) -> OutOfMemory:
        step = slot.call.call.step if slot.call is not None else None
        its, everyone = used[slot.process.pid] / 1e6, sum(used.values()) / 1e6
        return OutOfMemory(
            "the step took too much memory and was ended", where=step,
            why=f"{its:.0f} MB, all workers {everyone:.0f} MB, allowed {self.budget_bytes / 1e6:.0f} MB",
        )  # fmt: skip
