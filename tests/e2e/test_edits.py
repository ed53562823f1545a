"""What a person edits is exported by a real daemon and told back; expected values are the edits themselves, read from
the delivered files by other libraries."""

from __future__ import annotations

import json
import urllib.error
from pathlib import Path
from typing import Any

import mido
import numpy as np
import pytest
import soundfile

from tests.recovery.house import House, write_song

RATE = 44100


def source(house: House, path: Path, seed: int) -> str:
    """An asset of the library, known from an earlier job."""
    view = house.wait(house.submit(write_song(path, seed), f"edits {seed}"))
    return str(view["inputs"][0]["asset"])


def put(house: House, asset: str, what: str, items: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    body = {"items": items, "deliver": {"folder": str(house.out / "edited")}, **more}
    return dict(house.ask("PUT", f"/assets/{asset}/{what}", body))


def written(view: dict[str, Any]) -> list[Path]:
    assert view["state"] == "done", view
    return [Path(each["path"]) for each in view["artifacts"] if each["delivered"]]


def refused(house: House, asset: str, what: str, items: list[dict[str, Any]]) -> tuple[int, str]:
    with pytest.raises(urllib.error.HTTPError) as caught:
        put(house, asset, what, items)
    return caught.value.code, caught.value.read().decode()


def test_slices_are_cut_where_they_were_put(house: House, tmp_path: Path) -> None:
    asset = source(house, tmp_path / "song.wav", 81)
    items = [
        {"start_frames": 4410, "length_frames": 2205, "class": "kick", "velocity": 99},
        {"start_frames": 20000, "length_frames": 10000, "kind": "loop", "class": "perc", "bars": 1.0},
    ]
    ack = put(house, asset, "slices", items)
    view = house.wait(ack["id"])
    paths = written(view)
    song, _ = soundfile.read(tmp_path / "song.wav", always_2d=True)
    for path, item in zip(paths, items, strict=True):
        cut, rate = soundfile.read(path, always_2d=True)
        assert (rate, len(cut)) == (RATE, item["length_frames"])
        inside = slice(int(0.003 * RATE), -int(0.003 * RATE))  # edges that would click are faded
        expected = song[item["start_frames"] : item["start_frames"] + item["length_frames"]]
        assert np.abs(cut - expected)[inside].max() < 2e-6
    assert "kick" in paths[0].name and paths[0].parent.name == "kick" and paths[1].parent.parent.name == "Loops"
    told = house.ask("GET", f"/assets/{asset}/slices")
    assert told["edited_by_job"] == ack["id"]
    assert [(each["start_frames"], each["length_frames"], each["class"]) for each in told["items"]] == [
        (4410, 2205, "kick"), (20000, 10000, "perc"),
    ]  # fmt: skip
    assert [house.ask("GET", f"/assets/{each['asset']}")["path"] for each in told["items"]] == list(
        map(str, paths)
    )
    assert put(house, asset, "slices", items)["id"] == ack["id"], "the same edit is not exported twice"
    told["items"][0]["start_frames"] += 10
    again = put(house, asset, "slices", told["items"])
    assert again["id"] != ack["id"] and len(written(house.wait(again["id"]))) == 2, "what GET gave can be put"


def test_slices_that_are_not_in_the_file_are_refused(house: House, tmp_path: Path) -> None:
    asset = source(house, tmp_path / "song.wav", 82)
    for items, says in (
        ([{"start_frames": 44000, "length_frames": 101}], "slice 1 ends behind the file"),
        ([{"start_frames": -1, "length_frames": 5}], "start_frames"),
        ([{"start_frames": 0, "length_frames": 0}], "length_frames"),
        ([], "items"),
    ):
        code, text = refused(house, asset, "slices", items)
        assert code in (400, 422) and says in text
    assert "edited_by_job" not in house.ask("GET", f"/assets/{asset}/slices")
    assert refused(house, "0" * 40, "slices", [{"start_frames": 0, "length_frames": 5}])[0] == 404


def test_notes_become_midi_on_the_tempo_map_of_the_project(house: House, tmp_path: Path) -> None:
    asset = source(house, tmp_path / "song.wav", 83)
    notes = [
        {"start_s": 0.5, "end_s": 1.0, "pitch": 40, "velocity": 90},
        {"start_s": 0.0, "end_s": 0.25, "pitch": 43},
    ]
    ack = put(
        house, asset, "notes", [{"stem": "bass", "notes": notes}], tempo_map=[{"at_s": 0.0, "bpm": 120.0}]
    )
    (path,) = [each for each in written(house.wait(ack["id"])) if each.suffix == ".mid"]
    file = mido.MidiFile(path)
    played = [message for message in file if message.type == "note_on"]
    assert [(message.note, message.velocity) for message in played] == [(43, 100), (40, 90)]
    ticks, at = [], 0
    for message in mido.merge_tracks(file.tracks):
        at += message.time
        if message.type == "note_on" and message.velocity:
            ticks.append(at)
    assert ticks == [0, file.ticks_per_beat]  # half a second at 120 bpm is a beat
    told = house.ask("GET", f"/assets/{asset}/notes")
    assert told["items"][0]["notes"][0]["pitch"] == 40 and told["edited_by_job"] == ack["id"]
    code, text = refused(house, asset, "notes", [{"notes": [{"start_s": 2, "end_s": 1, "pitch": 1}]}])
    assert code in (400, 422) and "note 1 ends before it begins" in text


def test_words_are_written_in_every_format(house: House, tmp_path: Path) -> None:
    asset = source(house, tmp_path / "song.wav", 84)
    words = [{"text": "Hello", "start_s": 0.1, "end_s": 0.4}, {"text": "there", "start_s": 0.5, "end_s": 0.9}]
    lines = [{"start_s": 0.1, "end_s": 0.9, "text": "Hello there", "words": words}]
    ack = put(house, asset, "lyrics", [{"language": "en", "lines": lines}])
    files = {path.suffix: path for path in written(house.wait(ack["id"]))}
    assert set(files) == {".json", ".lrc", ".srt", ".vtt"}
    assert "00:00:00,100 --> 00:00:00,900\nHello there" in files[".srt"].read_text()
    assert "[00:00.10]<00:00.10>Hello" in files[".lrc"].read_text()
    assert json.loads(files[".json"].read_text())["lines"][0]["words"][1]["text"] == "there"
    assert house.ask("GET", f"/assets/{asset}/lyrics")["items"][0]["lines"][0]["text"] == "Hello there"
    house.ask("POST", f"/jobs/{ack['id']}/undo")
    assert not any(path.exists() for path in files.values())
    assert put(house, asset, "lyrics", [{"language": "en", "lines": lines}])["id"] != ack["id"]
