"""What keeps state, and how it is brought in order after a crash."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from daemon.chains.plugins.catalogue import Catalogue
from daemon.config import Settings
from daemon.files.installing import Installations
from daemon.files.journal import Journal
from daemon.jobs.cache import Cache
from daemon.library.arrivals import Arrivals
from daemon.library.assets import Assets
from daemon.library.collections import Collections
from daemon.library.database import Database
from daemon.library.events import EventLog
from daemon.library.jobs import Jobs
from daemon.library.journal import SqliteJournal
from daemon.library.projects import Projects
from daemon.library.runs import Runs
from daemon.library.search import Search
from daemon.library.state import State
from daemon.models.store import ModelStore

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stores:
    """Everything that keeps state: the library's tables, the journal, the caches, the weights."""

    db: Database
    runs: Runs
    jobs: Jobs
    assets: Assets
    state: State
    search: Search
    collections: Collections
    projects: Projects
    arrivals: Arrivals
    event_log: EventLog
    written: SqliteJournal
    journal: Journal
    cache: Cache
    models: ModelStore
    installations: Installations
    catalogue: Catalogue


def stores_of(settings: Settings, db: Database, boot: str) -> Stores:
    """db: open. boot: names this start of the daemon; claims of another are free."""
    written = SqliteJournal(db)
    return Stores(
        db=db, runs=Runs(db, boot), jobs=Jobs(db), assets=Assets(db), state=State(db),
        search=Search(db, settings.home / "finding"), collections=Collections(db), projects=Projects(db),
        arrivals=Arrivals(db), event_log=EventLog(db), written=written,
        journal=Journal(written, backups=settings.home / "backups"),
        cache=Cache(settings.cache / "runs", settings.work), models=ModelStore(settings.models),
        installations=Installations(settings.installed), catalogue=Catalogue(settings.plugins),
    )  # fmt: skip


async def recover(stores: Stores) -> None:
    """What an earlier daemon left half done: claims are freed, attempts removed, open intents decided."""
    freed = await stores.runs.release_orphans()
    if freed:
        log.info("%d runs of an earlier start go on", freed)
    await asyncio.to_thread(stores.cache.sweep, await stores.runs.finished_folders())
    await asyncio.to_thread(stores.journal.reconcile)
