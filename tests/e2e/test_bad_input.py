"""Whatever a hostile or careless world names as input: a clear error for it, nothing written, and the rest goes on."""

from __future__ import annotations

import gzip
import json
import os
import socket
import struct
import subprocess
import sys
import urllib.error
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.audio.material import bare_wav, every_kind, noise
from tests.recovery.house import House, write_song

RATE = 44100
Make = Callable[[Path], Path]


def _bytes(name: str, content: bytes) -> Make:
    def make(folder: Path) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return make


def _frames(name: str, value: float) -> Make:
    def make(folder: Path) -> Path:
        audio = np.zeros((RATE, 1), np.float32)
        audio[30_000] = value
        soundfile.write(folder / name, audio, RATE, subtype="FLOAT", format="WAV")
        return folder / name

    return make


def _folder(folder: Path) -> Path:
    (folder / "an album.wav").mkdir()
    return folder / "an album.wav"


def _fifo(folder: Path) -> Path:
    os.mkfifo(folder / "pipe.wav")
    return folder / "pipe.wav"


def _socket(folder: Path) -> Path:
    here = os.getcwd()  # a socket's whole path may be 108 bytes
    os.chdir(folder)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind("socket.wav")
    finally:
        os.chdir(here)
    return folder / "socket.wav"


def _linked_device(folder: Path) -> Path:
    (folder / "endless.wav").symlink_to("/dev/zero")
    return folder / "endless.wav"


def _zip_bomb(folder: Path) -> Path:
    path = folder / "bomb.als.wav"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("zeros", bytes(20_000_000))
    return path


def _gzip_bomb(folder: Path) -> Path:
    """What an Ableton Live set is: gzipped XML; this one unpacks to a thousand times its size."""
    path = folder / "bomb.als"
    path.write_bytes(gzip.compress(b"<?xml version='1.0'?><Ableton>" + b" " * 20_000_000))
    return path


def _entity_bomb(folder: Path) -> Path:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    text = f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY e0 "lol">{entities}]><a>&e11;</a>'
    path = folder / "billion laughs.als"
    path.write_text(text)
    return path


def _loop(folder: Path) -> Path:
    (folder / "loop.wav").symlink_to("loop again.wav")
    (folder / "loop again.wav").symlink_to("loop.wav")
    return folder / "loop.wav"


def _dangling(folder: Path) -> Path:
    (folder / "link to nothing.wav").symlink_to("nothing at all")
    return folder / "link to nothing.wav"


def _too_long(folder: Path) -> Path:
    return folder / ("n" * 300 + ".wav")


def _too_deep(folder: Path) -> Path:
    return folder.joinpath(*["d" * 200] * 30, "deep.wav")


def _below_a_file(folder: Path) -> Path:
    (folder / "a file").write_text("no folder")
    return folder / "a file" / ".." / "x.wav"


def _no_frames(folder: Path) -> Path:
    soundfile.write(folder / "no frames.wav", np.zeros((0, 2)), RATE)
    return folder / "no frames.wav"


def _no_channels(folder: Path) -> Path:
    return bare_wav(folder / "no channels.wav", bytes(1000), channels=0)


def _four_gigabytes(folder: Path) -> Path:
    return bare_wav(folder / "claims 4 GB.wav", bytes(1000), claimed=0xFFFFFF00)


def _picture(folder: Path) -> Path:
    path = folder / "cover.mp3"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 10)
    return path


BAD: dict[str, tuple[Make, str, str]] = {
    "empty": (_bytes("empty.wav", b""), "unreadable_audio", "0 bytes"),
    "text": (_bytes("shopping list.flac", b"eggs, milk and strings\n" * 20), "unreadable_audio", "text file"),
    "picture": (_picture, "unreadable_audio", "PNG"),
    "zeros": (_bytes("zeros.wav", bytes(100_000)), "unreadable_audio", "zero bytes"),
    "noise": (_bytes("noise.mp3", np.random.default_rng(3).bytes(100_000)), "unreadable_audio", "bytes"),
    "no frames": (_no_frames, "unreadable_audio", "no audio"),
    "no channels": (_no_channels, "unreadable_audio", "no channels"),
    "claims 4 GB": (_four_gigabytes, "unreadable_audio", "truncated: 1000 of"),
    "NaN": (_frames("nan.wav", np.nan), "unreadable_audio", "first at frame 30000"),
    "infinity": (_frames("inf.wav", np.inf), "unreadable_audio", "first at frame 30000"),
    "folder": (_folder, "input", "folder"),
    "fifo": (_fifo, "input", "pipe"),
    "socket": (_socket, "input", "socket"),
    "device": (lambda _: Path("/dev/zero"), "input", "device"),
    "link to a device": (_linked_device, "input", "device"),
    "zip": (_zip_bomb, "unreadable_audio", "zip archive"),
    "gzip bomb": (_gzip_bomb, "unreadable_audio", "gzip archive"),
    "XML entity bomb": (_entity_bomb, "unreadable_audio", "text file"),
    "symlink loop": (_loop, "file_missing", "symbolic links"),
    "dangling link": (_dangling, "file_missing", "No such file"),
    "long name": (_too_long, "file_missing", "name too long"),
    "long path": (_too_deep, "file_missing", "name too long"),
    "below a file": (_below_a_file, "file_missing", "Not a directory"),
    "process memory": (lambda _: Path("/proc/self/mem"), "disk", "cannot read"),
    "kernel file": (lambda _: Path("/proc/version"), "unreadable_audio", "text file"),
}


