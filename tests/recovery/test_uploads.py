"""An upload that was acknowledged becomes one asset with one file, wherever the daemon ends meanwhile."""

from __future__ import annotations

import hashlib
import threading
import time
from pathlib import Path

import pytest
import soundfile

import daemon.services.uploads  # noqa: F401 - declares its failpoints
from daemon.kernel import failpoints
from tests.audio.material import RATE, noise
from tests.recovery.house import House, write_song
from tests.recovery.tus import begin, kept, send, tus

PLACES = [name for name in failpoints.declared() if name.startswith("uploads.")]


def check_whole(house: House, where: str, data: bytes, name: str) -> None:
    """The sender that got no answer asks how far it is."""
    status, told = tus(house, "HEAD", where)
    assert status == 200 and int(told["upload-offset"]) == len(data)
    asset = house.ask("GET", f"/assets/{told['roadie-asset']}")
    [path] = kept(house)
    assert asset["paths"] == [str(path)] and (path.name, asset["name"]) == (name, name)
    assert hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(data).digest()
    assert not list((house.home / "uploads").glob("*.part"))


@pytest.mark.parametrize("place", PLACES)
def test_an_upload_is_whole_when_killed_at(place: str, house: House, tmp_path: Path) -> None:
    data = write_song(tmp_path / "song.wav", 81).read_bytes()
    house.start(ROADIE_FAILPOINT=place)
    assert house.up()
    where = begin(house, len(data), "song.wav")
    assert send(house, where, data) == 0
    assert house.died(30)
    house.start()
    assert house.up()
    check_whole(house, where, data, "song.wav")


def test_an_upload_is_whole_when_the_daemon_is_stopped_while_it_reads_it(house: House, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "long.wav", noise(RATE * 40, 2, 82).T, RATE, subtype="PCM_24")
    data = (tmp_path / "long.wav").read_bytes()
    house.start()
    assert house.up()
    where = begin(house, len(data), "long.wav")
    assert send(house, where, data[:-1000]) == 204
    last = threading.Thread(target=send, args=(house, where, data[-1000:], len(data) - 1000))
    last.start()
    part = house.home / "uploads" / f"{where.rpartition('/')[2]}.part"
    deadline = time.monotonic() + 30
    while part.exists() and part.stat().st_size < len(data):
        assert time.monotonic() < deadline
        time.sleep(0.005)
    house.stop()
    last.join()
    house.start()
    assert house.up()
    check_whole(house, where, data, "long.wav")


def test_an_upload_that_is_no_sound_is_refused_by_its_name_and_forgotten(house: House) -> None:
    house.start()
    assert house.up()
    where = begin(house, 5, "notes.txt")
    assert send(house, where, b"hello") == 422
    for method in ("HEAD", "DELETE"):
        assert tus(house, method, where)[0] == 404
    assert send(house, where, b"") == 404
    assert [path for path in (house.home / "uploads").rglob("*") if path.is_file()] == []


def test_what_is_lost_of_an_upload_is_not_found_and_can_be_given_up(house: House) -> None:
    house.start()
    assert house.up()
    where = begin(house, 5, "song.wav")
    (house.home / "uploads" / f"{where.rpartition('/')[2]}.part").unlink()
    assert tus(house, "HEAD", where)[0] == 404
    assert send(house, where, b"hello") == 404
    assert tus(house, "DELETE", where)[0] == 204
    assert tus(house, "DELETE", where)[0] == 404
