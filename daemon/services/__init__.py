"""The use cases: what a bridge, a rule action or the command line may ask for. One small module for each noun."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the command line imports the types beside this and must not pay for the rest
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
    from daemon.services.plugins import PluginsService
    from daemon.services.presses import PressesService
    from daemon.services.projects import ProjectsService
    from daemon.services.recipes import RecipesService
    from daemon.services.rules import RulesService
    from daemon.services.selection import SelectionService
    from daemon.services.sound_map import MapService
    from daemon.services.system import SystemService
    from daemon.services.tags import TagsService
    from daemon.services.uploads import UploadsService
    from daemon.services.watching import WatchingService


@dataclass(frozen=True, slots=True)
class Services:
    """All of them, as the composition root built them; each caller is handed only those it needs."""

    jobs: JobsService
    library: LibraryService
    exports: ExportsService
    tags: TagsService
    learn: LearnService
    alike: AlikeService
    duplicates: DuplicatesService
    map: MapService
    models: ModelsService
    recipes: RecipesService
    system: SystemService
    selection: SelectionService
    uploads: UploadsService
    events: EventsService
    watching: WatchingService
    edits: EditsService
    presses: PressesService
    projects: ProjectsService
    kits: KitsService
    plugins: PluginsService
    chains: ChainsService
    installed: InstalledService
    rules: RulesService
    audition: AuditionService
    browse: BrowseService
    controls: ControlsService
