from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest

from daemon.jobs.prepare import Preparer
from daemon.kernel.errors import NotFound
from daemon.library.asset_records import FileStat, NewAsset
from daemon.library.assets import Assets
from daemon.library.database import Database
from daemon.library.jobs import Jobs, NewInput, NewJob
from daemon.services.uploaded import Uploaded
from daemon.services.uploads import KEPT_S, UploadsService
from tests.fakes.uploaded import KeepsNothing


async def one(data: bytes) -> AsyncIterator[bytes]:
    yield data


def aged(folder: Path, seconds: float) -> None:
    """As if everything in `folder` had been written `seconds` ago."""
    then = time.time() - seconds
    for path in folder.rglob("*"):
        if path.is_file():
            os.utime(path, (then, then))


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


async def test_what_nobody_sends_to_any_more_is_forgotten(tmp_path: Path) -> None:
    uploads = UploadsService(tmp_path, KeepsNothing())
    left = await uploads.create(10, "left.wav")
    await uploads.append(left.id, 0, one(b"12345"))
    whole = await uploads.create(3, "whole.wav")
    assert (await uploads.append(whole.id, 0, one(b"abc"))).asset == "asset of whole.wav"
    (tmp_path / "spool").mkdir()
    (tmp_path / "spool" / "upload-x").write_bytes(b"half a request")
    (tmp_path / "files" / "ab").mkdir(parents=True)
    (tmp_path / "files" / "ab" / "mine.wav").write_bytes(b"an asset of the library")
    aged(tmp_path, KEPT_S - 60)
    assert await uploads.expire() == 0
    aged(tmp_path, KEPT_S + 60)
    fresh = await uploads.create(4, "fresh.wav")
    await uploads.expire()
    for gone in (left, whole):
        with pytest.raises(NotFound):
            await uploads.get(gone.id)
    assert (await uploads.get(fresh.id)).offset == 0
    assert files(tmp_path) == {f"{fresh.id}.part", f"{fresh.id}.json", "files/ab/mine.wav"}


async def test_an_old_upload_that_goes_on_stays(tmp_path: Path) -> None:
    uploads = UploadsService(tmp_path, KeepsNothing())
    slow = await uploads.create(10, "slow.wav")
    aged(tmp_path, KEPT_S + 60)
    await uploads.append(slow.id, 0, one(b"12345"))
    await uploads.expire()
    assert (await uploads.get(slow.id)).offset == 5


async def test_copies_go_when_nobody_needs_them(tmp_path: Path, db: Database) -> None:
    assets, jobs = Assets(db), Jobs(db)
    used: set[Path] = set()
    uploaded = Uploaded(tmp_path / "files", assets, jobs, cast(Preparer, None), used.__contains__)
    uploads = UploadsService(tmp_path, uploaded)
    begun = (await uploads.create(3, "begun.wav")).id
    copies = {name: uploaded.place(name, "song.wav") for name in ("known", "worked on", "used", "stray", begun)}
    for name, path in copies.items():
        path.parent.mkdir(parents=True)
        path.write_text(name)
    known = copies["known"]
    await assets.record(NewAsset("a", "source", known, FileStat.of(known)))  # type: ignore[arg-type]
    await jobs.insert(NewJob("j", "stems", {}, {}, "cli", [NewInput(str(copies["worked on"]))], "h"))
    used.add(copies["used"])
    mine = tmp_path / "mine.wav"
    mine.write_text("a person's own")

    async def left() -> set[str]:
        return {name for name, path in copies.items() if path.exists()}

    assert await uploaded.drop([*copies.values(), mine]) == 2 and mine.exists()
    assert await left() == {"known", "worked on", "used"}
    for name in ("stray", begun):
        copies[name].parent.mkdir(parents=True)
        copies[name].write_text(name)
    await uploads.expire()
    assert await left() == set(copies), "what is young may still become known"
    aged(tmp_path / "files", KEPT_S + 60)
    await uploads.expire()
    assert await left() == {"known", "worked on", "used", begun}
    assert not copies["stray"].parent.exists()
    used.clear()
    await jobs.set_state("j", "done")
    await uploads.delete(begun)
    await uploads.expire()
    assert await left() == {"known"}
