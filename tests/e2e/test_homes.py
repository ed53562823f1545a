"""Homes in which no daemon can live: each is said in one line with what to do, and nothing in them is touched."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Make = Callable[[Path], Path]


def _file(folder: Path) -> Path:
    (folder / "home").write_text("a file of the user")
    return folder / "home"


def _below_a_file(folder: Path) -> Path:
    return _file(folder) / "below"


def _with(name: str, content: bytes) -> Make:
    def make(folder: Path) -> Path:
        (folder / "home").mkdir()
        (folder / "home" / name).write_bytes(content)
        return folder / "home"

    return make


def _folder_for_a_file(folder: Path) -> Path:
    (folder / "home" / "config.toml").mkdir(parents=True)
    return folder / "home"


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (_file, "Not a directory"),
        (_below_a_file, "Not a directory"),
        (lambda _: Path("/proc/roadie"), "cannot be written to"),
        (_folder_for_a_file, "cannot be read"),
        (_with("config.toml", b"http = ["), "cannot be read"),
        (_with("config.toml", b"\xff\xfe"), "cannot be read"),
        (_with("config.toml", b"http = 3"), "Expected `object`"),
        (_with("config.toml", b"[workers]\nmax_attempts = 'many'"), "max_attempts"),
        (_with("token", b"short"), "holds no token"),
        (_with("roadie.db", bytes(range(256)) * 50), "cannot be opened"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="the reasons are worded as on POSIX")
def test_a_home_that_cannot_be_is_refused_with_the_reason(tmp_path: Path, make: Make, says: str) -> None:
    home = make(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    ran = subprocess.run(
        [sys.executable, "-m", "daemon.cli", "serve"], check=False,
        env={**os.environ, "ROADIE_HOME": str(home), "ROADIE_HTTP_PORT": "0"},
        capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert ran.returncode in (1, 2), ran
    first, *advice = ran.stderr.splitlines()
    assert first.startswith(f"error: {home}") and says in first, ran.stderr
    assert "unforeseen" not in ran.stderr and "Traceback" not in ran.stderr
    assert len(advice) <= 1
    assert {path: path.read_bytes() for path in before} == before
