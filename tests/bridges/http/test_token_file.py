from __future__ import annotations

import os
import stat
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from bridges.http.token_file import load_or_create, read
from daemon.kernel.errors import BadConfig, DiskError

posix = pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX; Windows has an ACL")


def test_a_token_is_256_bits_and_stays(tmp_path: Path):
    path = tmp_path / "home" / "token"
    token = load_or_create(path)
    assert len(bytes.fromhex(token)) == 32
    assert load_or_create(path) == token == read(path)
    assert list(path.parent.iterdir()) == [path]


def test_two_homes_have_two_tokens(tmp_path: Path):
    assert load_or_create(tmp_path / "a") != load_or_create(tmp_path / "b")


@posix
def test_only_its_owner_may_read_it_whatever_the_umask(tmp_path: Path):
    old = os.umask(0)
    try:
        load_or_create(tmp_path / "token")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "token").stat().st_mode) == 0o600


@posix
def test_a_token_that_others_could_read_is_closed_to_them(tmp_path: Path):
    path = tmp_path / "token"
    token = load_or_create(path)
    path.chmod(0o644)
    assert load_or_create(path) == token
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"short", b"00" * 31, b"zz" * 32, b"\xff" * 32])
def test_a_file_that_holds_no_token_is_named_and_left_alone(tmp_path: Path, content: bytes):
    path = tmp_path / "token"
    path.write_bytes(content)
    with pytest.raises(BadConfig, match="Delete the file"):
        load_or_create(path)
    assert path.read_bytes() == content


def test_of_many_starts_at_once_one_token_wins(tmp_path: Path):
    with ProcessPoolExecutor(4) as pool:
        tokens = set(pool.map(load_or_create, [tmp_path / "token"] * 16))
    assert tokens == {read(tmp_path / "token")}
    assert [each.name for each in tmp_path.iterdir()] == ["token"]


@posix
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path):
    tmp_path.chmod(0o500)
    with pytest.raises(DiskError, match="token"):
        load_or_create(tmp_path / "token")


def test_a_folder_that_is_a_file_is_named(tmp_path: Path):
    (tmp_path / "home").write_text("a file")
    with pytest.raises(DiskError, match="token"):
        load_or_create(tmp_path / "home" / "token")
