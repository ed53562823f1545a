"""The rule engine, with what its conditions ask and its actions use."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from daemon.config import Settings
from daemon.jobs.runner import JobRunner
from daemon.kernel.clock import Clock
from daemon.library.changes import Changes
from daemon.library.rule_runs import RuleRuns
from daemon.library.speeds import Speeds
from daemon.services import Services
from daemon.services.known_files import FilesService
from daemon.services.placing import PlacingService
from daemon.services.projects import ProjectsService
from daemon.services.recipes import ChainNames
from daemon.services.rule_work import RuleWork
from daemon.services.tasks import TaskStarter
from daemon.services.types_projects import ProjectRequest
from daemon.wiring.stores import Stores
from daemon.wiring.workshop import Workshop, outputs_of
from rules.build import build as build_rules
from rules.engine import Limits
from rules.keeper import RuleKeeper
from rules.ports import Ports


def rules_of(
    settings: Settings, stores: Stores, shop: Workshop, runner: JobRunner, services: Services, clock: Clock
) -> RuleKeeper:
    """The rules stand above the services and use them; the service of that name leads to them."""
    starter = TaskStarter(stores.jobs, runner)
    db = stores.db
    ports = Ports(
        jobs=services.jobs, library=services.library, projects=services.projects, recipes=services.recipes,
        placing=PlacingService(shop.placer, starter, outputs_of(settings)), events=services.events,
        files=FilesService(stores.assets, stores.arrivals, shop.listener.one, _files_of(services.projects)),
        watching=services.watching, chains=ChainNames(settings.chains),
        work=RuleWork(RuleRuns(db), Changes(db), Speeds(db)), tags=services.tags,
        delivery_folder=settings.delivery_folder,
    )  # fmt: skip
    asked = settings.config.rules
    limits = Limits(asked.match == "first", asked.depth, asked.per_minute)
    rules = build_rules(settings.rules, ports, clock, limits)
    services.rules.attach(rules)
    return rules


def _files_of(projects: ProjectsService) -> Callable[[Path], Awaitable[list[Path]]]:
    async def files(path: Path) -> list[Path]:
        view = await projects.read(ProjectRequest(str(path)))
        return [Path(file.stands) for file in view.files if file.stands is not None]

    return files
