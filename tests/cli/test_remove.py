"""`roadie library remove` of one of the files of a sound, with the real daemon."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import soundfile

from tests.cli.conftest import Ran
from tests.recovery.house import House, write_song

Roadie = Callable[..., Ran]


@pytest.fixture
def copies(warm: House, tmp_path: Path, roadie: Roadie) -> tuple[Path, Path]:
    """One sound in two files, which a person tagged and corrected."""
    first = write_song(tmp_path / "mine" / "boom.wav", 831)
    second = tmp_path / "mine" / "low thud.wav"
    shutil.copy(first, second)
    assert roadie("library", "scan", first.parent).code == 0
    assert roadie("library", "tag", first, "deep", "--class", "my class").code == 0
    return first, second


def found(roadie: Roadie, *words: object) -> list[dict]:
    return json.loads(roadie("search", *words, "--json").out)


def test_the_sound_stays_with_its_other_files_and_all_that_is_known_of_it(
    warm: House, tmp_path: Path, roadie: Roadie, copies: tuple[Path, Path]
) -> None:
    first, second = copies
    wave, rate = soundfile.read(first)
    soundfile.write(tmp_path / "mine" / "soft.wav", 0.3 * wave, rate)
    assert roadie("library", "scan", first.parent).code == 0
    for made in (("duplicates", "--near"), ("map",)):
        assert roadie("library", *made).code == 0
    (before,) = found(roadie, "--tag", "deep")
    near, places = warm.ask("GET", "/near-duplicates")["items"], warm.ask("GET", "/map")
    assert len(near) == 1 and places["placed"] == 2

    ran = roadie("library", "remove", first)
    assert ran.code == 0 and str(second) in ran.out and first.exists()
    (after,) = found(roadie, "--tag", "deep")
    assert after["paths"] == [str(second)]
    said = ("id", "class", "tags", "meta", "rating", "added_at")
    assert {key: after[key] for key in said} == {key: before[key] for key in said}
    assert after["name"] == "low thud.wav" and found(roadie, "boom.wav") == []
    assert [each["name"] for each in found(roadie, "--like", second)] == ["soft.wav"]
    now = warm.ask("GET", "/map")
    assert [now[key] for key in ("assets", "x", "y")] == [places[key] for key in ("assets", "x", "y")]
    (left,) = warm.ask("GET", "/near-duplicates")["items"]
    ids = {left["best"]["id"], *(each["id"] for each in left["others"])}
    assert ids == {near[0]["best"]["id"], *(each["id"] for each in near[0]["others"])}
    assert "does not know this file" in roadie("library", "tag", first, "x").err

    told = json.loads(roadie("library", "remove", second, "--json").out)["removed"]
    assert told[0]["left"] == [] and found(roadie, "--tag", "deep") == []
    assert warm.ask("GET", "/near-duplicates")["items"] == [] and warm.ask("GET", "/map")["placed"] == 1


def test_by_its_id_a_sound_goes_with_all_of_its_files(roadie: Roadie, copies: tuple[Path, Path]) -> None:
    (sound,) = found(roadie, "--tag", "deep")
    assert roadie("library", "remove", sound["id"]).code == 0
    assert found(roadie, "--in", copies[0].parent) == []


def test_a_file_that_stands_there_no_longer_while_its_copy_does_is_forgotten(
    warm: House, roadie: Roadie, copies: tuple[Path, Path]
) -> None:
    first, second = copies
    first.unlink()
    assert roadie("library", "scan", first.parent).code == 0
    assert json.loads(roadie("library", "stats", "--json").out)["missing"] == 1
    assert roadie("library", "remove", first).code == 0
    assert json.loads(roadie("library", "stats", "--json").out)["missing"] == 0
    assert [each["paths"] for each in found(roadie, "--tag", "deep")] == [[str(second)]]
    refused = warm.refused("DELETE", f"/assets/{found(roadie, '--tag', 'deep')[0]['id']}?path={first}")
    assert (refused["status"], refused["code"]) == (404, "not_found")


def test_what_was_written_into_a_forgotten_file_is_still_taken_back(
    roadie: Roadie, copies: tuple[Path, Path]
) -> None:
    before = [path.read_bytes() for path in copies]
    job = json.loads(roadie("library", "write-tags", *copies, "--json").out)["id"]
    assert [path.read_bytes() for path in copies] != before
    assert roadie("library", "remove", copies[0]).code == 0
    undone = roadie("jobs", "undo", job)
    assert undone.code == 0 and [path.read_bytes() for path in copies] == before
    assert [each["paths"] for each in found(roadie, "--tag", "deep")] == [[str(copies[1])]]
    assert (
        roadie("library", "scan", copies[0].parent).code == 0
    )  # a scan knows it again, with all that is said of it
    assert [each["paths"] for each in found(roadie, "--tag", "deep")] == [[str(path) for path in copies]]


def test_of_two_delivered_files_the_one_named_is_removed(warm: House, tmp_path: Path, roadie: Roadie) -> None:
    songs = [write_song(tmp_path / name / "song.wav", 834) for name in ("a", "b")]
    views = [warm.wait(warm.submit(song, f"k 834 {song.parent.name}")) for song in songs]
    asset = next(each["asset"] for each in views[0]["artifacts"] if each["delivered"])
    here, there = map(Path, warm.ask("GET", f"/assets/{asset}")["paths"])
    assert roadie("library", "remove", here, "--file").code == 0
    assert not here.exists() and there.exists()
    assert warm.ask("GET", f"/assets/{asset}")["paths"] == [str(there)]
