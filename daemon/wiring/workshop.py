"""What works: steps on files, jobs through recipes, and long work without one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bridges.registry import targets
from daemon.config import Settings
from daemon.executors.protocol import Executor
from daemon.jobs.effects import Deliverer
from daemon.jobs.evict import Evictor, free_bytes
from daemon.jobs.listen import Listener
from daemon.jobs.pipeline import Pipeline
from daemon.jobs.prepare import Preparer
from daemon.jobs.reading import OutsideReader
from daemon.jobs.retag import Retagger
from daemon.jobs.runner import JobRunner
from daemon.jobs.runs import RunPool
from daemon.jobs.steps import StepRunner
from daemon.kernel.clock import Clock
from daemon.kernel.events import Event
from daemon.library.alike import Alikes, MapPoints
from daemon.library.deliveries import Deliveries
from daemon.services.alike import AlikeFinder
from daemon.services.asked import Asked
from daemon.services.calls import Calls
from daemon.services.chain_apply import ChainApplier
from daemon.services.chain_runs import ChainRuns
from daemon.services.chain_sounds import Ears
from daemon.services.duplicates import Duplicates
from daemon.services.exports import Exporter
from daemon.services.learn import Learner
from daemon.services.models import Puller
from daemon.services.outputs import Outputs
from daemon.services.placing import Placer
from daemon.services.plugin_scan import PluginScanner
from daemon.services.plugins import SettingsSaver, note_plugins
from daemon.services.projects import ProjectScanner
from daemon.services.scan import Scanner
from daemon.services.sound_map import Mapper
from daemon.services.tags import TagWriter
from daemon.services.vectors_out import VectorsOut
from daemon.steps.spec import Shelves
from daemon.wiring.options import cpu_workers
from daemon.wiring.stores import Stores


@dataclass(frozen=True, slots=True)
class Workshop:
    """Everything that works on jobs, files and sounds. in_use: whether a project uses a file."""

    runner: JobRunner
    pool: RunPool
    preparer: Preparer
    reader: OutsideReader
    listener: Listener
    asked: Asked
    deliverer: Deliverer
    chain_runs: ChainRuns
    placer: Placer
    duplicates: Duplicates
    evictor: Evictor
    in_use: Callable[[Path], bool]


def workshop_of(
    settings: Settings, stores: Stores, executor: Executor, tell: Callable[[Event], None], clock: Clock
) -> Workshop:
    attempts = settings.config.workers.max_attempts
    assets, cache, in_use = stores.assets, stores.cache, stores.projects.uses
    evictor = Evictor(stores.runs, cache, settings.cache_bytes, free_bytes(settings.cache))
    pool = RunPool(stores.runs, cache, executor, attempts, evictor.make_room)
    preparer = Preparer(assets, executor, cache, settings.cache / "peaks", attempts)
    reader = OutsideReader(executor, cache, attempts)
    listener = Listener(executor, cache, stores.models)
    asked = Asked(assets, listener)
    deliverer = Deliverer(stores.journal, Deliveries(stores.db), targets(stores.installations.folders))
    shelves, note = Shelves(settings.chains, settings.plugins), partial(note_plugins, stores.catalogue)
    chain_runs = ChainRuns(pool, preparer, assets, shelves, note)
    ears = Ears(assets, listener, at_once=cpu_workers(settings) + 1)
    placer = Placer(assets, stores.arrivals, stores.journal, targets(), settings.delivery_folder, in_use)
    outputs = Outputs((settings.delivery_folder,), settings.home)
    duplicates = Duplicates(
        stores.search, assets, stores.projects, stores.journal, outputs, settings.delivery_folder
    )
    steps = StepRunner(pool, executor, stores.models, shelves, note)
    calls, heard = Calls(executor, cache), VectorsOut(stores.search, cache)
    retagger = Retagger(assets, executor, cache, stores.journal, attempts)
    tasks = {
        "scan": Scanner(assets, listener, at_once=cpu_workers(settings) + 1).run,
        "export": Exporter(assets, stores.search, stores.collections, stores.journal, asked).run,
        "pull": Puller(stores.models, stores.state).run,
        "write-tags": TagWriter(assets, stores.search, asked, preparer, retagger).run,
        "projects": ProjectScanner(stores.projects, reader).run,
        "plugin-scan": PluginScanner(stores.catalogue, calls, settings.plugin_folders).run,
        "plugin-save": SettingsSaver(stores.catalogue, calls, stores.journal).run,
        "chain-apply": ChainApplier(chain_runs, ears, stores.journal).run,
        "learn": Learner(assets, executor, cache, stores.models).run,
        "near-duplicates": AlikeFinder(stores.search, Alikes(stores.db), calls, heard).run,
        "map": Mapper(MapPoints(stores.db), calls, heard).run,
        "place": placer.run,
        "duplicates": duplicates.run,
    }
    pipeline = Pipeline(stores.jobs, preparer, steps, deliverer)
    runner = JobRunner(stores.jobs, pipeline, tasks, tell, clock)
    return Workshop(
        runner,
        pool,
        preparer,
        reader,
        listener,
        asked,
        deliverer,
        chain_runs,
        placer,
        duplicates,
        evictor,
        in_use,
    )
