"""Projects on a real daemon: what they use is told, protected and found again."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.projects.projects import als, clip, file_ref_12, write_als
from tests.recovery.house import House, write_song


def test_a_file_that_a_project_uses_survives_an_undo(house: House, tmp_path: Path) -> None:
    song = write_song(tmp_path / "song.wav", 401)
    job = house.request([{"path": str(song)}])
    view = house.wait(job)
    delivered = sorted(each["path"] for each in view["artifacts"] if each["delivered"])
    assert len(delivered) >= 2
    used = delivered[0]
    project = tmp_path / "projects" / "Song.rpp"
    project.parent.mkdir()
    project.write_text(
        '<REAPER_PROJECT 0.1 "7.0" 1\n  TEMPO 96 3 4\n  <TRACK\n    NAME hits\n    <ITEM\n      POSITION 2\n'
        f'      LENGTH 1\n      <SOURCE WAVE\n        FILE "{used}"\n      >\n    >\n  >\n>\n'
    )
    scanned = house.wait(house.ask("POST", "/projects/scans", {"path": str(project.parent)})["id"])
    assert scanned["state"] == "done", scanned
    asset = next(each["asset"] for each in view["artifacts"] if each["path"] == used)
    users = house.ask("GET", f"/assets/{asset}/used-by")["items"]
    assert [(each["project_path"], each["uses"][0]["at_s"]) for each in users] == [(str(project), 2.0)]
    undone = house.ask("POST", f"/jobs/{job}/undo")
    assert [each["path"] for each in undone["kept"]] == [used]
    assert "project" in undone["kept"][0]["why"]
    assert Path(used).is_file()
    assert not any(Path(path).exists() for path in delivered[1:])


def test_missing_files_are_found_by_what_they_sound_like_or_by_name(house: House, tmp_path: Path) -> None:
    samples = tmp_path / "samples"
    known = write_song(samples / "kick.wav", 402)
    named = write_song(samples / "deep" / "snare.wav", 403)
    house.wait(house.ask("POST", "/scans", {"path": str(samples)})["id"])
    text = als(
        "MainTrack", "Ableton Live 12",
        clip(0, 0, 4, file_ref_12("samples/kick.wav", "", 1)) + clip(4, 4, 8, file_ref_12("old/Snare.wav", "", 1))
        + clip(8, 8, 12, file_ref_12("old/never.wav", "", 1)),
        '<FloatEvent Time="-63072000" Value="140" />', '<EnumEvent Time="-63072000" Value="200" />',
    )  # fmt: skip
    path = write_als(tmp_path / "Set.als", text)
    first = house.ask("POST", "/projects", {"path": str(path)})
    assert first["tempo_map"] == [{"at_s": 0.0, "bpm": 140.0, "num": 3, "den": 4, "ramp": False}]
    assert first["missing"] == 2
    moved = samples / "moved" / "k.wav"
    moved.parent.mkdir()
    shutil.move(known, moved)
    house.wait(house.ask("POST", "/scans", {"path": str(samples)})["id"])
    files = {Path(each["path"]).name: each for each in house.ask("GET", f"/projects/{first['id']}")["files"]}
    assert (files["kick.wav"]["stands"], files["kick.wav"]["found"]) == (None, str(moved))
    assert files["kick.wav"]["found_by"] == "hash"
    assert (files["Snare.wav"]["found"], files["Snare.wav"]["found_by"]) == (str(named), "name")
    assert (files["never.wav"]["found"], files["never.wav"]["found_by"]) == (None, None)


def test_a_damaged_version_keeps_what_is_known_of_the_last_good_one(house: House, tmp_path: Path) -> None:
    used = write_song(tmp_path / "a.wav", 404)
    path = tmp_path / "Song.rpp"
    path.write_text(f'<REAPER_PROJECT 0.1 "7.0" 1\n<TRACK\n<ITEM\n<SOURCE WAVE\nFILE "{used}"\n>\n>\n>\n>\n')
    first = house.ask("POST", "/projects", {"path": str(path)})
    path.write_text(path.read_text()[:40])
    refused = house.refused("POST", "/projects", {"path": str(path)})
    assert (refused["status"], refused["code"]) == (422, "unreadable_project")
    again = house.ask("GET", f"/projects/{first['id']}")
    assert "cut off" in again["problem"]
    assert [each["path"] for each in again["files"]] == [str(used)]


def test_a_kit_of_a_jobs_samples(house: House, tmp_path: Path) -> None:
    song = write_song(tmp_path / "kit song.wav", 405)
    view = house.wait(house.request([{"path": str(song)}]))
    shots = [each["asset"] for each in view["artifacts"] if each["delivered"]]
    for asset, label in zip(shots, ["kick", "snare", "kick"], strict=False):
        house.ask("PATCH", f"/assets/{asset}", {"class": label})
    kit = house.ask("POST", "/kits", {"name": "Friday", "slots": [{"asset": asset} for asset in shots[:3]]})
    notes = {each["asset"]: each["note"] for each in kit["slots"]}
    assert (notes[shots[0]], notes[shots[1]]) == (36, 38)
    assert notes[shots[2]] not in (36, 38)
    layered = house.ask(
        "PATCH", f"/kits/{kit['id']}", {"slots": [{"asset": each} for each in shots[:3]], "layers": True}
    )
    kicks = [(each["low_velocity"], each["high_velocity"]) for each in layered["slots"] if each["note"] == 36]
    assert kicks == [(1, 64), (65, 127)]
    assert house.refused("POST", "/kits", {"name": "Friday", "job": view["id"]})["code"] == "conflict"
    assert house.refused("POST", "/kits", {"name": "Empty", "job": "none"})["code"] == "bad_parameter"
    house.ask("DELETE", f"/kits/{kit['id']}")
    assert kit["id"] not in [each["id"] for each in house.ask("GET", "/kits")["items"]]
