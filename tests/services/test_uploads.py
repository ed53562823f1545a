from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from daemon.kernel.errors import NotFound
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
