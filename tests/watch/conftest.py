"""A watcher on a real disk with real events and a real database. Only reading is simpler: a file is its bytes."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from daemon.files.journal import Journal
from daemon.kernel.clock import SystemClock
from daemon.kernel.errors import InputError, UnreadableAudio
from daemon.kernel.types import AssetId
from daemon.library.arrivals import Arrivals
from daemon.library.asset_records import FileStat, NewAsset
from daemon.library.assets import Assets
from daemon.library.database import Database
from daemon.library.events import EventLog
from daemon.library.journal import SqliteJournal
from daemon.watch.desk import WatchSettings
from daemon.watch.intake import Files, Intake
from daemon.watch.places import Place, Role
from daemon.watch.watcher import Watcher

QUICK = WatchSettings(settle_s=0.3, folder_settle_s=0.8, rescan_s=3600, poll_s=3600, at_once=2)


class Watch:
    """One watched folder, and what came of it."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "Inbox"
        self.root.mkdir(parents=True, exist_ok=True)
        self.db = Database(folder / "roadie.db")
        self.db.open()
        self.assets, self.arrivals, self.log = Assets(self.db), Arrivals(self.db), EventLog(self.db)
        store = SqliteJournal(self.db)
        self.journal = Journal(store)
        self.read: list[str] = []
        self.batches: list[int] = []
        self.projects: list[str] = []
        self.intake = Intake(self.assets, self.arrivals, store, self._read, self._project)
        self.watcher = Watcher(self.intake, self.arrivals, SystemClock(), QUICK)

    async def start(self, settings: WatchSettings = QUICK, polled: bool = False) -> None:
        self.watcher = Watcher(self.intake, self.arrivals, SystemClock(), settings)
        await self.watcher.start([Place(self.root, Role.INBOX, polled, "")])
        await self.until(lambda: self.arrivals.looked_at(self.root))

    async def _read(self, files: Files) -> list[NewAsset | InputError]:
        self.batches.append(len(files))
        return [await self._one(path, stat) for path, stat in files]

    async def _one(self, path: Path, stat: FileStat) -> NewAsset | InputError:
        content = await asyncio.to_thread(path.read_bytes)
        if b"no sound" in content:
            return UnreadableAudio("this is no sound", where=path)
        self.read.append(path.name)
        return NewAsset(AssetId(hashlib.sha256(content).hexdigest()), "source", path, stat)

    async def _project(self, path: Path) -> None:
        self.projects.append(path.name)

    async def events(self, kind: str = "") -> list[dict[str, Any]]:
        stored = [each.body for each in await self.log.since(0, 100_000)]
        return [body for body in stored if not kind or body["type"] == kind]

    async def until(self, condition: Callable[[], Any], timeout_s: float = 15.0) -> None:
        async with asyncio.timeout(timeout_s):
            while not await condition():  # noqa: ASYNC110 - what it waits for is on the disk
                await asyncio.sleep(0.05)

    async def has(self, kind: str, count: int) -> None:
        async def enough() -> bool:
            return len(await self.events(kind)) >= count

        await self.until(enough)

    async def quiet(self) -> None:
        """Until nothing waits, and for a moment longer."""

        async def idle() -> bool:
            return self.watcher.waiting == 0 and self.watcher.arriving == 0

        await asyncio.sleep(1.0)
        await self.until(idle)


@pytest.fixture
async def watch(tmp_path: Path) -> AsyncIterator[Watch]:
    made = Watch(tmp_path)
    yield made
    await made.watcher.stop()
    made.db.close()
