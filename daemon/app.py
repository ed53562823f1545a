"""The composition root: builds the daemon from its parts, starts them, and stops them in exact reverse."""

from __future__ import annotations

import asyncio
import gc
import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version

from bridges.http.bridge import HttpBridge
from bridges.http.token_file import load_or_create
from bridges.reaper.bridge import ReaperBridge
from daemon.config import Settings
from daemon.executors.local.executor import LocalExecutor
from daemon.executors.protocol import Executor
from daemon.files.intent import Intent
from daemon.jobs.runner import JobRunner
from daemon.kernel.clock import Clock, SystemClock
from daemon.kernel.errors import ErrorInfo
from daemon.kernel.structs import ready_structs
from daemon.kernel.work import StepResult
from daemon.library.database import Database
from daemon.library.retention import Retention
from daemon.logs import logging_to
from daemon.playback.player import Player
from daemon.runtime import Runtime, single_daemon, told_in
from daemon.services import Services
from daemon.services.events import EventsService
from daemon.services.indexes import IndexKeeper
from daemon.services.tidying import Tidying
from daemon.steps.registry import STEPS, spec
from daemon.surfaces import Surfaces
from daemon.wiring.job_work import runner_of
from daemon.wiring.options import executor_settings, http_settings
from daemon.wiring.rule_work import rules_of
from daemon.wiring.stores import recover, stores_of
from daemon.wiring.use_cases import services_of
from daemon.wiring.workshop import Workshop, workshop_of
from rules.keeper import RuleKeeper

BLOCKING_THREADS = 32


async def run_daemon(settings: Settings, ready: Callable[[Runtime], None] | None = None) -> None:
    """Serve until SIGINT or SIGTERM, or until the task is cancelled.

    ready: called once requests are answered. Raises AlreadyRunning when another daemon has the home or the port.
    """
    stopped = asyncio.Event()
    _on_signals(stopped.set)
    with single_daemon(settings.lock_path, settings.runtime_path), logging_to(settings.logs):
        async with running(settings) as runtime:
            if ready is not None:
                ready(runtime)
            # What was imported lives as long as the process. Walked through at every full collection, it would keep
            # requests waiting for a tenth of a second.
            gc.freeze()
            await stopped.wait()


def _on_signals(stop: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        # Windows' loop has no signal handlers: there Ctrl-C ends asyncio.run, which cancels the task.
        with suppress(NotImplementedError):
            loop.add_signal_handler(number, stop)


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Runtime]:
    """A whole daemon for a home whose lock is held; on leaving, everything is stopped again."""
    async with AsyncExitStack() as stack:
        _know_types()
        for folder in (settings.home, settings.work, settings.cache, settings.models):
            folder.mkdir(parents=True, exist_ok=True)
        # Deliveries and fsyncs of several jobs may hold a thread for long; a request must still find a free one.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(BLOCKING_THREADS, "blocking"))
        clock = SystemClock()
        db = Database(settings.database_path)
        db.open()
        stack.callback(db.close)
        executor = LocalExecutor(executor_settings(settings), clock)
        await executor.start()
        stack.push_async_callback(executor.stop)
        player = Player()
        stack.push_async_callback(player.close)
        parts = await _built(settings, db, executor, player, clock)
        await parts.services.jobs.finish_undoing()
        # Runner and bridge begin last and end first: nothing is asked of parts that are not there.
        stack.push_async_callback(parts.shop.pool.close)
        await parts.runner.start(parts.boot)
        stack.push_async_callback(parts.runner.stop)
        await parts.services.watching.start()
        stack.push_async_callback(parts.services.watching.stop)
        await parts.rules.start()
        stack.push_async_callback(parts.rules.stop)
        for upkeep in (parts.shop.evictor.run(), parts.tidying.run(), parts.indexes.run()):
            stack.callback(asyncio.create_task(upkeep).cancel)
        bridge = HttpBridge(parts.services, http_settings(settings), clock)
        host, port = await bridge.start()
        stack.push_async_callback(bridge.stop)
        surfaces = Surfaces(
            parts.services, settings, load_or_create(settings.token_path), version("roadie"), clock
        )
        stack.push_async_callback(surfaces.stop)
        await surfaces.start()
        reaper = ReaperBridge(parts.services.library, parts.services.events, parts.services.installed)
        stack.push_async_callback(reaper.stop)
        await reaper.start()
        runtime = _runtime(settings, host, port, surfaces)
        stack.enter_context(told_in(settings.runtime_path, runtime))
        yield runtime


def _know_types() -> None:
    """What any thread may decode from now on."""
    for name in STEPS:  # with their parameters
        spec(name)
    ready_structs(Intent, ErrorInfo, StepResult)


@dataclass(frozen=True, slots=True)
class _Parts:
    boot: str
    services: Services
    rules: RuleKeeper
    runner: JobRunner
    shop: Workshop
    tidying: Tidying
    indexes: IndexKeeper


async def _built(settings: Settings, db: Database, executor: Executor, player: Player, clock: Clock) -> _Parts:
    boot = secrets.token_hex(8)
    stores = stores_of(settings, db, boot)
    await recover(stores)
    events = EventsService(stores.event_log)
    loop = asyncio.get_running_loop()
    db.on_commit(lambda: _call_soon(loop, events.committed))
    shop = workshop_of(settings, stores, executor)
    runner = runner_of(settings, stores, shop, events.tell, clock)
    services = services_of(settings, stores, shop, runner, events, player, clock)
    rules = rules_of(settings, stores, shop, runner, services, clock)
    tidying = Tidying([stores.event_log.trim, Retention(db).trim, services.uploads.expire])
    indexes = IndexKeeper(stores.search, stores.state, shop.calls, settings.home / "finding")
    return _Parts(boot, services, rules, runner, shop, tidying, indexes)


def _call_soon(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    # The last commits of a stopping daemon come when nobody listens any more.
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(call)


def _runtime(settings: Settings, host: str, port: int, surfaces: Surfaces) -> Runtime:
    return Runtime(
        pid=os.getpid(), version=version("roadie"), home=str(settings.home), http_host=host, http_port=port,
        osc_port=surfaces.osc_port, osc_query_port=surfaces.query_port, token_file=str(settings.token_path),
        command=[sys.executable, "-P", "-m", "daemon.cli", "serve"], warnings=surfaces.warnings,
    )  # fmt: skip
