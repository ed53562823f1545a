"""One lane: a queue of calls, and the workers that take them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from daemon.executors.local.death import cause_of_death, error_of
from daemon.executors.local.messages import Cancel, Failed, Finished, Pause, Progress, Report, Resume, Run
from daemon.executors.local.process import OnGone, OnReport, WorkerProcess
from daemon.executors.local.running import RunningCall
from daemon.executors.protocol import LaneStatus
from daemon.kernel.clock import Clock
from daemon.kernel.errors import RoadieError, WorkerDied
from daemon.kernel.work import Lane

Spawn = Callable[[OnReport, OnGone], WorkerProcess]


@dataclass(slots=True)
class Slot:
    """A worker and what it is doing. since_s: when its call began, last passed a checkpoint, or when it became
    idle. cancel_by_s: when it must have answered a cancel. end: why it was killed, or, without a call, that it
    was told to leave."""

    process: WorkerProcess
    since_s: float
    call: RunningCall | None = None
    warm: tuple[str, ...] = ()
    cancel_by_s: float | None = None
    leave_by_s: float | None = None
    killed_for: RoadieError | None = None

    @property
    def idle(self) -> bool:
        return self.call is None and self.leave_by_s is None


class LanePool:
    """Calls start in the order of submission, as soon as a worker is free.

    A call goes to an idle worker that has its engine warm, else to one with nothing warm, else to a new one, else
    to the one idle for longest. spare: how many workers more than `size` it may have busy just now. eased: called
    when nothing of this lane runs or waits any more.
    """

    def __init__(
        self,
        lane: Lane,
        size: int,
        device: tuple[str, str],
        threads: int,
        spawn: Spawn,
        clock: Clock,
        grace_s: float,
        spare: Callable[[], int] = lambda: 0,
        eased: Callable[[], None] = lambda: None,
    ) -> None:
        self.lane = lane
        self._size = size
        self._spare = spare
        self._eased = eased
        self.device, self.reason = device
        self._threads = threads
        self._spawn = spawn
        self._clock = clock
        self._grace_s = grace_s
        self._waiting: deque[RunningCall] = deque()
        self._paused = False
        self._closed = False
        self.slots: dict[int, Slot] = {}

    @property
    def size(self) -> int:
        """How many of its workers may be busy at this moment."""
        return self._size + self._spare()

    @property
    def at_rest(self) -> bool:
        """Nothing of it runs or waits."""
        return not self._waiting and all(slot.call is None for slot in self.slots.values())

    def submit(self, call: RunningCall) -> None:
        self._waiting.append(call)
        self.dispatch()

    def cancel(self, call: RunningCall) -> None:
        if call in self._waiting:
            self._waiting.remove(call)
            call.fail_cancelled()
            return
        for slot in self.slots.values():
            if slot.call is call:
                slot.cancel_by_s = self._clock.monotonic() + self._grace_s
                slot.process.send(Cancel(call.serial))

    def pause(self, paused: bool) -> None:
        self._paused = paused
        for slot in self.slots.values():
            slot.process.send(Pause() if paused else Resume())
            if slot.call is not None:
                slot.since_s = self._clock.monotonic()  # time spent waiting is not time spent hanging
        self.dispatch()

    def dispatch(self) -> None:
        while self._waiting and not self._paused and not self._closed:
            try:
                slot = self._slot_for(self._waiting[0])
            except OSError as error:  # no memory, no descriptors
                self._waiting.popleft().fail(WorkerDied("no worker could be started", why=error))
                continue
            if slot is None:
                return
            self._give(slot, self._waiting.popleft())

    def close(self) -> None:
        """Nothing starts any more: every call ends as cancelled, every worker is told to leave."""
        self._closed = True
        for call in self._waiting:
            call.fail_cancelled()
        self._waiting.clear()
        for slot in self.slots.values():
            if slot.call is not None:
                slot.call.fail_cancelled()
            self.retire(slot)

    def retire(self, slot: Slot) -> None:
        slot.leave_by_s = self._clock.monotonic() + self._grace_s
        slot.process.leave()

    def kill(self, slot: Slot, reason: RoadieError | None) -> None:
        """End a worker for `reason`, which becomes its call's error; None when the call was cancelled."""
        slot.killed_for = reason
        slot.leave_by_s = self._clock.monotonic()
        slot.process.kill()

    def status(self) -> LaneStatus:
        busy = sum(slot.call is not None for slot in self.slots.values())
        return LaneStatus(
            self.lane,
            self.device,
            self.reason,
            self.size,
            len(self.slots),
            busy,
            len(self._waiting),
            self._paused,
        )

    @property
    def paused(self) -> bool:
        return self._paused

    def _slot_for(self, call: RunningCall) -> Slot | None:
        if sum(slot.call is not None for slot in self.slots.values()) >= self.size:
            return None
        idle = sorted((slot for slot in self.slots.values() if slot.idle), key=lambda slot: slot.since_s)
        fitting = [slot for slot in idle if (call.warm in slot.warm if call.warm else not slot.warm)]
        empty = [slot for slot in idle if not slot.warm]
        for choice in (fitting, empty):
            if choice:
                return choice[-1]  # of several the one used last: its imports and caches are fresh
        if sum(slot.leave_by_s is None for slot in self.slots.values()) < self.size:
            process = self._spawn(self._hear, self._mourn)
            slot = self.slots[process.pid] = Slot(process, self._clock.monotonic())
            return slot
        return idle[0] if idle else None

    def _give(self, slot: Slot, call: RunningCall) -> None:
        slot.call = call
        slot.since_s = self._clock.monotonic()
        slot.process.send(Run(call.serial, call.packed, self.device, self._threads))
        call.on_begin()

    def _hear(self, process: WorkerProcess, report: Report) -> None:
        slot = self.slots[process.pid]
        call = slot.call
        if call is None or call.serial != report.serial:
            return
        slot.since_s = self._clock.monotonic()
        if isinstance(report, Progress):
            if not call.cancelled and not self._closed:
                call.on_progress(report.fraction, report.note)
            return
        slot.warm = report.warm
        slot.call = slot.cancel_by_s = None
        self._settle(slot, call, report)
        self.dispatch()
        self._tell_rest()

    def _settle(self, slot: Slot, call: RunningCall, report: Finished | Failed) -> None:
        if isinstance(report, Finished):
            call.succeed(report.result)
            return
        error = error_of(report.error, call.call.step)
        call.fail(error)
        if error.code == "out_of_memory" and slot.idle:
            self.retire(slot)  # a process that ran out of memory seldom gives it back

    def _mourn(self, process: WorkerProcess) -> None:
        slot = self.slots.pop(process.pid)
        if slot.call is not None and slot.call.cancelled:
            slot.call.fail_cancelled()
        elif slot.call is not None:
            slot.call.fail(slot.killed_for or cause_of_death(process, slot.call.call.step))
        process.close()
        self.dispatch()
        self._tell_rest()

    def _tell_rest(self) -> None:
        if self.at_rest:
            self._eased()
