"""Whose words stand in a file is remembered with the file, wherever it goes."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from daemon.kernel.types import AssetId
from daemon.library.arrivals import Arrivals
from daemon.library.asset_records import FileStat, NewAsset
from daemon.library.assets import Assets
from daemon.library.database import Database
from daemon.library.deliveries import Deliveries
from daemon.library.written_tags import WrittenTags

SOUND = AssetId("sound")


class Shelf:
    """Files that hold one sound, and what roadie wrote into them."""

    def __init__(self, db: Database, folder: Path) -> None:
        self.assets, self.arrivals, self.written = Assets(db), Arrivals(db), WrittenTags(db)
        self.deliveries = Deliveries(db)
        self._folder = folder

    async def known(self, name: str) -> Path:
        path = self._folder / name
        if not path.exists():
            path.write_text(name)
        await self.assets.record(NewAsset(SOUND, "source", path, FileStat.of(path)))
        return path

    async def write(self, path: Path, genre: str, job: str) -> None:
        own: dict[str, Any] = {"facts": ["genre"], "texts": {"INFO IGNR": genre}}
        await self.written.put(SOUND, path, job, own, f"sha of {genre}")

    async def genre(self, path: Path) -> str | None:
        own: Any = (await self.written.of(SOUND, path, "now"))[0]
        return own["texts"]["INFO IGNR"] if own else None


@pytest.fixture
def shelf(db: Database, tmp_path: Path) -> Shelf:
    return Shelf(db, tmp_path)


async def test_a_file_that_roadie_moved_and_moved_back(shelf: Shelf, tmp_path: Path) -> None:
    path, after = await shelf.known("a.wav"), tmp_path / "b.wav"
    await shelf.write(path, "kick", "first")
    stat = FileStat.of(path)
    path.rename(after)
    await shelf.arrivals.follow(path, after, stat, "job")
    assert (await shelf.genre(after), await shelf.genre(path)) == ("kick", None)
    after.rename(path)
    await shelf.deliveries.followed_back([(after, path, stat)], "job")
    assert (await shelf.genre(after), await shelf.genre(path)) == (None, "kick")
    await shelf.deliveries.given_back([(path, stat)], "first")
    assert await shelf.genre(path) is None


async def test_a_file_that_looks_as_it_did_elsewhere_is_that_file(shelf: Shelf, tmp_path: Path) -> None:
    path, stranger = await shelf.known("a.wav"), await shelf.known("somebody's.wav")
    await shelf.write(path, "kick", "first")
    await shelf.write(path, "tom", "second")
    moved = tmp_path / "moved.wav"
    shutil.copy2(path, moved)
    path.unlink()
    await shelf.known("moved.wav")
    assert (await shelf.genre(moved), await shelf.genre(stranger)) == ("tom", None)
    other = tmp_path / "other.wav"
    shutil.copyfile(moved, other)
    os.utime(other, ns=(1, 1))
    await shelf.known("other.wav")
    assert await shelf.genre(other) is None  # of which only its content may tell


async def test_a_content_is_known_after_the_undo_that_took_it_from_one_file(shelf: Shelf) -> None:
    path = await shelf.known("a.wav")
    await shelf.write(path, "kick", "first")
    await shelf.write(path, "tom", "second")
    await shelf.deliveries.given_back([(path, FileStat.of(path))], "second")
    own, copies = await shelf.written.of(SOUND, path, "now")
    assert own == copies["sha of kick"] and copies["sha of tom"]["texts"] == {"INFO IGNR": "tom"}


async def test_a_job_that_is_done_again_goes_by_what_stood_there_before_it(shelf: Shelf) -> None:
    path = await shelf.known("a.wav")
    await shelf.write(path, "kick", "first")
    for _ in range(2):
        await shelf.write(path, "tom", "now")
        assert await shelf.genre(path) == "kick"
    await shelf.written.forget(path, "now")
    assert (await shelf.written.of(SOUND, path, "later"))[0]["texts"] == {"INFO IGNR": "kick"}
