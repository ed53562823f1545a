"""What belongs to an asset, asked of a real daemon: its file, its waveform."""

from __future__ import annotations

import json
import shutil
import urllib.error
from pathlib import Path

import pytest

from tests.recovery.house import House, write_song
from tests.recovery.tus import begin, kept, send, tus


def test_a_delivered_file_is_removed_with_its_line_in_the_sidecar(house: House, tmp_path: Path) -> None:
    view = house.wait(house.submit(write_song(tmp_path / "song.wav", 71), "k 71"))
    slices = [each for each in view["artifacts"] if each["delivered"]]
    gone, kept = slices[0], slices[1:]
    house.ask("DELETE", f"/assets/{gone['asset']}?file=1")
    assert not Path(gone["path"]).exists() and all(Path(each["path"]).exists() for each in kept)
    told = "".join(path.read_text() for path in house.out.rglob("roadie.json"))
    assert Path(gone["path"]).name not in told
    assert all(Path(each["path"]).name in told for each in kept)
    with pytest.raises(urllib.error.HTTPError) as caught:
        house.ask("GET", f"/assets/{gone['asset']}")
    assert caught.value.code == 404
    for each in kept:
        house.ask("DELETE", f"/assets/{each['asset']}?file=1")
    assert not list(house.out.rglob("roadie.json")), "a sidecar with nothing left to say"


def test_a_delivered_file_that_was_changed_since_is_not_removed(house: House, tmp_path: Path) -> None:
    """A person's own work at a delivered name: a removal takes none of the asset's files, as undo does."""
    songs = [write_song(tmp_path / name / "song.wav", 74) for name in ("a", "b")]
    views = [house.wait(house.submit(song, f"k 74 {song.parent.name}")) for song in songs]
    asset = next(each["asset"] for each in views[0]["artifacts"] if each["delivered"])
    paths = [Path(path) for path in house.ask("GET", f"/assets/{asset}")["paths"]]
    assert len(paths) == 2
    own = write_song(tmp_path / "own.wav", 75).read_bytes()
    paths[1].write_bytes(own)
    before = house.delivered()
    problem = house.refused("DELETE", f"/assets/{asset}?file=1")
    assert (problem["status"], problem["code"]) == (403, "forbidden")
    assert str(paths[1]) in problem["detail"]
    assert house.delivered() == before and paths[1].read_bytes() == own
    assert len(house.ask("GET", f"/assets/{asset}")["paths"]) == 2
    paths[1].unlink()
    house.ask("DELETE", f"/assets/{asset}?file=1")
    assert not paths[0].exists()


def test_an_uploaded_file_goes_with_its_asset(house: House, tmp_path: Path) -> None:
    for number, flag in enumerate(("", "?file=1")):
        data = write_song(tmp_path / "song.wav", 76 + number).read_bytes()
        where = begin(house, len(data), "up.wav")
        assert send(house, where, data) == 204
        asset = tus(house, "HEAD", where)[1]["roadie-asset"]
        [copy] = kept(house)
        assert house.wait(house.request([{"asset": asset}]))["state"] == "done"
        house.ask("DELETE", f"/assets/{asset}{flag}")
        assert not copy.exists() and not copy.parent.exists()
        assert house.refused("GET", f"/assets/{asset}")["code"] == "not_found"


def test_a_file_of_ones_own_stays_when_its_sound_was_uploaded_as_well(house: House, tmp_path: Path) -> None:
    song = write_song(tmp_path / "song.wav", 78)
    data = song.read_bytes()
    where = begin(house, len(data), "up.wav")
    assert send(house, where, data) == 204
    asset = tus(house, "HEAD", where)[1]["roadie-asset"]
    house.wait(house.request([{"path": str(song)}]))
    assert str(song) in house.refused("DELETE", f"/assets/{asset}?file=1")["detail"]
    assert len(kept(house)) == 1
    house.ask("DELETE", f"/assets/{asset}")
    assert kept(house) == [] and song.read_bytes() == data


def test_empty_names_and_tempos_that_are_none_are_refused(house: House, tmp_path: Path) -> None:
    asset = house.wait(house.submit(write_song(tmp_path / "song.wav", 79), "k 79"))["inputs"][0]["asset"]
    before = house.ask("GET", f"/assets/{asset}")
    for change in ({"name": ""}, {"name": " "}, {"class": ""}, {"class": " "}, {"class": "x" * 5000}):
        assert house.refused("PATCH", f"/assets/{asset}", change)["status"] == 422, change
    assert house.ask("GET", f"/assets/{asset}") == before
    made = house.ask("POST", "/collections", {"name": "mine"})["id"]
    assert house.refused("PATCH", f"/collections/{made}", {"name": ""})["status"] == 422
    for bpm in (-1e308, -1, 0, 1000):
        assert house.refused("PUT", "/transport", {"bpm": bpm})["status"] == 422
    assert house.ask("PUT", "/transport", {"bpm": 174})["bpm"] == 174


def test_a_lost_waveform_is_made_again_and_that_of_a_slice_when_it_is_asked_for(
    house: House, tmp_path: Path
) -> None:
    song = write_song(tmp_path / "song.wav", 72)
    view = house.wait(house.submit(song, "k 72"))
    source = view["inputs"][0]["asset"]
    before = house.ask("GET", f"/assets/{source}/peaks?n=50")
    shutil.rmtree(house.home / "cache" / "peaks")
    assert house.ask("GET", f"/assets/{source}/peaks?n=50") == before
    made = next(each["asset"] for each in view["artifacts"] if each["delivered"])
    assert len(house.ask("GET", f"/assets/{made}/peaks?n=50")["channels"]) == 2
    shutil.rmtree(house.home / "cache" / "peaks")
    song.unlink()
    with pytest.raises(urllib.error.HTTPError) as caught:
        house.ask("GET", f"/assets/{source}/peaks?n=50")
    assert json.loads(caught.value.read())["code"] == "file_missing"


def test_a_file_that_is_not_there_is_not_selected(house: House, tmp_path: Path) -> None:
    kept = {"asset": None, "path": str(write_song(tmp_path / "kept.wav", 73))}
    assert house.ask("PUT", "/selection", {"path": kept["path"]}) == kept
    for path, code in (
        (str(tmp_path / "nowhere.wav"), "file_missing"), (str(tmp_path), "file_missing"),
        (str(tmp_path / ("long" * 500)), "file_missing"), ("kept.wav", "bad_parameter"),
    ):  # fmt: skip
        problem = house.refused("PUT", "/selection", {"path": path})
        assert problem["code"] == code and path in problem["detail"]
    assert house.ask("GET", "/selection") == kept
    assert "long" in house.refused("POST", "/scans", {"path": "/" + "long" * 500})["detail"]
