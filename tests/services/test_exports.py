from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from daemon.files.disk import Disk
from daemon.files.journal import Journal
from daemon.jobs.listen import Listener
from daemon.library.asset_records import FileStat, NewAsset
from daemon.library.assets import Assets
from daemon.library.collections import Collections
from daemon.library.database import Database
from daemon.library.journal import SqliteJournal
from daemon.library.search import Search
from daemon.services.asked import Asked
from daemon.services.exports import Exporter


class SlowDisk(Disk):
    """Waits before it writes its first file."""

    def __init__(self) -> None:
        super().__init__()
        self.writing, self.go_on = threading.Event(), threading.Event()

    def write(self, path: Path, content: Any) -> str:
        self.writing.set()
        assert self.go_on.wait(10)
        return super().write(path, content)


@dataclass
class Context:
    request: Any
    job: str = "job"

    def progress(self, fraction: float, note: str) -> None: ...


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "roadie.db")
    database.open()
    yield database
    database.close()


async def test_a_cancelled_export_has_ended_only_when_it_writes_no_more(db: Database, tmp_path: Path) -> None:
    assets, disk = Assets(db), SlowDisk()
    names = [f"{number}.wav" for number in range(3)]
    for name in names:
        path = tmp_path / name
        path.write_bytes(name.encode())
        await assets.record(NewAsset(name, "source", path, FileStat.of(path)))  # type: ignore[arg-type]
    exporter = Exporter(
        assets,
        Search(db),
        Collections(db),
        Journal(SqliteJournal(db), disk),
        Asked(assets, cast(Listener, None)),
    )
    out = tmp_path / "out"
    task = asyncio.create_task(exporter.run(Context({"folder": str(out), "assets": names, "layout": "{kind}"})))
    assert await asyncio.to_thread(disk.writing.wait, 10)
    task.cancel()
    await asyncio.sleep(0.05)
    assert not task.done(), "a file is being written"
    disk.go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    then = sorted(path.name for path in out.rglob("*") if path.is_file())
    await asyncio.sleep(0.2)
    assert sorted(path.name for path in out.rglob("*") if path.is_file()) == then == ["0.wav"]
