"""What works on files and sounds: in workers, through the journal, out of the caches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bridges.registry import targets
from daemon.config import Settings
from daemon.executors.protocol import Executor
from daemon.jobs.calls import Calls
from daemon.jobs.effects import Deliverer
from daemon.jobs.evict import Evictor, free_bytes
from daemon.jobs.listen import Listener
from daemon.jobs.prepare import Preparer
from daemon.jobs.reading import OutsideReader
from daemon.jobs.runs import RunPool
from daemon.jobs.steps import StepRunner
from daemon.library.deliveries import Deliveries
from daemon.services.asked import Asked
from daemon.services.chain_runs import ChainRuns
from daemon.services.duplicates import Duplicates
from daemon.services.outputs import Outputs
from daemon.services.placing import Placer
from daemon.services.plugins import note_plugins
from daemon.steps.spec import Shelves
from daemon.wiring.stores import Stores


@dataclass(frozen=True, slots=True)
class Workshop:
    """in_use: whether a project uses a file."""

    executor: Executor
    evictor: Evictor
    pool: RunPool
    calls: Calls
    preparer: Preparer
    reader: OutsideReader
    listener: Listener
    asked: Asked
    deliverer: Deliverer
    steps: StepRunner
    chain_runs: ChainRuns
    placer: Placer
    duplicates: Duplicates
    in_use: Callable[[Path], bool]


def workshop_of(settings: Settings, stores: Stores, executor: Executor) -> Workshop:
    attempts, delivery = settings.config.workers.max_attempts, settings.delivery_folder
    assets, cache, journal, in_use = stores.assets, stores.cache, stores.journal, stores.projects.uses
    evictor = Evictor(stores.runs, cache, settings.cache_bytes, free_bytes(settings.cache))
    pool = RunPool(stores.runs, cache, executor, attempts, evictor.make_room)
    calls = Calls(executor, cache, attempts)
    reader = OutsideReader(calls)
    preparer = Preparer(assets, reader, settings.cache / "peaks")
    listener = Listener(calls, stores.models)
    shelves, note = Shelves(settings.chains, settings.plugins), partial(note_plugins, stores.catalogue)
    return Workshop(
        executor=executor,
        evictor=evictor,
        pool=pool,
        calls=calls,
        preparer=preparer,
        reader=reader,
        listener=listener,
        asked=Asked(assets, listener),
        deliverer=Deliverer(journal, Deliveries(stores.db), targets(stores.installations.folders)),
        steps=StepRunner(pool, executor, stores.models, shelves, note),
        chain_runs=ChainRuns(pool, preparer, assets, shelves, note),
        placer=Placer(assets, stores.arrivals, journal, targets(), delivery, in_use),
        duplicates=Duplicates(stores.search, assets, stores.projects, journal, outputs_of(settings), delivery),
        in_use=in_use,
    )


def outputs_of(settings: Settings) -> Outputs:
    """The folders that may be written into."""
    return Outputs((settings.delivery_folder,), settings.home)
