from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from daemon.jobs.cache import Cache
from daemon.jobs.evict import KEEP_FREE_BYTES, Evictor
from daemon.library.database import Database
from daemon.library.jobs import Jobs, NewInput, NewJob
from daemon.library.runs import Runs

SIZE = 1000


class Shelf:
    """A cache with three finished runs, "old" the longest unused."""

    def __init__(self, folder: Path, db: Database) -> None:
        self.db = db
        self.runs = Runs(db, "boot")
        self.cache = Cache(folder / "cache", folder / "work")
        self.folders: dict[str, Path] = {}

    async def fill(self) -> None:
        for key in ("old", "middle", "new"):
            out = self.cache.attempt_folder(key)
            (out / "a.wav").write_bytes(b"x" * SIZE)
            await self.runs.claim(key, "separate", key)
            size = self.cache.publish(out, key, key)
            assert size == SIZE
            await self.runs.commit(key, key, {}, size)
            self.folders[key] = self.cache.folder(key, key)

    def left(self) -> list[str]:
        return [key for key, folder in self.folders.items() if folder.exists()]


@pytest.fixture
async def shelf(tmp_path: Path) -> AsyncIterator[Shelf]:
    db = Database(tmp_path / "roadie.db")
    db.open()
    made = Shelf(tmp_path, db)
    await made.fill()
    yield made
    db.close()


async def test_what_fits_stays(shelf: Shelf) -> None:
    assert await Evictor(shelf.runs, shelf.cache, 3 * SIZE).evict() == 0
    assert shelf.left() == ["old", "middle", "new"]


async def test_the_longest_unused_goes_first(shelf: Shelf) -> None:
    await shelf.runs.finished("old")  # used again just now
    assert await Evictor(shelf.runs, shelf.cache, 2 * SIZE).evict() == 1
    assert shelf.left() == ["old", "new"]
    assert await shelf.runs.finished("middle") is None


async def test_what_an_open_job_needs_stays_whatever_its_size(shelf: Shelf) -> None:
    jobs = Jobs(shelf.db)
    await jobs.insert(NewJob("j", "stems", {}, {}, "cli", [NewInput("/a")], "h"))
    rows = await jobs.plan_steps("j", "j.0", [("stems", "separate")])
    await jobs.set_step(rows["stems"], "done", runs=["old"])
    assert await Evictor(shelf.runs, shelf.cache, 0).evict() == 2
    assert shelf.left() == ["old"]
    await jobs.set_state("j", "done")
    assert await Evictor(shelf.runs, shelf.cache, 0).evict() == 1


async def test_at_start_files_of_no_finished_run_are_removed(shelf: Shelf) -> None:
    stray = shelf.cache.folder("stray", "token")
    stray.mkdir(parents=True)
    attempt = shelf.cache.attempt_folder("half-done")
    shelf.cache.sweep(await shelf.runs.finished_folders())
    assert not stray.exists() and not attempt.exists()
    assert shelf.left() == ["old", "middle", "new"]


@pytest.mark.parametrize(
    ("free", "left"),
    [(KEEP_FREE_BYTES, ["old", "middle", "new"]), (KEEP_FREE_BYTES - SIZE - 1, ["new"]), (0, [])],
)
async def test_a_disk_without_room_makes_the_cache_smaller_than_it_may_be(
    shelf: Shelf, free: int, left: list[str]
) -> None:
    await Evictor(shelf.runs, shelf.cache, 10 * SIZE, lambda: free).evict()
    assert shelf.left() == left


async def test_room_for_a_run_that_found_the_disk_full(shelf: Shelf) -> None:
    assert await Evictor(shelf.runs, shelf.cache, 10 * SIZE).make_room() == 2
    assert shelf.left() == ["new"]
