from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.jobs.ends import End, Ends
from daemon.kernel.errors import DiskFull
from daemon.library.database import Database
from daemon.library.jobs import Jobs, NewInput, NewJob
from daemon.library.tables import JobRow


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "roadie.db")
    database.open()
    yield database
    database.close()


async def test_an_end_that_is_on_its_way_is_not_told_before_the_rows_it_comes_with(db: Database) -> None:
    jobs = Jobs(db)
    ends = Ends(jobs)
    await jobs.insert(NewJob("j", "stems", {}, {}, "cli", [NewInput("/a")], "h"))
    gate = threading.Event()
    db.submit(gate.wait)
    storing = asyncio.create_task(ends.store("j", End("done")))
    await asyncio.sleep(0.05)
    told = ends.waiting("j")
    gate.set()
    await storing
    assert told is None
    assert (await jobs.get("j")).state == "done"


async def test_an_end_that_was_refused_is_told_and_stored_when_there_is_room(db: Database) -> None:
    jobs = Jobs(db)
    ends = Ends(jobs)
    await jobs.insert(NewJob("j", "stems", {}, {}, "cli", [NewInput("/a")], "h"))
    pages = db.submit(lambda: _limit(1)).result(5)  # SQLite then takes as many as there are, and no more
    end = End("done", warnings=("w" * 100_000,))
    await ends.store("j", end)
    await ends.store("j", End("cancelled"))
    assert ends.waiting("j") == end
    with pytest.raises(DiskFull):
        await ends.store_now("j")
    db.submit(lambda: _limit(pages + 1000)).result(5)
    await ends.store_now("j")
    assert ends.waiting("j") is None
    assert (await jobs.get("j")).state == "done"
    await ends.stop()


def _limit(pages: int) -> int:
    """The most pages the library may have from now on."""
    database = JobRow._meta.database
    return int(database.execute_sql(f"PRAGMA max_page_count={pages}").fetchone()[0])
