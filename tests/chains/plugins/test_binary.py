"""Bundles that are no plug-ins: refused with the reason, without being loaded."""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from daemon.chains.plugins.binary import NoPlugin, examine, machine
from daemon.chains.plugins.folders import find_plugins, preset_folders, standard_folders
from daemon.kernel.errors import FileMissing
from tests.plugins.build import folder

posix = pytest.mark.skipif(os.name != "posix", reason="needs symbolic links")
linux = pytest.mark.skipif(sys.platform != "linux", reason="ELF files and bundles of Linux")


def bundle(tmp_path: Path, content: bytes | None, arch: str | None = None) -> Path:
    path = tmp_path / "Broken.vst3"
    inside = path / "Contents" / (arch or folder())
    inside.mkdir(parents=True)
    if content is not None:
        (inside / "Broken.so").write_bytes(content)
    return path


def binary(made: Path) -> Path:
    return next((made / "Contents").rglob("*.so"))


def test_a_real_one_has_a_fingerprint(plugin: Callable[[str], Path]) -> None:
    gain, crash = plugin("GAIN"), plugin("CRASH")
    assert examine(gain).hash != examine(crash).hash
    assert examine(gain) == examine(gain)


@linux
def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileMissing):
        examine(tmp_path / "Gone.vst3")
    with pytest.raises(NoPlugin, match="no binary at all"):
        examine(bundle(tmp_path / "a", None))
    with pytest.raises(NoPlugin, match="built for riscv128-linux"):
        examine(bundle(tmp_path / "b", b"\x7fELF", "riscv128-linux"))
    (tmp_path / "empty.vst3").mkdir()
    with pytest.raises(NoPlugin, match="no binary at all"):
        examine(tmp_path / "empty.vst3")


@linux
def test_what_is_no_library(tmp_path: Path) -> None:
    with pytest.raises(NoPlugin, match="no shared library"):
        examine(bundle(tmp_path / "a", b"RIFF....WAVEfmt "))
    with pytest.raises(NoPlugin, match=r"no shared library.*begins with nothing"):
        examine(bundle(tmp_path / "b", b""))
    (tmp_path / "text.vst3").write_text("hello")
    with pytest.raises(NoPlugin, match="no shared library"):
        examine(tmp_path / "text.vst3")


@linux
def test_a_pipe_in_the_place_of_a_binary_keeps_nobody(tmp_path: Path) -> None:
    made = bundle(tmp_path, None)
    for name in ("Broken.so", "Other.so"):
        os.mkfifo(made / "Contents" / folder() / name)
    with pytest.raises(NoPlugin, match="no binary at all"):
        examine(made)
    os.mkfifo(tmp_path / "Pipe.vst3")
    with pytest.raises(NoPlugin, match="neither a file nor a bundle"):
        examine(tmp_path / "Pipe.vst3")


@linux
def test_cut_off_and_made_for_others(plugin: Callable[[str], Path], tmp_path: Path) -> None:
    content = binary(plugin("GAIN")).read_bytes()
    with pytest.raises(NoPlugin, match=r"cut off .*of at least \d+ bytes"):
        examine(bundle(tmp_path / "a", content[: len(content) // 2]))
    with pytest.raises(NoPlugin, match="cut off"):
        examine(bundle(tmp_path / "b", content[:40]))
    other = 183 if machine() == "x86_64" else 62
    with pytest.raises(NoPlugin, match=f"another architecture.*not {machine()}"):
        examine(bundle(tmp_path / "c", content[:18] + struct.pack("<H", other) + content[20:]))
    windows = b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + struct.pack("<H", 0x8664) + bytes(40)
    with pytest.raises(NoPlugin, match=r"another system.*win32"):
        examine(bundle(tmp_path / "d", windows))
    with pytest.raises(NoPlugin, match=r"another system.*darwin"):
        examine(bundle(tmp_path / "e", struct.pack("<II", 0xFEEDFACF, 0x01000007) + bytes(64)))


def test_they_are_found_where_vendors_put_them(tmp_path: Path) -> None:
    for name in (
        "A.vst3",
        "Vendor/B.vst3",
        "Vendor/Deep/C.VST3",
        "Vendor/D.component",
        ".hidden/E.vst3",
        "F.so",
    ):
        (tmp_path / "one" / name).mkdir(parents=True)
    (tmp_path / "two").symlink_to(tmp_path / "one")
    found = [
        path.relative_to(tmp_path).as_posix() for path in find_plugins([tmp_path / "one", tmp_path / "two"])
    ]
    assert found == ["one/A.vst3", "one/Vendor/B.vst3", "one/Vendor/D.component", "one/Vendor/Deep/C.VST3"]
    assert list(find_plugins([tmp_path / "nowhere"])) == []


@posix
def test_links_in_a_circle_are_one_plugin_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "A.vst3").symlink_to(tmp_path / "B.vst3")
    (tmp_path / "B.vst3").symlink_to(tmp_path / "A.vst3")
    (tmp_path / "vendor").symlink_to(tmp_path / "vendor")
    (tmp_path / "C.vst3").mkdir()
    found = [path.name for path in find_plugins([tmp_path])]
    assert "C.vst3" in found and "A.vst3" in found
    with pytest.raises(FileMissing, match=r"A\.vst3.*a link that leads nowhere"):
        examine(tmp_path / "A.vst3")


def test_the_folders_of_each_system() -> None:
    """As in the VST 3 documentation, "Plug-in Locations" and "Preset Locations"."""
    assert [str(path) for path in standard_folders("linux", {"HOME": "/home/a"})] == [
        "/home/a/.vst3", "/usr/lib/vst3", "/usr/local/lib/vst3",
    ]  # fmt: skip
    mac = [str(path) for path in standard_folders("darwin", {"HOME": "/Users/a"})]
    assert mac == [
        "/Users/a/Library/Audio/Plug-Ins/VST3", "/Users/a/Library/Audio/Plug-Ins/Components",
        "/Library/Audio/Plug-Ins/VST3", "/Library/Audio/Plug-Ins/Components",
    ]  # fmt: skip
    windows = standard_folders("win32", {"LOCALAPPDATA": "C:/a", "COMMONPROGRAMFILES": "C:/Common"})
    assert [path.as_posix() for path in windows] == ["C:/a/Programs/Common/VST3", "C:/Common/VST3"]
    assert preset_folders("linux", {"HOME": "/home/a"})[0].as_posix() == "/home/a/.vst3/presets"
