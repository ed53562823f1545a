from __future__ import annotations

import sys
from pathlib import Path

import pytest

from daemon.kernel.errors import Forbidden
from daemon.services.outputs import Outputs


@pytest.fixture
def outputs(tmp_path: Path) -> Outputs:
    return Outputs((tmp_path / "delivery",), tmp_path / "home")


def test_a_folder_of_ones_own_is_allowed_whether_it_is_there_or_not(outputs: Outputs, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    assert outputs.check(str(tmp_path / "mine")) == tmp_path / "mine"
    assert outputs.check(str(tmp_path / "new" / "deeper")) == tmp_path / "new" / "deeper"
    assert outputs.check(str(tmp_path / "delivery" / "x")) == tmp_path / "delivery" / "x"


@pytest.mark.parametrize(
    "folder", ["/", "/usr/share/sounds", "/etc", "relative/path", "", "/proc/self", "/tmp/\0x"]
)
def test_folders_of_others_are_refused(outputs: Outputs, folder: str) -> None:
    with pytest.raises(Forbidden):
        outputs.check(folder)


@pytest.mark.parametrize(
    "inside", ["home", "home/cache", "Native Instruments/Battery", "Live Packs/x", "a/../home"]
)
def test_managed_folders_and_our_own_are_refused(outputs: Outputs, tmp_path: Path, inside: str) -> None:
    with pytest.raises(Forbidden):
        outputs.check(str(tmp_path / inside))


def test_a_file_in_the_way_is_said(outputs: Outputs, tmp_path: Path) -> None:
    (tmp_path / "song.wav").write_bytes(b"x")
    with pytest.raises(Forbidden, match="is a file"):
        outputs.check(str(tmp_path / "song.wav"))


def test_dots_do_not_lead_out_of_an_allowed_folder(outputs: Outputs, tmp_path: Path) -> None:
    with pytest.raises(Forbidden):
        outputs.check(str(tmp_path / "delivery" / ".." / ".." / ".." / ".." / ".." / ".." / "etc"))


@pytest.mark.skipif(sys.platform == "win32", reason="links and limits of names are POSIX ones")
@pytest.mark.parametrize(
    ("name", "says"),
    [("loop/x", "oop"), ("n" * 300, "too long"), ("d/" * 3000, "too long"), ("a file/x", "is a file")],
)
def test_where_no_folder_can_be_the_reason_is_given(tmp_path: Path, name: str, says: str) -> None:
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "a file").write_text("mine")
    with pytest.raises(Forbidden, match=says):
        Outputs((), tmp_path / "home").check(f"{tmp_path}/{name}")


def test_the_home_of_a_user_who_does_not_exist_is_no_absolute_path(tmp_path: Path) -> None:
    with pytest.raises(Forbidden, match="absolute"):
        Outputs((), tmp_path / "home").check("~no-such-user-here/x")
