"""The runner of jobs: through recipes, and the tasks, which are long work without one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import version

from daemon.config import Settings
from daemon.jobs.pipeline import Pipeline
from daemon.jobs.retag import Retagger
from daemon.jobs.runner import JobRunner, Task
from daemon.kernel.clock import Clock
from daemon.kernel.events import Event
from daemon.library.alike import Alikes, MapPoints
from daemon.library.retelling import Retelling
from daemon.library.unreadable import Unreadable
from daemon.library.written_tags import WrittenTags
from daemon.services.alike import AlikeFinder
from daemon.services.chain_apply import ChainApplier
from daemon.services.chain_sounds import Ears
from daemon.services.exports import Exporter
from daemon.services.hear_again import HearAgain
from daemon.services.learn import Learner
from daemon.services.models import Puller
from daemon.services.plugin_scan import PluginScanner
from daemon.services.plugins import SettingsSaver
from daemon.services.projects import ProjectScanner
from daemon.services.scan import Hearing, Scanner
from daemon.services.sound_map import Mapper
from daemon.services.tags import TagWriter
from daemon.services.vectors_out import VectorsOut
from daemon.steps import registry
from daemon.wiring.options import cpu_workers
from daemon.wiring.stores import Stores
from daemon.wiring.workshop import Workshop


def runner_of(
    settings: Settings, stores: Stores, shop: Workshop, tell: Callable[[Event], None], clock: Clock
) -> JobRunner:
    pipeline = Pipeline(stores.jobs, shop.preparer, shop.steps, shop.deliverer)
    return JobRunner(stores.jobs, pipeline, _tasks(settings, stores, shop), tell, clock)


def _tasks(settings: Settings, stores: Stores, shop: Workshop) -> Mapping[str, Task]:
    """By the name that a stored job calls each."""
    db, assets, search, journal = stores.db, stores.assets, stores.search, stores.journal
    calls, listener = shop.calls, shop.listener
    heard = VectorsOut(search, stores.cache)
    written = WrittenTags(db)
    retagger = Retagger(assets, written, calls, journal)
    at_once = cpu_workers(settings) + 1  # a batch waits for every worker that is free
    unreadable = Unreadable(db, f"roadie {version('roadie')}, hear {registry.spec('hear').version}")
    hearing = Hearing(assets, listener, unreadable, at_once)
    again = HearAgain(Retelling(db), listener, hearing)
    learner = Learner(assets, calls, stores.models, again)
    return {
        "scan": Scanner(assets, listener, unreadable, at_once).run,
        "export": Exporter(assets, search, stores.collections, journal, shop.asked).run,
        "pull": Puller(stores.models, stores.state).run,
        "write-tags": TagWriter(assets, search, shop.asked, listener.one, retagger, written).run,
        "projects": ProjectScanner(stores.projects, shop.reader).run,
        "plugin-scan": PluginScanner(stores.catalogue, calls, settings.plugin_folders).run,
        "plugin-save": SettingsSaver(stores.catalogue, calls, journal).run,
        "chain-apply": ChainApplier(shop.chain_runs, Ears(assets, hearing), journal).run,
        "learn": learner.run,
        "forget": learner.forgotten,
        "near-duplicates": AlikeFinder(search, Alikes(db), calls, heard).run,
        "map": Mapper(MapPoints(db), calls, heard).run,
        "place": shop.placer.run,
        "duplicates": shop.duplicates.run,
    }
