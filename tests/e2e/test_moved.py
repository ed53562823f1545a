"""Files and folders that were moved, deleted, or are on a drive that is away: where their sounds are told to be."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.recovery.house import House, write_song


def scan(house: House, folder: Path) -> list[str]:
    job = house.wait(house.ask("POST", "/scans", {"path": str(folder)})["id"])
    assert job["state"] == "done", job
    return list(job["warnings"])


def found(house: House, **query: Any) -> list[dict[str, Any]]:
    return list(house.ask("GET", f"/assets?{urlencode(query)}")["items"])


def in_two_places(house: House, folder: Path) -> list[str]:
    groups = house.ask("GET", "/duplicates")["items"]
    return [path for group in groups for path in group["paths"] if Path(path).is_relative_to(folder)]


def test_a_folder_that_was_renamed_is_found_at_its_new_place_alone(house: House, tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    write_song(before / "kick.wav", 701)
    scan(house, before)
    [kick] = found(house, folder=before)
    house.ask("PATCH", f"/assets/{kick['id']}", {"tags": ["mine"]})
    before.rename(after)
    scan(house, after)
    [moved] = found(house, tag="mine")
    assert (moved["id"], moved["paths"], moved["missing"]) == (kick["id"], [str(after / "kick.wav")], False)
    assert in_two_places(house, tmp_path) == []
    assert found(house, folder=before) == []

    after.rename(before)  # and back: nothing of it is heard anew
    scan(house, before)
    assert [each["paths"] for each in found(house, tag="mine")] == [[str(before / "kick.wav")]]


def test_a_folder_that_is_gone_is_scanned_and_its_sounds_are_missing_until_it_is_back(
    house: House, tmp_path: Path
) -> None:
    drive, away = tmp_path / "drive", tmp_path / "away"
    write_song(drive / "pack" / "hat.wav", 711)
    here = tmp_path / "here" / "hat.wav"
    here.parent.mkdir()
    scan(house, drive)
    [hat] = found(house, folder=drive)
    house.ask("PATCH", f"/assets/{hat['id']}", {"tags": ["kept"], "rating": 4})
    shutil.copyfile(drive / "pack" / "hat.wav", here)
    drive.rename(away)
    for folder in (drive / "pack", drive):
        [line] = scan(house, folder)
        assert str(folder) in line and "gone" in line
        assert found(house, tag="kept") == []
    [missing] = found(house, tag="kept", missing="true")
    assert missing["missing"] and missing["paths"] == []
    assert [each["id"] for each in found(house, path=drive / "pack" / "hat.wav", missing="true")] == [hat["id"]]

    scan(house, here.parent)  # a copy of it elsewhere
    assert found(house, tag="kept")[0]["paths"] == [str(here)]
    away.rename(drive)
    assert scan(house, drive) == []
    [back] = found(house, tag="kept")
    assert (back["id"], back["rating"]) == (hat["id"], 4)
    assert back["paths"] == sorted([str(here), str(drive / "pack" / "hat.wav")])


def test_a_folder_that_never_was_is_refused(house: House, tmp_path: Path) -> None:
    assert "no such folder" in house.refused("POST", "/scans", {"path": str(tmp_path / "none")})["detail"]


def test_what_a_gone_file_sounded_like_is_still_looked_for(house: House, tmp_path: Path) -> None:
    one, other = (write_song(tmp_path / "pair" / f"{seed}.wav", seed) for seed in (721, 722))
    scan(house, one.parent)
    one.unlink()
    assert str(other) in [each["path"] for each in found(house, like=one)]
    never = urlencode({"like": str(tmp_path / "never.wav")})
    assert "cannot be opened" in house.refused("GET", f"/assets?{never}")["detail"]
