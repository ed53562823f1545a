from __future__ import annotations

from pathlib import Path

import pytest

from daemon.cli.request import absolute
from daemon.kernel.at_home import at_home


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("/a/../b/kick.wav", "/b/kick.wav"),
        ("/a/b/..", "/a"),
        ("/a/..b/c..", "/a/..b/c.."),
        ("/a\0/../b", "/a\0/../b"),
        ("", ""),
    ],
)
def test_one_file_has_one_name(written: str, meant: str) -> None:
    assert at_home(written) == meant


def test_above_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert absolute(Path("../kick.wav")) == tmp_path / "kick.wav"
    assert absolute(Path("..")) == tmp_path
