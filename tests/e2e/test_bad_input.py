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
import urllib.request
import zipfile
from collections.abc import Callable
from itertools import cycle
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
    here = Path.cwd()  # a socket's whole path may be 108 bytes
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
    return folder / "a file" / "x.wav"


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
    "damage": (
        _frames("huge.wav", 1e30),
        "unreadable_audio",
        "1e+30 times full scale, which is no sound, first at",
    ),
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
        assert any(word in given["error"]["message"] for word in ("truncated", "damaged")), (
            name,
            given["error"],
        )
    assert view["state"] == "failed"
    assert house.delivered() == {}


def test_a_wrong_extension_does_not_matter(house: House, tmp_path: Path) -> None:
    song, _ = soundfile.read(write_song(tmp_path / "song.wav", 7))
    kinds = every_kind(tmp_path, np.ascontiguousarray(song.T, np.float32), RATE)
    names = [f"a {name}{ending}" for name, ending in zip(kinds, cycle(ENDINGS), strict=False)]
    paths = [path.rename(tmp_path / name) for path, name in zip(kinds.values(), names, strict=True)]
    view = house.wait(house.request([{"path": str(path)} for path in paths]))
    assert view["state"] == "done" and view["warnings"] == []
    assert [given["state"] for given in view["inputs"]] == ["done"] * len(kinds)
    assert {Path(name).parts[0] for name in house.delivered()} == {Path(name).stem for name in names}


