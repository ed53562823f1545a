from __future__ import annotations

import asyncio
import sqlite3
import threading
from pathlib import Path

import pytest

from daemon.kernel.errors import DiskError, DiskFull
from daemon.kernel.events import AssetChanged
from daemon.library import events as library_events
from daemon.library.database import Database
from daemon.library.events import EventLog, append
from daemon.library.schema import SCHEMA_VERSION
from daemon.library.state import State
from daemon.library.tables import EventRow, StateRow


async def test_a_failing_write_takes_nothing_else_of_its_batch_with_it(db: Database) -> None:
    gate = threading.Event()
    blocked = db.submit(gate.wait)  # so that the next three share a batch

    def failing() -> None:
        append(AssetChanged("lost"))
        raise ValueError("no")

    futures = [
        db.submit(lambda: append(AssetChanged("a"))),
        db.submit(failing),
        db.submit(lambda: append(AssetChanged("b"))),
    ]
    gate.set()
    blocked.result(5)
    futures[0].result(5)
    futures[2].result(5)
    with pytest.raises(ValueError, match="no"):
        futures[1].result(5)
    assert [event.body["asset"] for event in await EventLog(db).since(0)] == ["a", "b"]


async def test_readers_cannot_write(db: Database) -> None:
    with pytest.raises(Exception, match="readonly"):
        await db.read(lambda: append(AssetChanged("a")))


async def test_what_is_queued_when_closing_is_committed(tmp_path: Path) -> None:
    db = Database(tmp_path / "roadie.db")
    db.open()
    futures = [db.submit(lambda: append(AssetChanged("x"))) for _ in range(50)]
    await asyncio.to_thread(db.close)
    assert all(future.done() and future.exception() is None for future in futures)
    with sqlite3.connect(tmp_path / "roadie.db") as plain:
        assert plain.execute("SELECT count(*) FROM event").fetchone() == (50,)
        assert plain.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_file_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "roadie.db"
    with sqlite3.connect(path) as plain:
        plain.execute(f"PRAGMA user_version={SCHEMA_VERSION + 1}")
    with pytest.raises(DiskError, match="newer roadie"):
        Database(path).open()


def test_a_file_that_is_no_database_says_so(tmp_path: Path) -> None:
    path = tmp_path / "roadie.db"
    path.write_bytes(b"this is a text, not a database" * 100)
    with pytest.raises(DiskError, match=r"roadie\.db: the library cannot be opened"):
        Database(path).open()


async def test_events_are_seen_in_order_and_never_renumbered(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = EventLog(db)
    for name in "abc":
        await db.write(lambda name=name: append(AssetChanged(name)))
    first = await log.since(0)
    assert [event.body["asset"] for event in first] == ["a", "b", "c"]
    assert [event.seq for event in await log.since(first[0].seq)] == [event.seq for event in first[1:]]
    assert await log.latest() == first[-1].seq
    assert await log.oldest() == first[0].seq
    monkeypatch.setattr(library_events, "KEEP", 1)
    assert await log.trim() == 2
    assert await log.oldest() == await log.latest() == first[-1].seq


async def test_commits_are_told(db: Database) -> None:
    told = threading.Event()
    db.on_commit(told.set)
    await State(db).put("x", {"y": [1, 2.5, None]})
    assert told.wait(5)
    assert await State(db).get("x") == {"y": [1, 2.5, None]}
    assert await State(db).get("nothing") is None


async def test_one_who_stops_waiting_stops_neither_the_write_nor_the_writer(db: Database) -> None:
    gate = threading.Event()
    db.submit(gate.wait)
    waiting = asyncio.create_task(db.write(lambda: append(AssetChanged("asked for"))))
    await asyncio.sleep(0.05)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    gate.set()
    await asyncio.wait_for(db.write(lambda: append(AssetChanged("after"))), 5)
    assert [event.body["asset"] for event in await EventLog(db).since(0)] == ["asked for", "after"]


async def test_a_full_disk_fails_a_whole_batch_as_such_and_the_next_one_is_well(db: Database) -> None:
    pages = db.submit(lambda: _limit(1)).result(5)  # SQLite then takes as many as there are, and no more
    gate = threading.Event()
    db.submit(gate.wait)
    futures = [
        db.submit(lambda: append(AssetChanged("a"))),
        db.submit(lambda: append(AssetChanged("b" * 100_000))),
        db.submit(lambda: append(AssetChanged("c"))),
    ]
    gate.set()
    for future in futures:
        with pytest.raises(DiskFull, match="full"):
            future.result(5)
    assert await EventLog(db).since(0) == []
    db.submit(lambda: _limit(pages + 1000)).result(5)
    await db.write(lambda: append(AssetChanged("d")))
    assert [event.body["asset"] for event in await EventLog(db).since(0)] == ["d"]


def _limit(pages: int) -> int:
    """The most pages the library may have from now on."""
    return int(EventRow._meta.database.execute_sql(f"PRAGMA max_page_count={pages}").fetchone()[0])


def test_a_file_of_an_older_roadie_gains_what_came_later_and_keeps_its_rows(tmp_path: Path) -> None:
    """A column and a table of today are taken out of a file, as if they had not been thought of yet."""
    path = tmp_path / "roadie.db"
    first = Database(path)
    first.open()
    first.submit(lambda: append(AssetChanged("kept"))).result(5)
    first.submit(lambda: StateRow.insert(name="selection", value={"path": "/a"}).execute()).result(5)
    first.close()
    with sqlite3.connect(path) as plain:
        plain.execute("ALTER TABLE job DROP COLUMN undoing")
        plain.execute("DROP TABLE collection_asset")
    later = Database(path)
    later.open()
    later.close()
    with sqlite3.connect(path) as plain:
        columns = {row[1] for row in plain.execute("PRAGMA table_info(job)")}
        tables = {row[0] for row in plain.execute("SELECT name FROM sqlite_master WHERE type='table'")}
        assert "undoing" in columns
        assert "collection_asset" in tables
        assert plain.execute("SELECT type FROM event").fetchall() == [("asset.changed",)]
        assert plain.execute("SELECT value FROM state WHERE name = 'selection'").fetchall() == [
            ('{"path":"/a"}',)
        ]
