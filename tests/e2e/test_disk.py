"""A disk that is full, read-only or gone, a source that changes: an error on that job, and everything else goes on."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.error
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import soundfile

from tests.audio.material import RATE, noise
from tests.full_disk import fill, mounted, small_disk
from tests.recovery.house import House, write_song

Mount = Callable[[Path, str], Path]


@pytest.fixture
def mount() -> Iterator[Mount]:
    """Mounts a small disk of its own (tmpfs); skips where the user may not."""
    with ExitStack() as disks:
        yield lambda folder, size: disks.enter_context(small_disk(folder, size))


def _until(house: House, job: str, true: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while not true(view := house.ask("GET", f"/jobs/{job}")):
        assert time.monotonic() < deadline, view
        time.sleep(0.02)
    return dict(view)


def _computing(view: dict[str, Any]) -> bool:
    assert view["state"] not in ("done", "failed"), view
    return any(step["state"] == "running" for step in view["steps"])


def _song(path: Path, seconds: int, seed: int) -> Path:
    """Long enough to be caught while it is worked on."""
    soundfile.write(path, noise(seconds * RATE, 1, seed).T, RATE)
    return path


def test_a_full_delivery_disk_fails_its_job_and_a_retry_delivers_once_there_is_room(
    house: House, tmp_path: Path, mount: Mount
) -> None:
    house.out = mount(tmp_path / "stick", "2m")
    ballast = fill(house.out)
    job = house.submit(write_song(tmp_path / "song.wav", 1), "full stick")
    view = house.wait(job)
    assert view["state"] == "failed"
    assert view["error"]["code"] == "disk_full"
    assert str(house.out) in view["error"]["message"] and view["error"]["hint"]
    assert [path.name for path in house.out.rglob("*") if path.is_file()] == ["ballast"]
    elsewhere = house.request([{"path": str(tmp_path / "song.wav")}], deliver={"folder": str(tmp_path / "b")})
    assert house.wait(elsewhere)["state"] == "done"
    ballast.unlink()
    house.ask("POST", f"/jobs/{job}/retry")
    view = house.wait(job)
    assert view["state"] == "done" and view["error"] is None
    assert len(house.delivered()) == 3


def test_folders_that_change_under_a_running_job(house: House, tmp_path: Path, mount: Mount) -> None:
    song = _song(tmp_path / "song.wav", 20, 5)
    folders = {name: tmp_path / name for name in ("became a file", "went away", "untouched")}
    for folder in folders.values():
        folder.mkdir()
    folders["became read-only"] = mount(tmp_path / "stick", "100m")
    inputs = [{"path": str(song)}]
    jobs = {
        name: house.request(inputs, "stems", deliver={"folder": str(folder)})
        for name, folder in folders.items()
    }
    for job in jobs.values():
        _until(house, job, _computing)
    assert mounted("-o", "remount,ro", str(folders["became read-only"]))
    folders["became a file"].rmdir()
    folders["became a file"].write_text("mine")
    folders["went away"].rmdir()
    views = {name: house.wait(job, 120) for name, job in jobs.items()}
    errors = {name: view["error"] and view["error"]["code"] for name, view in views.items()}
    assert errors == {
        "became a file": "path_taken", "became read-only": "disk_read_only", "went away": None, "untouched": None,
    }  # fmt: skip
    for name in ("became a file", "became read-only"):
        assert str(folders[name]) in views[name]["error"]["message"]
    assert folders["became a file"].read_text() == "mine"
    assert list(folders["became read-only"].iterdir()) == []
    for name in ("went away", "untouched"):
        assert len(list(folders[name].rglob("*.wav"))) == 4
    assert _refused(house, folders["became read-only"])["code"] == "forbidden"
    assert mounted("-o", "remount,rw", str(folders["became read-only"]))
    house.ask("POST", f"/jobs/{jobs['became read-only']}/retry")
    assert house.wait(jobs["became read-only"])["state"] == "done"
    assert len(list(folders["became read-only"].rglob("*.wav"))) == 4


def test_an_undo_on_a_disk_that_became_read_only_keeps_the_files_and_works_later(
    house: House, tmp_path: Path, mount: Mount
) -> None:
    house.out = mount(tmp_path / "stick", "4m")
    job = house.submit(write_song(tmp_path / "song.wav", 9), "undo on a stick")
    assert house.wait(job)["state"] == "done"
    before = house.delivered()
    assert mounted("-o", "remount,ro", str(house.out))
    report = house.ask("POST", f"/jobs/{job}/undo")
    assert report["removed"] == []
    assert {each["path"] for each in report["kept"]} == {str(house.out / name) for name in before}
    assert all("read-only" in each["why"] for each in report["kept"])
    assert house.delivered() == before
    assert mounted("-o", "remount,rw", str(house.out))
    assert len(house.ask("POST", f"/jobs/{job}/undo")["removed"]) == len(before) == 3
    assert list(house.out.iterdir()) == []


def _refused(house: House, folder: Path) -> dict[str, Any]:
    with pytest.raises(urllib.error.HTTPError) as caught:
        house.request([{"path": "/a.wav"}], deliver={"folder": str(folder)})
    return dict(json.loads(caught.value.read()))


def test_a_source_that_changes_or_goes_away_ends_its_job_and_delivers_nothing(
    house: House, tmp_path: Path
) -> None:
    changed, gone = _song(tmp_path / "changed.wav", 12, 6), _song(tmp_path / "gone.wav", 12, 7)
    content = changed.read_bytes()
    jobs = [house.submit(song, f"source {song.stem}", "stems") for song in (changed, gone)]
    for job in jobs:
        _until(house, job, _computing)
    with changed.open("ab") as file:
        file.write(b"more")
    gone.unlink()
    for job, song in zip(jobs, (changed, gone), strict=True):
        view = house.wait(job, 120)
        assert view["state"] == "failed"
        assert view["error"]["code"] == "source_changed"
        assert str(song) in view["error"]["message"]
    assert house.delivered() == {}
    changed.write_bytes(content)
    house.ask("POST", f"/jobs/{jobs[0]}/retry")
    view = house.wait(jobs[0], 120)
    assert view["state"] == "done", view["error"]
    assert len(house.delivered()) == 4


def test_a_full_disk_under_the_home_is_said_and_everything_goes_on_once_there_is_room(
    tmp_path: Path, mount: Mount
) -> None:
    house = House(mount(tmp_path / "disk", "60m") / "house")
    house.out = tmp_path / "out"
    house.start()
    try:
        assert house.up()
        _full_home(house, tmp_path)
    finally:
        house.stop()
    house.check(house.delivered())


def _full_home(house: House, tmp_path: Path) -> None:
    short, long = write_song(tmp_path / "short.wav", 1), _song(tmp_path / "long.wav", 12, 8)
    done = house.submit(short, "before")
    assert house.wait(done)["state"] == "done"
    caught = house.submit(long, "caught", "stems")
    _until(house, caught, _computing)
    ballast = fill(house.home)
    with pytest.raises(urllib.error.HTTPError) as refused:
        house.submit(short, "refused")
    assert refused.value.code == 507
    assert json.loads(refused.value.read())["code"] == "disk_full"
    view = house.wait(caught, 120)
    assert (view["state"], view["error"]["code"]) == ("failed", "disk_full"), view["error"]
    assert view["error"]["hint"]
    assert house.ask("GET", f"/jobs/{done}")["state"] == "done"
    assert house.ask("GET", "/system")
    ballast.unlink()
    house.ask("POST", f"/jobs/{caught}/retry")
    assert house.wait(caught, 120)["state"] == "done"
    assert house.wait(house.submit(short, "refused"))["state"] == "done"


def test_a_batch_stops_where_the_disk_is_full_and_goes_on_when_there_is_room(
    house: House, mount: Mount, tmp_path: Path
) -> None:
    pads = tmp_path / "pads"
    pads.mkdir()
    for i in range(100):
        soundfile.write(pads / f"{i:03}.wav", noise(RATE // 5, 1, seed=i).T, RATE, subtype="PCM_24")
    small = mount(tmp_path / "small", "2m")
    ballast = small / "ballast"
    ballast.write_bytes(bytes(1 << 20))
    body = {"chain": {"fx": [{"use": "Invert"}]}, "inputs": [{"path": str(pads)}], "out": str(small / "out")}
    job = house.ask("POST", "/chains/apply", body)["id"]
    failed = house.wait(job)
    assert failed["state"] == "failed" and failed["error"]["code"] == "disk_full", failed["error"]
    assert len(failed["warnings"]) < 5
    assert 0 < len(list((small / "out").glob("*.wav"))) < 100
    ballast.unlink()
    subprocess.run(["mount", "-o", "remount,size=20m", str(small)], check=True)
    house.ask("POST", f"/jobs/{job}/retry", {})
    assert house.wait(job)["state"] == "done"
    assert sorted(path.name for path in (small / "out").iterdir()) == sorted(
        path.name for path in pads.iterdir()
    )
