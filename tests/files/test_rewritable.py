"""A file of the user's that is given another content stays the same file for everybody else, or is left alone."""

from __future__ import annotations

import errno
import hashlib
import os
import sys
from pathlib import Path

import pytest

from daemon.files.errors import DiskPermission, HardLinked
from daemon.files.journal import Journal
from tests.files.stores import FileStore

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no owner and group of this kind")
OLD, NEW = b"as it was", b"as it is to be"


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(FileStore(tmp_path / "journal"), backups=tmp_path / "backups")


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "mine" / "kick.wav"
    path.parent.mkdir()
    path.write_bytes(OLD)
    return path


def rewrite(journal: Journal, path: Path, tmp_path: Path) -> bool:
    source = tmp_path / "tagged"
    source.write_bytes(NEW)
    return journal.rewrite(
        path, source, before=hashlib.sha256(OLD).hexdigest(), shared=None, group="job", owner="job", ordinal=0
    )


def check_untouched(path: Path, tmp_path: Path) -> None:
    assert path.read_bytes() == OLD
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert not (tmp_path / "backups").exists() or not list((tmp_path / "backups").iterdir())


def test_one_of_several_names_is_not_parted_from_the_others(
    journal: Journal, mine: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.wav"
    other.hardlink_to(mine)
    with pytest.raises(HardLinked, match="2 hard-linked names"):
        rewrite(journal, mine, tmp_path)
    assert other.samefile(mine)
    check_untouched(mine, tmp_path)


def test_a_read_only_file_is_left_even_by_root(journal: Journal, mine: Path, tmp_path: Path) -> None:
    mine.chmod(0o444)
    with pytest.raises(DiskPermission, match="read-only"):
        rewrite(journal, mine, tmp_path)
    check_untouched(mine, tmp_path)
    mine.chmod(0o644)
    assert rewrite(journal, mine, tmp_path)


def test_an_undo_leaves_them_too(journal: Journal, mine: Path, tmp_path: Path) -> None:
    assert rewrite(journal, mine, tmp_path)
    mine.chmod(0o444)
    kept = journal.undo("job", lambda path: False).kept
    assert [(each.path, each.reason) for each in kept] == [(mine, "it is read-only")]
    assert mine.read_bytes() == NEW
    mine.chmod(0o644)
    assert journal.undo("job", lambda path: False).restored == (mine,)
    assert mine.read_bytes() == OLD


@posix
def test_it_keeps_its_owner_and_group(journal: Journal, mine: Path, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    os.chown(mine, 1234, 5678)
    mine.chmod(0o640)
    assert rewrite(journal, mine, tmp_path)
    status = mine.stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (1234, 5678, 0o640)
    journal.undo("job", lambda path: False)
    assert (mine.stat().st_uid, mine.stat().st_gid) == (1234, 5678)


@posix
def test_a_file_that_would_belong_to_somebody_else_is_left(
    journal: Journal, mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    os.chown(mine, 1234, 5678)

    def refused(*arguments: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "chown", refused)
    with pytest.raises(DiskPermission, match="owner or group"):
        rewrite(journal, mine, tmp_path)
    assert mine.stat().st_uid == 1234
    check_untouched(mine, tmp_path)