ENDINGS = [".wav", ".mp3", ".txt", ".als", "", ".FLAC", ".jpg"]


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (192_000, 2), (44_100, 32), (4000, 7)])
def test_unusual_rates_and_channel_counts_keep_their_shape(
    house: House, tmp_path: Path, rate: int, channels: int
) -> None:
    path = tmp_path / "unusual.wav"
    audio = noise(rate // 2 + 1, channels)
    soundfile.write(path, audio.T, rate, subtype="PCM_24", format="WAV")
    view = house.wait(house.submit(path, f"{rate} {channels}", "stems"), 120)
    assert view["state"] == "done", view
    stems = [soundfile.read(house.out / name, always_2d=True) for name in house.delivered()]
    assert len(stems) == 4
    assert {(stem.shape, found) for stem, found in stems} == {(audio.T.shape, rate)}
    assert np.abs(sum(stem for stem, _ in stems) - audio.T).max() < 1e-3
    if channels > 2:
        assert any(f"{channels} channels" in warning for warning in view["warnings"])


@pytest.mark.parametrize(
    ("rate", "channels", "says"),
    [(1, 1, "a sample rate of 1 Hz"), (2_000_000_000, 1, "2000000000 Hz"), (44_100, 1000, "1000 channels")],
)
def test_a_shape_beyond_all_sense_is_refused_with_the_limit(
    house: House, tmp_path: Path, rate: int, channels: int, says: str
) -> None:
    path = bare_wav(tmp_path / "absurd.wav", bytes(2000 * channels), channels=channels)
    _say_rate(path, rate)
    view = house.wait(house.submit(path, f"absurd {rate} {channels}"))
    assert view["error"]["code"] == "unreadable_audio"
    assert says in view["error"]["message"] and "roadie works" in view["error"]["message"]


def _say_rate(path: Path, rate: int) -> None:
    """Another rate in a WAV file's header; bytes per second then do not fit it, which nobody looks at."""
    with path.open("r+b") as file:
        file.seek(24)
        file.write(struct.pack("<I", rate))


@pytest.mark.parametrize(
    ("name", "value"), [("silence", 0.0), ("a constant", 0.5), ("unscaled 32-bit integers", 2.0**31)]
)
def test_sound_without_music_in_it_goes_through_every_step(
    house: House, tmp_path: Path, name: str, value: float
) -> None:
    path = tmp_path / f"{name}.wav"
    soundfile.write(path, np.full((RATE, 2), value, np.float32), RATE, subtype="FLOAT")
    view = house.wait(house.submit(path, name, "full"), 120)
    assert view["state"] == "done", (view["error"], view["steps"])
    assert {step["state"] for step in view["steps"]} <= {"done", "skipped"}
    for file in house.out.rglob("*.wav"):
        assert np.isfinite(soundfile.read(file)[0]).all(), file


def _ask_raw(house: House, body: bytes) -> tuple[int, dict[str, Any]]:
    """POST /jobs with any bytes."""
    runtime = json.loads((house.home / "runtime.json").read_text())
    token = Path(runtime["token_file"]).read_text().strip()
    request = urllib.request.Request(
        f"http://127.0.0.1:{runtime['http_port']}/api/v1/jobs", method="POST", data=body,
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )  # fmt: skip
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


@pytest.mark.parametrize(
    ("path", "says"),
    [
        (rb"relative/song.wav", "absolute"),
        (rb"../../etc/passwd", "absolute"),
        (rb"", "absolute"),
        (rb"/tmp/a\u0000b.wav", "absolute"),
        (rb"/tmp/lone \udce9.wav", "surrogate"),  # how Python spells a byte that is not UTF-8
        (b"/tmp/latin-1 \xe9.wav", "UTF-8"),
        (rb"http://127.0.0.1:1/song.wav", "absolute"),
        (rb"file:///etc/passwd", "absolute"),
    ],
)
def test_a_path_that_is_none_is_refused_at_once(house: House, path: bytes, says: str) -> None:
    status, problem = _ask_raw(house, b'{"recipe": "light", "inputs": [{"path": "' + path + b'"}]}')
    assert status in (400, 422), problem
    assert says.lower() in problem["detail"].lower(), problem


def test_dots_in_a_path_lead_where_the_system_says_and_reach_no_secret(house: House, tmp_path: Path) -> None:
    song = write_song(tmp_path / "a" / "song.wav", 1)
    (tmp_path / "b").mkdir()
    inputs = [
        {"path": f"{tmp_path}/b/../a/song.wav"},
        {"path": str(house.home / "token")},
        {"path": "/etc/passwd"},
    ]
    view = house.wait(house.request(inputs))
    assert [given["state"] for given in view["inputs"]] == ["done", "failed", "failed"]
    token = (house.home / "token").read_text().strip()
    assert token not in json.dumps(view)
    assert song.stat().st_size > 0
    assert {Path(name).parts[0] for name in house.delivered()} == {"song"}


@pytest.mark.parametrize(
    "name",
    ["..wav", "...", " .wav", "CON.wav", "a:b*c?.wav", "-rf.wav", "new\nline.wav", "tab\t.wav", "e\u0301.wav",
     "\u202egnp.wav", "\U0001f941" * 40 + ".wav", "{source}.wav", "%s%n.wav", "'; DROP TABLE job; --.wav",
     "x" * 250 + ".wav"],
)  # fmt: skip
def test_a_strange_name_is_worked_on_and_stays_below_the_delivery_folder(
    house: House, tmp_path: Path, name: str
) -> None:
    song = write_song(tmp_path / "in" / "song.wav", 3).rename(tmp_path / "in" / name)
    before = _tree(tmp_path)
    view = house.wait(house.submit(song, f"name {name}"[:200]))
    assert view["state"] == "done", view["error"]
    assert view["inputs"][0]["path"] == str(song)
    assert len(house.delivered()) == 3
    assert _tree(tmp_path) == before


def test_a_name_that_is_not_utf8_is_named_in_a_scan_and_others_go_on(house: House, tmp_path: Path) -> None:
    folder = tmp_path / "records"
    write_song(folder / "fine.wav", 80)
    write_song(folder / "x.wav", 81).rename(folder / os.fsdecode(b"caf\xe9.wav"))
    view = house.wait(house.ask("POST", "/scans", {"path": str(folder)})["id"])
    assert view["state"] == "done", view["error"]
    assert any("caf\\udce9.wav: its name is not UTF-8" in warning for warning in view["warnings"])
    found = house.ask("GET", "/assets?q=fine")["items"]
    assert str(folder / "fine.wav") in [each["path"] for each in found]


def test_a_file_without_permission_to_read_is_named(house: House, tmp_path: Path) -> None:
    song = write_song(tmp_path / "mine alone.wav", 1)
    song.chmod(0)
    if os.access(song, os.R_OK):
        pytest.skip(
            "this user (root, without `setpriv --bounding-set=-dac_override,-dac_read_search`) may read all"
        )
    view = house.wait(house.submit(song, "permission"))
    assert view["state"] == "failed"
    assert "mine alone.wav" in view["error"]["message"] and "ermission" in view["error"]["message"]


def _roadie(house: House, *words: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "ROADIE_HOME": str(house.home)}
    command = [sys.executable, "-m", "daemon.cli", *words]
    return subprocess.run(
        command, check=False, env=env, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL
    )


def test_the_command_line_names_bad_files_with_the_reason(house: House, tmp_path: Path) -> None:
    (tmp_path / "notes.wav").write_text("no sound at all")
    os.mkfifo(tmp_path / "pipe.wav")
    odd = write_song(tmp_path / "y.wav", 4).rename(tmp_path / os.fsdecode(b"caf\xe9.wav"))
    for file, says in (
        (str(tmp_path / "notes.wav"), "text file"),
        (str(tmp_path / "absent.wav"), "no such file"),
        (str(tmp_path), "folder"),
        (str(tmp_path / "pipe.wav"), "pipe"),
        ("/dev/zero", "device"),
        (str(odd), "UTF-8"),
        (str(tmp_path / ("n" * 300)), "too long"),
    ):
        ran = _roadie(house, "run", "light", file, "--out", str(house.out))
        assert ran.returncode == 1, (file, ran)
        assert says in ran.stdout + ran.stderr, (file, ran)
        assert "Traceback" not in ran.stderr
    assert house.delivered() == {}


def test_a_file_from_a_far_future_costs_no_other_file_anything(house: House, tmp_path: Path) -> None:
    """Its time does not go into 64 bits with a sign."""
    folder = tmp_path / "sounds"
    good, far = write_song(folder / "good.wav", 611), write_song(folder / "far.wav", 612)
    year_2300 = 10_413_792_000
    os.utime(far, (year_2300, year_2300))
    if far.stat().st_mtime != year_2300:
        pytest.skip("this file system knows no such times")
    view = house.wait(house.request([{"path": str(far)}]))
    assert view["state"] == "done", view["error"]
    for _ in range(2):
        scanned = house.wait(house.ask("POST", "/scans", {"path": str(folder)})["id"])
        assert (scanned["state"], scanned["warnings"]) == ("done", [])
    known = {path for each in house.ask("GET", "/assets?limit=500")["items"] for path in each["paths"]}
    assert {str(good), str(far)} <= known
