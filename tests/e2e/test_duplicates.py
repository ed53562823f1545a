"""Copies of one sound put aside: which stays, which are left alone, and that an undo gives all of it back."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.test_in_use import used
from tests.recovery.house import House, write_song

LIST = b"LIST\x18\x00\x00\x00INFOICMT\x0c\x00\x00\x00a good kick.\x00"[:-1]


def copied(source: Path, target: Path, age_s: float = 0.0) -> Path:
    """A copy; age_s: how long ago, by its time."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    then = time.time() - age_s
    os.utime(target, (then, then))
    return target


def scanned(house: House, folder: Path) -> Path:
    assert house.wait(house.ask("POST", "/scans", {"path": str(folder)})["id"])["state"] == "done"
    return folder


def removed(house: House, **asked: Any) -> dict[str, Any]:
    job = house.wait(house.ask("POST", "/duplicates/remove", asked)["id"])
    assert job["state"] == "done", job
    return job


def listed(house: House, folder: Path) -> list[list[str]]:
    """Paths below a folder of each sound that stands in more than one place."""
    groups = house.ask("GET", "/duplicates")["items"]
    below = [[path for path in group["paths"] if Path(path).is_relative_to(folder)] for group in groups]
    return [paths for paths in below if paths]


def state(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_one_stays_the_others_go_aside_and_come_back(house: House, tmp_path: Path) -> None:
    samples = tmp_path / "Samples"
    kick = write_song(samples / "kick.wav", 601)
    oldest = copied(kick, samples / "Pack" / "bd 01.wav", 9000)
    told = copied(kick, samples / "told.wav")
    with told.open("ab") as file:
        file.write(LIST)  # the same sound, and a comment
    snare = write_song(samples / "snare.wav", 602)
    copied(snare, samples / "snare copy.wav", 500)
    other = write_song(samples / "only.wav", 603)
    scanned(house, samples)
    before = state(tmp_path)
    aside = tmp_path / "aside"
    plan = house.ask("POST", "/duplicates/plan", {"folder": str(samples), "to": str(aside)})
    stays = {Path(group["keeps"]).name: group["why"] for group in plan["groups"]}
    assert stays == {"told.wav": "its file says the most", "snare copy.wav": "the oldest"}
    assert sum(group["size_bytes"] for group in plan["groups"]) == sum(
        path.stat().st_size for path in (kick, oldest, snare)
    )
    assert state(tmp_path) == before, "a plan changes nothing"
    planned = {source: Path(target) for group in plan["groups"] for source, target in group["moves"]}
    assert set(planned) == {str(kick), str(oldest), str(snare)}

    job = removed(house, folder=str(samples), to=str(aside))
    assert "3 files were put aside" in job["warnings"][0]
    assert {str(path) for path in planned.values()} == set(state(aside))
    for source, target in planned.items():
        assert target.read_bytes() == before[source]
        assert str(target).endswith(source), "as it stood on its disk"
    assert set(state(samples)) == {str(told), str(samples / "snare copy.wav"), str(other)}
    assert listed(house, tmp_path) == []
    [found] = house.ask("GET", f"/assets?q=told&folder={samples}")["items"]
    assert found["paths"] == [str(told)]

    again = removed(house, folder=str(samples), to=str(aside))
    assert "0 files" in again["warnings"][0]

    undone = house.ask("POST", f"/jobs/{job['id']}/undo")
    assert undone["kept"] == []
    assert set(undone["restored"]) == set(planned)
    assert state(tmp_path) == before
    assert not aside.exists()
    assert sorted(map(len, listed(house, samples))) == [2, 3]


def test_what_a_project_uses_stays(house: House, tmp_path: Path) -> None:
    samples, aside = tmp_path / "Samples", tmp_path / "aside"
    kick = write_song(samples / "kick.wav", 611)
    copy = copied(kick, samples / "the used one.wav")
    pad = write_song(samples / "pad.wav", 612)
    pads = [copied(pad, samples / f"pad {number}.wav") for number in (2, 3)]
    scanned(house, samples)
    (tmp_path / "Dropbox").symlink_to(samples)
    used(house, tmp_path / "mix.rpp", copy, tmp_path / "Dropbox" / "pad.wav", pads[0])

    plan = house.ask("POST", "/duplicates/plan", {"folder": str(samples), "to": str(aside)})
    assert plan["projects"] > 0
    assert {group["why"] for group in plan["groups"]} == {"a project uses it"}
    job = removed(house, folder=str(samples), to=str(aside))
    assert set(state(samples)) == {str(copy), str(pad), str(pads[0])}
    lines = "\n".join(job["warnings"])
    assert "left where it is: a project uses it" in lines and str(pads[0]) in lines

    [moved] = list(aside.rglob("pad 3.wav"))
    second = used(house, tmp_path / "other.rpp", moved)
    undone = house.ask("POST", f"/jobs/{job['id']}/undo")
    assert [(each["path"], each["why"]) for each in undone["kept"]] == [(str(moved), "a project uses it")]
    assert kick.is_file() and moved.is_file() and not pads[1].exists()
    house.ask("DELETE", f"/projects/{second['id']}")
    assert house.ask("POST", f"/jobs/{job['id']}/undo")["kept"] == []
    assert pads[1].is_file() and not aside.exists()


def test_links_changed_files_managed_folders_and_roadies_own_are_left(house: House, tmp_path: Path) -> None:
    samples, aside = tmp_path / "Samples", tmp_path / "aside"
    linked = write_song(samples / "linked.wav", 621)
    (samples / "soft.wav").symlink_to(linked)
    hard = write_song(samples / "hard.wav", 622)
    (samples / "hard 2.wav").hardlink_to(hard)
    changed = write_song(samples / "changed.wav", 623)
    copied(changed, samples / "changed too.wav")
    sold = write_song(samples / "Splice" / "sold.wav", 624)
    copied(sold, samples / "sold.wav")
    song = write_song(samples / "song.wav", 625)
    house.out = samples / "made"
    view = house.wait(house.request([{"path": str(song)}]))
    made = [Path(each["path"]) for each in view["artifacts"] if each["delivered"]]
    copied(made[0], samples / "mine.wav")
    scanned(house, samples)
    with changed.open("ab") as file:
        file.write(b"more")
    before = state(samples)

    job = removed(house, folder=str(samples), to=str(aside))
    assert [path.name for path in aside.rglob("*.wav")] == ["sold.wav"]
    assert (samples / "Splice" / "sold.wav").is_file(), "another program manages that folder"
    assert {path for path in before if path not in state(samples)} == {str(samples / "sold.wav")}
    house.ask("POST", f"/jobs/{job['id']}/undo")
    assert state(samples) == before


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"folder": "Samples"}, "absolute"),
        ({"folder": "~\0"}, "absolute"),
        ({"to": "/usr/share/aside"}, "does not write there"),
        ({"to": "aside"}, "absolute"),
        ({"folder": "/tmp/a/b", "to": "/tmp/a"}, "stand where they would go"),
        ({"form": 1}, "form"),
    ],
)
def test_what_cannot_be_is_refused(house: House, asked: dict[str, Any], says: str) -> None:
    assert says in house.refused("POST", "/duplicates/remove", asked)["detail"]
    assert says in house.refused("POST", "/duplicates/plan", asked)["detail"]


