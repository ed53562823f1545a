"""The services, built of stores and workshop."""

from __future__ import annotations

from functools import partial
from importlib.metadata import version
from pathlib import Path

from daemon.config import Settings, store_setting
from daemon.jobs.recipes import Recipes
from daemon.jobs.runner import JobRunner
from daemon.kernel.clock import Clock
from daemon.library.alike import Alikes, MapPoints
from daemon.library.edits import Edits
from daemon.library.kits import Kits
from daemon.library.scope import Scope
from daemon.playback.player import Player
from daemon.services import Services
from daemon.services.alike import AlikeService
from daemon.services.audition import AuditionService
from daemon.services.browse import BrowseService
from daemon.services.chains import ChainsService
from daemon.services.controls import ControlsService
from daemon.services.duplicates import DuplicatesService
from daemon.services.edits import EditsService
from daemon.services.events import EventsService
from daemon.services.exports import ExportsService
from daemon.services.installed import InstalledService
from daemon.services.jobs import JobsService
from daemon.services.kits import KitsService
from daemon.services.learn import LearnService
from daemon.services.library import LibraryService
from daemon.services.models import ModelsService
from daemon.services.peaks import Peaks
from daemon.services.plugins import PluginsService
from daemon.services.presses import PressesService
from daemon.services.projects import ProjectsService
from daemon.services.recipes import RecipesService
from daemon.services.rules import RulesService
from daemon.services.selection import SelectionService
from daemon.services.sound_map import MapService
from daemon.services.system import SystemService
from daemon.services.tags import TagsService
from daemon.services.tasks import TaskStarter
from daemon.services.transport import Transport
from daemon.services.types_projects import ProjectRequest
from daemon.services.uploaded import Uploaded
from daemon.services.uploads import UploadsService
from daemon.services.watching import WatchingService
from daemon.watch.intake import Intake
from daemon.watch.watcher import Watcher
from daemon.wiring.options import folders, watch_settings, watched
from daemon.wiring.stores import Stores
from daemon.wiring.workshop import Workshop, outputs_of


def services_of(
    settings: Settings, stores: Stores, shop: Workshop, runner: JobRunner, events: EventsService, player: Player,
    clock: Clock,
) -> Services:  # fmt: skip
    """The use cases, each with what it needs. The rules are attached later: they stand above the services."""
    assets, collections, state = stores.assets, stores.collections, stores.state
    starter = TaskStarter(stores.jobs, runner)
    outputs = outputs_of(settings)
    uploaded = Uploaded(settings.uploads / "files", assets, stores.jobs, shop.preparer, shop.in_use)
    models = ModelsService(stores.models, starter, state)
    transport = Transport(shop.executor, events.tell, settings.config.pause_heavy)
    selection = SelectionService(state, assets, transport)
    jobs = JobsService(
        stores.jobs, assets, Recipes(settings.recipes), runner, shop.deliverer, outputs, settings.delivery_folder,
        shop.in_use,
    )  # fmt: skip
    library = LibraryService(
        assets, stores.search, collections, stores.jobs, uploaded, starter, shop.asked,
        Peaks(settings.cache / "peaks", shop.preparer), shop.deliverer, shop.in_use,
        Scope(stores.db),
    )  # fmt: skip
    projects = ProjectsService(stores.projects, assets, shop.reader, starter)
    recipes = RecipesService(Recipes(settings.recipes))
    kits = KitsService(Kits(stores.db), assets, collections)
    watcher = _watcher(settings, stores, shop, projects, clock)
    return Services(
        jobs=jobs,
        library=library,
        exports=ExportsService(starter, outputs),
        tags=TagsService(starter),
        learn=LearnService(starter, assets, stores.models),
        alike=AlikeService(starter, Alikes(stores.db)),
        duplicates=DuplicatesService(shop.duplicates, starter, outputs),
        map=MapService(starter, MapPoints(stores.db)),
        models=models,
        recipes=recipes,
        system=SystemService(
            version("roadie"), settings.home, folders(settings), shop.executor, models, selection, stores.jobs,
            partial(store_setting, settings.config_path), stores.db, clock,
        ),
        selection=selection,
        uploads=UploadsService(settings.uploads, uploaded),
        events=events,
        installed=InstalledService(stores.installations, stores.journal),
        presses=PressesService(jobs),
        projects=projects,
        kits=kits,
        plugins=PluginsService(stores.catalogue, starter, outputs),
        chains=ChainsService(settings.chains, shop.chain_runs, starter, outputs),
        edits=EditsService(assets, Edits(stores.db), stores.jobs, jobs),
        watching=WatchingService(watcher, stores.arrivals, *watched(settings), settings.home),
        rules=RulesService(),
        audition=AuditionService(player, library, jobs, kits, events.tell),
        browse=BrowseService(library, selection),
        controls=ControlsService(state, recipes),
    )  # fmt: skip


def _watcher(
    settings: Settings, stores: Stores, shop: Workshop, projects: ProjectsService, clock: Clock
) -> Watcher:
    async def read_again(path: Path) -> None:
        await projects.read(ProjectRequest(str(path)))

    intake = Intake(stores.assets, stores.arrivals, stores.written, shop.listener.each, read_again)
    return Watcher(intake, stores.arrivals, clock, watch_settings(settings))
