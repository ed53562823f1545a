"""The composition root: builds the daemon from its parts, starts them, and stops them in exact reverse."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path

from bridges.http.bridge import HttpBridge
from bridges.http.settings import HttpSettings
from bridges.http.token_file import load_or_create
from bridges.reaper.bridge import ReaperBridge
from bridges.registry import targets
from daemon.chains.plugins.catalogue import Catalogue
from daemon.config import Settings
from daemon.executors.local.executor import LocalExecutor
from daemon.executors.local.settings import ExecutorSettings
from daemon.executors.protocol import Executor
from daemon.files.installing import Installations
from daemon.files.journal import Journal
from daemon.jobs.cache import Cache
from daemon.jobs.effects import Deliverer
from daemon.jobs.evict import Evictor, free_bytes
from daemon.jobs.listen import Listener
from daemon.jobs.pipeline import Pipeline
from daemon.jobs.prepare import Preparer
from daemon.jobs.reading import OutsideReader
from daemon.jobs.recipes import Recipes
from daemon.jobs.retag import Retagger
from daemon.jobs.runner import JobRunner
from daemon.jobs.runs import RunPool
from daemon.jobs.steps import StepRunner
from daemon.kernel.clock import Clock, SystemClock
from daemon.library.arrivals import Arrivals
from daemon.library.assets import Assets
from daemon.library.changes import Changes
from daemon.library.collections import Collections
from daemon.library.database import Database
from daemon.library.deliveries import Deliveries
from daemon.library.edits import Edits
from daemon.library.events import EventLog
from daemon.library.jobs import Jobs
from daemon.library.journal import SqliteJournal
from daemon.library.kits import Kits
from daemon.library.projects import Projects
from daemon.library.retention import Retention
from daemon.library.rule_runs import RuleRuns
from daemon.library.runs import Runs
from daemon.library.search import Search
from daemon.library.speeds import Speeds
from daemon.library.state import State
from daemon.logs import logging_to
from daemon.models.store import ModelStore
from daemon.playback.player import Player
from daemon.runtime import Runtime, remove_runtime, single_daemon, write_runtime
from daemon.services import Services
from daemon.services.asked import Asked
from daemon.services.audition import AuditionService
from daemon.services.browse import BrowseService
from daemon.services.calls import Calls
from daemon.services.chain_apply import ChainApplier
from daemon.services.chain_runs import ChainRuns
from daemon.services.chains import ChainsService
from daemon.services.controls import ControlsService
from daemon.services.edits import EditsService
from daemon.services.events import EventsService
from daemon.services.exports import Exporter, ExportsService
from daemon.services.indexes import IndexKeeper
from daemon.services.installed import InstalledService
from daemon.services.jobs import JobsService
from daemon.services.kits import KitsService
from daemon.services.known_files import FilesService
from daemon.services.learn import Learner, LearnService
from daemon.services.library import LibraryService
from daemon.services.models import ModelsService, Puller
from daemon.services.outputs import Outputs
from daemon.services.peaks import Peaks
from daemon.services.placing import Placer, PlacingService
from daemon.services.plugin_scan import PluginScanner
from daemon.services.plugins import PluginsService, SettingsSaver, note_plugins
from daemon.services.projects import ProjectScanner, ProjectsService
from daemon.services.recipes import ChainNames, RecipesService
from daemon.services.rule_work import RuleWork
from daemon.services.rules import RulesService
from daemon.services.scan import Scanner
from daemon.services.selection import SelectionService
from daemon.services.system import SystemService
from daemon.services.tags import TagsService, TagWriter
from daemon.services.tasks import TaskStarter
from daemon.services.tidying import Tidying
from daemon.services.types_projects import ProjectRequest
from daemon.services.uploads import Uploaded, UploadsService
from daemon.services.watching import WatchingService
from daemon.steps.spec import Shelves
from daemon.surfaces import Surfaces
from daemon.watch.intake import Intake
from daemon.watch.places import Role
from daemon.watch.watcher import Watcher, WatchSettings
from rules.build import build as build_rules
from rules.engine import Limits
from rules.keeper import RuleKeeper
from rules.ports import Ports

log = logging.getLogger(__name__)

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
        for folder in (settings.home, settings.work, settings.cache, settings.models):
            folder.mkdir(parents=True, exist_ok=True)
        # Deliveries and fsyncs of several jobs may hold a thread for long; a request must still find a free one.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(BLOCKING_THREADS, "blocking"))
        clock = SystemClock()
        db = Database(settings.database_path)
        db.open()
        stack.callback(db.close)
        executor = LocalExecutor(_executor_settings(settings), clock)
        await executor.start()
        stack.push_async_callback(executor.stop)
        player = Player()
        stack.push_async_callback(player.close)
        parts = await _build(settings, db, executor, player, clock)
        await parts.services.system.restore()
        await parts.services.jobs.finish_undoing()
        # Runner and bridge begin last and end first: nothing is asked of parts that are not there.
        stack.push_async_callback(parts.pool.close)
        await parts.runner.start(parts.boot)
        stack.push_async_callback(parts.runner.stop)
        await parts.services.watching.start()
        stack.push_async_callback(parts.services.watching.stop)
        await parts.rules.start()
        stack.push_async_callback(parts.rules.stop)
        for clearing in (parts.evictor.run(), parts.tidying.run(), parts.indexes.run()):
            stack.callback(asyncio.create_task(clearing).cancel)
        bridge = HttpBridge(parts.services, _http_settings(settings), clock)
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
        write_runtime(settings.runtime_path, runtime)
        stack.callback(remove_runtime, settings.runtime_path, runtime.pid)
        yield runtime


@dataclass(frozen=True, slots=True)
class _Parts:
    boot: str
    services: Services
    rules: RuleKeeper
    pool: RunPool
    runner: JobRunner
    evictor: Evictor
    tidying: Tidying
    indexes: IndexKeeper


async def _build(settings: Settings, db: Database, executor: Executor, player: Player, clock: Clock) -> _Parts:
    boot = secrets.token_hex(8)
    runs, jobs, assets, state = Runs(db, boot), Jobs(db), Assets(db), State(db)
    search, collections = Search(db, settings.home / "finding"), Collections(db)
    projects = Projects(db)
    cache = Cache(settings.cache / "runs", settings.work)
    journal_store = SqliteJournal(db)
    journal = Journal(journal_store, backups=settings.home / "backups")
    await _recover(runs, cache, journal)

    event_log = EventLog(db)
    events = EventsService(event_log)
    loop = asyncio.get_running_loop()
    db.on_commit(lambda: _call_soon(loop, events.committed))

    peaks = settings.cache / "peaks"
    attempts = settings.config.workers.max_attempts
    models = ModelStore(settings.models)
    preparer = Preparer(assets, executor, cache, peaks, attempts)
    evictor = Evictor(runs, cache, settings.cache_bytes, free_bytes(settings.cache))
    pool = RunPool(runs, cache, executor, attempts, evictor.make_room)
    reader = OutsideReader(executor, cache, attempts)
    installations = Installations(settings.installed)
    deliverer = Deliverer(journal, Deliveries(db), targets(installations.folders))
    catalogue, shelves = Catalogue(settings.plugins), Shelves(settings.chains, settings.plugins)
    note = partial(note_plugins, catalogue)
    steps = StepRunner(pool, executor, models, shelves, note)
    calls = Calls(executor, cache)
    chain_runs = ChainRuns(pool, preparer, assets, shelves, note)
    listener = Listener(executor, cache, models)
    scanner = Scanner(assets, listener, at_once=_cpu_workers(settings) + 1)
    asked = Asked(assets, listener)
    exporter = Exporter(assets, search, collections, journal, asked)
    retagger = Retagger(assets, executor, cache, journal, attempts)
    tagger = TagWriter(assets, search, asked, preparer, retagger)
    arrivals = Arrivals(db)
    placer = Placer(assets, arrivals, journal, targets(), settings.delivery_folder, projects.uses)
    tasks = {
        "scan": scanner.run,
        "export": exporter.run,
        "pull": Puller(models, state).run,
        "write-tags": tagger.run,
        "projects": ProjectScanner(projects, reader).run,
        "plugin-scan": PluginScanner(catalogue, calls, settings.plugin_folders).run,
        "plugin-save": SettingsSaver(catalogue, calls, journal).run,
        "chain-apply": ChainApplier(chain_runs, journal).run,
        "learn": Learner(assets, executor, cache, models).run,
        "place": placer.run,
    }
    runner = JobRunner(jobs, Pipeline(jobs, preparer, steps, deliverer), tasks, events.tell, clock)

    outputs = Outputs((settings.delivery_folder,), settings.home)
    starter = TaskStarter(jobs, runner)
    uploaded = Uploaded(settings.uploads / "files", assets, preparer)
    uploads = UploadsService(settings.uploads, uploaded)
    models_service = ModelsService(models, starter, state)
    projects_service = ProjectsService(projects, assets, reader, starter)
    intake = Intake(assets, arrivals, journal_store, listener.one, _read_again(projects_service))
    watcher = Watcher(intake, arrivals, clock, _watch_settings(settings))
    selection = SelectionService(state, assets, executor, events.tell, settings.config.pause_heavy)
    recipes = Recipes(settings.recipes)
    jobs_service = JobsService(
        jobs, assets, recipes, runner, deliverer, outputs, settings.delivery_folder, projects.uses
    )
    library = LibraryService(
        assets, search, collections, jobs, uploaded, starter, asked, Peaks(peaks, preparer), deliverer, projects.uses
    )  # fmt: skip
    kits = KitsService(Kits(db), assets, collections)
    services = Services(
        jobs=jobs_service,
        library=library,
        exports=ExportsService(starter, outputs),
        tags=TagsService(starter),
        learn=LearnService(starter, assets, models),
        models=models_service,
        recipes=RecipesService(recipes),
        system=SystemService(
            version("roadie"), settings.home, _folders(settings), executor, models_service, selection, jobs, state,
            db, clock,
        ),
        selection=selection,
        uploads=uploads,
        events=events,
        installed=InstalledService(installations, journal),
        projects=projects_service,
        kits=kits,
        plugins=PluginsService(catalogue, starter, outputs),
        chains=ChainsService(settings.chains, chain_runs, starter, outputs),
        edits=EditsService(assets, Edits(db), jobs, jobs_service),
        watching=WatchingService(watcher, arrivals, *_watched(settings)),
        rules=RulesService(),
        audition=AuditionService(player, library, jobs_service, kits),
        browse=BrowseService(library, selection),
        controls=ControlsService(state),
    )  # fmt: skip
    rules = _rules(
        settings, services, clock, RuleWork(RuleRuns(db), Changes(db), Speeds(db)),
        FilesService(assets, arrivals, preparer, listener.one, _files_of(projects_service)),
        PlacingService(placer, starter, outputs),
    )  # fmt: skip
    tidying = Tidying([event_log.trim, Retention(db).trim, uploads.expire])
    indexes = IndexKeeper(search, state, executor, cache, settings.home / "finding")
    return _Parts(boot, services, rules, pool, runner, evictor, tidying, indexes)


def _rules(
    settings: Settings, services: Services, clock: Clock, work: RuleWork, files: FilesService, placing: PlacingService
) -> RuleKeeper:  # fmt: skip
    """The rules stand above the services and use them; the service of that name leads to them."""
    ports = Ports(
        jobs=services.jobs, library=services.library, projects=services.projects, recipes=services.recipes,
        placing=placing, events=services.events,
        files=files, watching=services.watching, chains=ChainNames(settings.chains), work=work,
        tags=services.tags, delivery_folder=settings.delivery_folder,
    )  # fmt: skip
    asked = settings.config.rules
    limits = Limits(asked.match == "first", asked.depth, asked.per_minute)
    rules = build_rules(settings.rules, ports, clock, limits)
    services.rules.attach(rules)
    return rules


async def _recover(runs: Runs, cache: Cache, journal: Journal) -> None:
    """What an earlier daemon left half done: claims are freed, attempts removed, open intents decided."""
    freed = await runs.release_orphans()
    if freed:
        log.info("%d runs of an earlier start go on", freed)
    await asyncio.to_thread(cache.sweep, await runs.finished_folders())
    await asyncio.to_thread(journal.reconcile)


def _read_again(projects: ProjectsService) -> Callable[[Path], Awaitable[None]]:
    async def saved(path: Path) -> None:
        await projects.read(ProjectRequest(str(path)))

    return saved


def _files_of(projects: ProjectsService) -> Callable[[Path], Awaitable[list[Path]]]:
    async def files(path: Path) -> list[Path]:
        view = await projects.read(ProjectRequest(str(path)))
        return [Path(file.stands) for file in view.files if file.stands is not None]

    return files


def _call_soon(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    # The last commits of a stopping daemon come when nobody listens any more.
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(call)


def _cpu_workers(settings: Settings) -> int:
    return settings.config.workers.cpu or max(1, (os.cpu_count() or 2) - 1)


def _watch_settings(settings: Settings) -> WatchSettings:
    watch = settings.config.watch
    return WatchSettings(
        settle_s=watch.settle_s, folder_settle_s=watch.folder_settle_s, rescan_s=watch.rescan_s,
        poll_s=watch.poll_s, at_once=2 * _cpu_workers(settings),
    )  # fmt: skip


def _watched(settings: Settings) -> tuple[list[tuple[Path, Role]], list[Path]]:
    """(folder, role) of those that config.toml names, and those of them to be looked at."""
    watch = settings.config.watch
    named = {Role.INBOX: watch.inbox, Role.SAMPLES: watch.samples, Role.PROJECTS: watch.projects}
    fixed = [(_folder(text), role) for role, texts in named.items() for text in texts]
    return fixed, [_folder(text) for text in watch.polling]


def _folder(text: str) -> Path:
    return Path(text).expanduser().absolute()


def _executor_settings(settings: Settings) -> ExecutorSettings:
    workers = settings.config.workers
    return ExecutorSettings(
        cpu_workers=_cpu_workers(settings), lends_core=workers.cpu == 0, device=workers.device,
        keep_alive_s=workers.keep_alive_s, memory_budget_bytes=settings.memory_bytes,
        hang_timeout_s=workers.hang_timeout_s,
    )  # fmt: skip


def _http_settings(settings: Settings) -> HttpSettings:
    http = settings.config.http
    return HttpSettings(
        host=http.host,
        port=http.port,
        token=load_or_create(settings.token_path),
        spool=settings.uploads / "spool",
    )


def _folders(settings: Settings) -> dict[str, list[str]]:
    return {
        "home": [str(settings.home)],
        "delivery": [str(settings.delivery_folder)],
        "roots": [str(root) for root in settings.roots],
    }


def _runtime(settings: Settings, host: str, port: int, surfaces: Surfaces) -> Runtime:
    return Runtime(
        pid=os.getpid(), version=version("roadie"), home=str(settings.home), http_host=host, http_port=port,
        osc_port=surfaces.osc_port, osc_query_port=surfaces.query_port, token_file=str(settings.token_path),
        command=[sys.executable, "-P", "-m", "daemon.cli", "serve"], warnings=surfaces.warnings,
    )  # fmt: skip