def test_what_went_aside_inside_a_watched_folder_is_not_taken_in_again(house: House, tmp_path: Path) -> None:
    music = tmp_path / "Music"
    kick = write_song(music / "kick.wav", 631)
    copied(kick, music / "kick copy.wav")
    house.ask("POST", "/watch", {"path": str(music), "role": "samples"})
    deadline = time.monotonic() + 60
    while not listed(house, music):
        assert time.monotonic() < deadline, house.ask("GET", "/watch")
        time.sleep(0.1)
    job = removed(house, folder=str(music), to=str(music / "Aside"))
    taken = house.ask("GET", "/watch")["taken"]
    time.sleep(3)  # longer than a file must stand still
    house.ask("POST", "/watch/rescan")
    later = write_song(music / "later.wav", 632)
    while not house.ask("GET", f"/assets?q=later&folder={music}")["items"]:
        assert time.monotonic() < deadline, house.ask("GET", "/watch")
        time.sleep(0.1)
    assert listed(house, music) == [], taken
    house.ask("POST", f"/jobs/{job['id']}/undo")
    assert {path.name for path in music.rglob("*.wav")} == {"kick.wav", "kick copy.wav", later.name}
    assert [len(paths) for paths in listed(house, music)] == [2]


def test_kills_on_the_way_lose_nothing_and_the_undo_gives_it_all_back(tmp_path: Path) -> None:
    samples, aside = tmp_path / "Samples", tmp_path / "aside"
    for seed in range(4):
        copied(write_song(samples / f"{seed}.wav", 640 + seed), samples / f"{seed} copy.wav")
    before = state(samples)
    house = House(tmp_path / "house")
    house.start()
    assert house.up()
    scanned(house, samples)
    house.stop()

    for number, place in enumerate(("after_rename", "after_done")):
        house.start(ROADIE_FAILPOINT=f"files.move.{place}", ROADIE_FAILPOINT_ONCE=str(tmp_path / place))
        if house.up() and number == 0:
            with contextlib.suppress(OSError):  # it may die before it answers
                house.ask("POST", "/duplicates/remove", {"to": str(aside)})
        assert house.died(30), place
    house.start()
    assert house.up()
    [job] = [each["id"] for each in house.ask("GET", "/jobs")["items"] if each["recipe"] == "duplicates"]
    assert house.wait(job)["state"] == "done"
    assert len(state(samples)) == len(state(aside)) == 4
    assert sorted([*state(samples).values(), *state(aside).values()]) == sorted(before.values())
    assert listed(house, tmp_path) == []
    house.kill()

    undoing = "files.undo.before_settle"
    house.start(ROADIE_FAILPOINT=undoing, ROADIE_FAILPOINT_ONCE=str(tmp_path / undoing))
    assert house.up()
    with pytest.raises(OSError):
        house.ask("POST", f"/jobs/{job}/undo")
    assert house.died(30)
    house.start()
    assert house.up()
    house.ask("POST", f"/jobs/{job}/undo")
    assert state(samples) == before and not aside.exists()
    assert [len(paths) for paths in listed(house, samples)] == [2] * 4
    house.stop()