def test_each_bad_input_is_named_with_its_reason_and_the_good_ones_are_delivered(
    house: House, tmp_path: Path
) -> None:
    good = [write_song(tmp_path / f"good {n}.wav", n) for n in (1, 2)]
    bad = {name: make(tmp_path) for name, (make, _, _) in BAD.items()}
    before = _tree(tmp_path)
    inputs = [{"path": str(path)} for path in (good[0], *bad.values(), good[1])]
    view = house.wait(house.request(inputs), 60)
    assert view["state"] == "done"
    assert [view["inputs"][0]["state"], view["inputs"][-1]["state"]] == ["done", "done"]
    for (name, path), given in zip(bad.items(), view["inputs"][1:-1], strict=True):
        _, code, says = BAD[name]
        assert given["state"] == "failed", name
        error = given["error"]
        assert (error["code"], says in error["message"]) == (code, True), (name, error)
        assert path.name in error["message"], (name, error)
        assert any(path.name in warning for warning in view["warnings"]), name
    assert {Path(name).parts[0] for name in house.delivered()} == {"good 1", "good 2"}
    assert _tree(tmp_path) == before


def _tree(folder: Path) -> set[str]:
    """Every path below a folder but the delivered ones."""
    return {str(path) for path in folder.rglob("*") if folder / "out" not in (path, *path.parents)}


def test_every_container_cut_short_is_refused_and_says_so(house: House, tmp_path: Path) -> None:
    kinds = every_kind(tmp_path, noise(RATE // 2), RATE)
    for path in kinds.values():
        os.truncate(path, path.stat().st_size * 2 // 3)
    view = house.wait(house.request([{"path": str(path)} for path in kinds.values()]))
    for (name, path), given in zip(kinds.items(), view["inputs"], strict=True):
        assert given["state"] == "failed", name
        assert given["error"]["code"] == "unreadable_audio", (name, given["error"])
        assert path.name in given["error"]["message"]
        assert any(word in given["error"]["message"] for word in ("truncated", "damaged")), (name, given["error"])
    assert view["state"] == "failed"
    assert house.delivered() == {}


def test_a_wrong_extension_does_not_matter(house: House, tmp_path: Path) -> None:
    song, _ = soundfile.read(write_song(tmp_path / "song.wav", 7))
    kinds = every_kind(tmp_path, np.ascontiguousarray(song.T, np.float32), RATE)
    names = [f"a {name}{ending}" for name, ending in zip(kinds, ENDINGS * 9)]
    paths = [path.rename(tmp_path / name) for path, name in zip(kinds.values(), names, strict=True)]
    view = house.wait(house.request([{"path": str(path)} for path in paths]))
    assert view["state"] == "done" and view["warnings"] == []
    assert [given["state"] for given in view["inputs"]] == ["done"] * len(kinds)
    assert {Path(name).parts[0] for name in house.delivered()} == {Path(name).stem for name in names}


ENDINGS = [".wav", ".mp3", ".txt", ".als", "", ".FLAC", ".jpg"]


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (192_000, 2), (44_100, 32), (11_025, 7), (1, 1)])
def test_unusual_rates_and_channel_counts_are_worked_on_or_refused_with_the_reason(
    house: House, tmp_path: Path, rate: int, channels: int
) -> None:
    path = tmp_path / "unusual.wav"
    audio = noise(rate // 2 + 1, channels)
    soundfile.write(path, audio.T, rate, subtype="PCM_24", format="WAV")
    view = house.wait(house.submit(path, f"{rate} {channels}", "stems"), 120)
    print(json.dumps(view["steps"], indent=1), view["warnings"], view["error"], house.delivered())
