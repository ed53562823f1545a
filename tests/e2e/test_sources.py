"""What can be a source: an asset wherever it stands now, roadie's own results, a MIDI file; and asking twice."""

from __future__ import annotations

import shutil
import struct
from pathlib import Path

from mido import Message, MidiFile, MidiTrack

from tests.recovery.house import House, write_song


def test_an_asset_whose_file_moved_is_found_where_else_it_stands(house: House, tmp_path: Path) -> None:
    folder = tmp_path / "samples"
    first = write_song(folder / "a.wav", 301)
    second = Path(shutil.copy(first, folder / "b.wav"))
    house.wait(house.ask("POST", "/scans", {"path": str(folder)})["id"])
    asset = house.ask("GET", "/assets?q=a&sort=added&limit=1000")["items"]
    found = next(each for each in asset if str(first) in each["paths"])
    first.unlink()
    view = house.wait(house.request([{"asset": found["id"]}]))
    assert view["state"] == "done", view["error"]
    assert {Path(name).parts[0] for name in house.delivered()} == {"b"}
    write_song(second, 302)  # another sound now stands in its place, and the asset nowhere
    view = house.wait(house.request([{"asset": found["id"]}]))
    assert view["state"] == "failed" and view["error"]["code"] == "file_missing", view["error"]


def test_a_result_of_roadie_can_be_a_source_and_a_part_of_it_too(house: House, tmp_path: Path) -> None:
    song = write_song(tmp_path / "song.wav", 303)
    first = house.wait(house.submit(song, "source 2", "stems"), 120)
    stem = next(each for each in first["artifacts"] if each["delivered"])
    assert house.ask("GET", f"/assets/{stem['asset']}")["path"] == stem["path"]
    region = {"start_s": 0.1, "length_s": 0.5}
    view = house.wait(house.request([{"path": stem["path"], "region": region}]))
    assert view["state"] == "done", view["error"]
    house.ask("POST", f"/jobs/{first['id']}/undo")
    assert not Path(stem["path"]).exists()
    assert house.ask("GET", f"/jobs/{first['id']}")["undone"]


def test_a_midi_file_has_nothing_to_separate_and_the_job_says_so(house: House, tmp_path: Path) -> None:
    track = MidiTrack([Message("note_on", note=60, time=0), Message("note_off", note=60, time=480)])
    file = MidiFile(tracks=[track])
    file.save(tmp_path / "tune.mid")
    view = house.wait(house.request([{"path": str(tmp_path / "tune.mid")}], "full"))
    assert view["state"] == "failed", view["steps"]
    assert "tune.mid" in view["error"]["message"] and "midi" in view["error"]["message"].lower()
    assert house.delivered() == {}


def test_the_same_song_twice_is_two_results_that_one_undo_takes_back(house: House, tmp_path: Path) -> None:
    song = write_song(tmp_path / "song.wav", 304)
    job = house.request([{"path": str(song)}, {"path": str(song)}])
    view = house.wait(job)
    delivered = [each["path"] for each in view["artifacts"] if each["delivered"]]
    assert len(delivered) == len(set(delivered)) == len(house.delivered())
    house.ask("POST", f"/jobs/{job}/undo")
    assert house.delivered() == {}


def test_a_repeated_key_is_answered_though_its_recipe_is_gone(house: House, tmp_path: Path) -> None:
    recipe = house.home / "recipes" / "passing.toml"
    recipe.write_text((house.home / "recipes" / "light.toml").read_text().replace("light", "passing"))
    song = write_song(tmp_path / "song.wav", 305)
    job = house.submit(song, "source 5", "passing")
    recipe.unlink()
    assert house.submit(song, "source 5", "passing") == job
    assert house.wait(job)["state"] == "done"


def test_a_stem_has_the_place_of_its_own_source(house: House, tmp_path: Path) -> None:
    """Two files with the same sound, of which one says where on the timeline it begins."""
    plain = write_song(tmp_path / "plain.wav", 306)
    placed = placed_at(plain, tmp_path / "placed.wav", 441_000)
    for source, frames in ((plain, 0), (placed, 441_000), (placed, 441_000), (plain, 0)):
        view = house.wait(house.request([{"path": str(source)}], "stems"), 120)
        stems = [Path(each["path"]) for each in view["artifacts"] if each["delivered"]]
        assert stems and {place_of(stem) for stem in stems} == {frames}, source.name
    assert len({each["asset"] for each in view["inputs"]}) == 1


def placed_at(plain: Path, target: Path, frames: int) -> Path:
    """The same WAV with the chunk `bext` of EBU Tech 3285 at its end."""
    body = bytearray(602)
    struct.pack_into("<Q", body, 338, frames)
    content = plain.read_bytes() + b"bext" + struct.pack("<I", len(body)) + body
    target.write_bytes(content[:4] + struct.pack("<I", len(content) - 8) + content[8:])
    return target


def place_of(file: Path) -> int:
    """The time reference of a WAV; 0 without one."""
    _, found, after = file.read_bytes().partition(b"bext")
    return int(struct.unpack_from("<Q", after, 4 + 338)[0]) if found else 0
