"""The lanes together, and the task that looks after their workers."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Callable
from typing import Any

from daemon.executors.local.devices import choose_device
from daemon.executors.local.lane import LanePool
from daemon.executors.local.messages import Setup
from daemon.executors.local.process import OnGone, OnReport, WorkerProcess
from daemon.executors.local.running import RunningCall
from daemon.executors.local.settings import ExecutorSettings
from daemon.executors.local.watchdog import Watchdog
from daemon.executors.protocol import LaneStatus, OnBegin, OnProgress, nothing
from daemon.kernel.clock import Clock, SystemClock
from daemon.kernel.errors import Conflict
from daemon.kernel.lifeline import Job
from daemon.kernel.work import Lane, StepCall

PLUGIN_WORKERS = 2  # a chain that stands still must not hold up another
_STOP_LOOK_S = 0.02
_STOP_PATIENCE_S = 1.0


class LocalExecutor:
    """An `Executor` over worker processes, started when there is work and ended when there has been none for a
    while: idle, it is no process and no timer. All of its methods belong to the event loop's thread, which must
    be the one that lives as long as the daemon (on Linux a worker dies with the thread that started it)."""

    def __init__(self, settings: ExecutorSettings, clock: Clock | None = None) -> None:
        self._settings = settings
        self._clock = clock or SystemClock()
        self._watchdog = Watchdog(settings)
        self._serials = itertools.count(1)
        self._job = Job()
        self._pools: dict[Lane, LanePool] = {}
        self._watching: asyncio.Task[None] | None = None
        self._open = False

    async def start(self) -> None:
        heavy = await asyncio.to_thread(choose_device, self._settings.device)
        cpu = ("cpu", "this kind of work runs on the CPU")
        cores = os.cpu_count() or 1
        workers = self._settings.cpu_workers or max(1, cores - 1)
        self._pools = {
            Lane.HEAVY: self._pool(
                Lane.HEAVY, 1, heavy, self._settings.heavy_threads or cores, eased=self._heavy_rests
            ),
            Lane.CPU: self._pool(Lane.CPU, workers, cpu, 1, spare=lambda: self._spare(workers, cores)),
            Lane.PLUGIN: self._pool(Lane.PLUGIN, PLUGIN_WORKERS, cpu, 1),
        }
        self._open = True

    async def stop(self) -> None:
        self._open = False
        for pool in self._pools.values():
            pool.close()
        await self._all_gone()
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
        self._job.close()

    def submit(self, call: StepCall, on_progress: OnProgress, on_begin: OnBegin = nothing) -> RunningCall:
        """Raises Conflict before start() and after stop()."""
        if not self._open:
            raise Conflict("no work is taken: the executor is not running", where=call.step)
        pool = self._pools[call.lane]
        running = RunningCall(next(self._serials), call, on_progress, on_begin, pool.cancel)
        pool.submit(running)
        return running

    def device(self, lane: Lane) -> tuple[str, str]:
        pool = self._pools[lane]
        return pool.device, pool.reason

    def pause(self, lane: Lane) -> None:
        self._pools[lane].pause(True)

    def resume(self, lane: Lane) -> None:
        self._pools[lane].pause(False)

    def lanes(self) -> tuple[LaneStatus, ...]:
        return tuple(pool.status() for pool in self._pools.values())

    async def _all_gone(self) -> None:
        """Wait for the workers, which were told to leave, and kill those that do not."""
        loop = asyncio.get_running_loop()
        patience_s = loop.time() + _STOP_PATIENCE_S
        while slots := [slot for pool in self._pools.values() for slot in pool.slots.values()]:
            if loop.time() >= patience_s:
                for slot in slots:
                    slot.process.kill()
            await asyncio.sleep(_STOP_LOOK_S)

    def _pool(
        self, lane: Lane, size: int, device: tuple[str, str], threads: int, **more: Callable[[], Any]
    ) -> LanePool:
        return LanePool(
            lane,
            size,
            device,
            threads,
            self._spawner(threads),
            self._clock,
            self._settings.cancel_grace_s,
            **more,
        )

    def _spare(self, workers: int, cores: int) -> int:
        """The heavy lane's core is the cpu lane's for as long as nothing separates: one call more at a time."""
        idle = self._settings.lends_core and workers < cores and self._pools[Lane.HEAVY].at_rest
        return 1 if idle else 0

    def _heavy_rests(self) -> None:
        self._pools[Lane.CPU].dispatch()

    def _spawner(self, threads: int) -> Callable[[OnReport, OnGone], WorkerProcess]:
        settings = self._settings
        setup = Setup(settings.steps, settings.engines, settings.warm_engines, settings.low_priority)

        def spawn(on_report: OnReport, on_gone: OnGone) -> WorkerProcess:
            process = WorkerProcess(setup, threads, self._job, on_report, on_gone)
            if self._watching is None or self._watching.done():
                self._watching = asyncio.create_task(self._watch(), name="workers")
            return process

        return spawn

    async def _watch(self) -> None:
        """Look after the workers until there are none."""
        while True:
            await asyncio.sleep(self._settings.tick_s)
            if not any(pool.slots for pool in self._pools.values()):
                return
            self._watchdog.look(self._clock.monotonic(), self._pools.values())
