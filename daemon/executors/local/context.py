"""What a running step holds: its folder, its share of the machine, the checkpoint, its engine."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar, cast

from daemon.engines.protocol import Compute, Engine
from daemon.executors.local.messages import Progress, Report, Run, engine_key
from daemon.kernel.errors import BadParameter, Cancelled
from daemon.kernel.work import EngineChoice, StepCall

Load = Callable[[EngineChoice, Compute], Engine]

PROGRESS_INTERVAL_S = 0.05


class Closes(Protocol):
    def close(self) -> None: ...


KeptT = TypeVar("KeptT", bound=Closes)


class Control:
    """What the daemon wants of the call under way. Set by the thread that reads the pipe, looked at by the step."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._cancelled: set[int] = set()
        self._paused = False

    def cancel(self, serial: int) -> None:
        with self._changed:
            self._cancelled.add(serial)
            self._changed.notify_all()

    def pause(self, paused: bool) -> None:
        with self._changed:
            self._paused = paused
            self._changed.notify_all()

    def forget(self, serial: int) -> None:
        with self._changed:
            self._cancelled.discard(serial)

    def pass_or_raise(self, serial: int) -> None:
        """Wait while paused. Raises Cancelled."""
        with self._changed:
            self._changed.wait_for(lambda: not self._paused or serial in self._cancelled)
            if serial in self._cancelled:
                raise Cancelled("the work was cancelled")


class WorkerCheckpoint:
    """A `Checkpoint`. At most one report of progress in 50 ms, however often it is passed."""

    def __init__(self, serial: int, control: Control, send: Callable[[Report], None]) -> None:
        self._serial = serial
        self._control = control
        self._send = send
        self._told_s = float("-inf")

    def __call__(self, fraction: float, note: str = "") -> None:
        self._control.pass_or_raise(self._serial)
        now_s = time.monotonic()
        if now_s - self._told_s >= PROGRESS_INTERVAL_S:
            self._told_s = now_s
            self._send(Progress(self._serial, min(max(float(fraction), 0.0), 1.0), str(note)))


class WarmEngines:
    """Loaded engines, the least recently used given up first."""

    def __init__(self, load: Load, most: int) -> None:
        self._load = load
        self._most = max(1, most)
        self._engines: OrderedDict[tuple[str, Compute], Engine] = OrderedDict()

    def get(self, choice: EngineChoice, compute: Compute) -> Engine:
        key = (engine_key(choice), compute)
        if key not in self._engines:
            self._shrink(self._most - 1)  # before loading: two large models need not be held to have one
            self._engines[key] = self._load_or_make_room(choice, compute)
        self._engines.move_to_end(key)
        return self._engines[key]

    def keys(self) -> tuple[str, ...]:
        return tuple(key for key, _ in self._engines)

    def _shrink(self, most: int) -> None:
        while len(self._engines) > most:
            self._engines.popitem(last=False)

    def _load_or_make_room(self, choice: EngineChoice, compute: Compute) -> Engine:
        try:
            return self._load(choice, compute)
        except MemoryError:
            if not self._engines:
                raise
            self._engines.clear()
            return self._load(choice, compute)


class Kept:
    """What a step left in this worker for the next call of the same affinity: one thing at a time."""

    def __init__(self) -> None:
        self._affinity = ""
        self._thing: Closes | None = None

    def get(self, affinity: str, make: Callable[[], KeptT]) -> KeptT:
        """The thing kept for `affinity`; another one gives way to it."""
        if self._thing is None or affinity != self._affinity:
            self.close()
            self._thing, self._affinity = make(), affinity
        return cast("KeptT", self._thing)

    def keys(self) -> tuple[str, ...]:
        return () if self._thing is None else (self._affinity,)

    def close(self) -> None:
        thing, self._thing = self._thing, None
        if thing is not None:
            thing.close()


class WorkerContext:
    """A `StepContext`."""

    def __init__(
        self, call: StepCall, run: Run, checkpoint: WorkerCheckpoint, warm: WarmEngines, kept: Kept
    ) -> None:
        self.out: Path = call.out
        self.device = run.device
        self.threads = run.threads
        self.seed = call.seed
        self.checkpoint = checkpoint
        self._choice = call.engine
        self._step = call.step
        self._warm = warm
        self._kept = kept
        self._affinity = call.affinity

    def keep(self, make: Callable[[], KeptT]) -> KeptT:
        return self._kept.get(self._affinity, make)

    def engine(self) -> Engine:
        if self._choice is None:
            raise BadParameter("no engine was chosen for this step", where=self._step)
        return self._warm.get(self._choice, Compute(self.device, self.threads))
