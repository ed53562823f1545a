"""Jobs as a client sees them: a real daemon, real workers, real files, over HTTP."""

from __future__ import annotations

import json
import shutil
import urllib.error
from pathlib import Path
from typing import Any

import pytest
import soundfile

from tests.recovery.house import House, write_song


def refused(house: House, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
    with pytest.raises(urllib.error.HTTPError) as caught:
        house.ask(method, path, body)
    return caught.value.code, json.loads(caught.value.read())


def test_one_bad_input_of_three_is_named_and_the_others_are_delivered(house: House, tmp_path: Path) -> None:
    good = [write_song(tmp_path / f"good {n}.wav", n) for n in (1, 2)]
    bad = tmp_path / "shopping list.wav"
    bad.write_text("eggs, milk")
    inputs = [{"path": str(path)} for path in (good[0], bad, good[1])]
    view = house.wait(house.request(inputs))
    assert view["state"] == "done"
    assert [each["state"] for each in view["inputs"]] == ["done", "failed", "done"]
    assert view["inputs"][1]["error"]["code"] == "unreadable_audio"
    assert any("shopping list.wav" in warning for warning in view["warnings"])
    assert {Path(name).parts[0] for name in house.delivered()} == {"good 1", "good 2"}


def test_a_job_whose_only_input_is_bad_fails_and_writes_nothing(house: House, tmp_path: Path) -> None:
    view = house.wait(house.submit(tmp_path / "nothing here.wav", "k 2"))
    assert view["state"] == "failed"
    assert view["error"]["code"] == "file_missing" and "nothing here.wav" in view["error"]["message"]
    assert house.delivered() == {}


def test_undo_takes_back_what_is_unchanged_and_retry_delivers_again(house: House, tmp_path: Path) -> None:
    job = house.submit(write_song(tmp_path / "song.wav", 1), "k 3")
    house.wait(job)
    before = house.delivered()
    changed = house.out / sorted(before)[0]
    changed.write_bytes(changed.read_bytes() + b"edited by the user")
    report = house.ask("POST", f"/jobs/{job}/undo")
    assert [each["path"] for each in report["kept"]] == [str(changed)]
    assert list(house.delivered()) == [str(changed.relative_to(house.out))]
    house.ask("POST", f"/jobs/{job}/retry")
    view = house.wait(job)
    assert view["state"] == "done" and not view["undone"]
    after = house.delivered()
    assert set(before.values()) <= set(after.values())
    assert after[str(changed.relative_to(house.out))] not in before.values(), "the user's edit was overwritten"


def test_the_same_work_for_another_job_comes_from_the_cache(house: House, tmp_path: Path) -> None:
    song = write_song(tmp_path / "song.wav", 50)
    house.wait(house.submit(song, "one 4"))
    copy = tmp_path / "a copy under another name.wav"
    shutil.copy(song, copy)
    view = house.wait(house.submit(copy, "two 4"))
    slices = next(step for step in view["steps"] if step["step"] == "slices")
    assert slices["attempt"] == 0 and "from the cache" in slices["reason"]


def test_a_region_counts_in_the_key_and_bounds_what_is_cut(house: House, tmp_path: Path) -> None:
    song = write_song(tmp_path / "song.wav", 1)
    whole = house.wait(house.submit(song, "whole 5"))
    part = house.wait(house.request([{"path": str(song), "region": {"start_s": 0.3, "length_s": 0.3}}]))
    assert 0 < len(part["artifacts"]) < len(whole["artifacts"])
    lengths = [soundfile.info(each["path"]).duration for each in part["artifacts"] if each["kind"] == "slice"]
    assert lengths and max(lengths) <= 0.3
    view = house.wait(house.request([{"path": str(song), "region": {"start_s": 9.0}}]))
    assert view["state"] == "failed" and "begins at 9.000 s" in view["error"]["message"]


def test_a_repeated_key_gives_the_same_job_and_another_body_is_a_conflict(house: House, tmp_path: Path) -> None:
    song = write_song(tmp_path / "song.wav", 1)
    assert house.submit(song, "k 6") == house.submit(song, "k 6")
    other = {"recipe": "light", "inputs": [{"path": "/elsewhere.wav"}], "idempotency_key": "k 6"}
    assert refused(house, "POST", "/jobs", other)[0] == 409


LONG_AND_SHORT = {"min_length_s": 2, "max_length_s": 1}


def tempos(*points: tuple[float, float]) -> dict[str, Any]:
    """A request with a tempo map of (seconds, bpm)."""
    tempo_map = [{"at_s": at_s, "bpm": bpm} for at_s, bpm in points]
    return {"recipe": "light", "inputs": [{"path": "/a.wav"}], "tempo_map": tempo_map}


@pytest.mark.parametrize(
    ("body", "code", "says"),
    [
        ({"recipe": "ligth", "inputs": [{"path": "/a.wav"}]}, "not_found", "Did you mean 'light'"),
        ({"recipe": "light", "inputs": [{"path": "a.wav"}]}, "bad_parameter", "absolute"),
        ({"recipe": "light", "inputs": [{}]}, "bad_parameter", "path or an asset"),
        ({"recipe": "light", "inputs": [{"path": "/a.wav"}], "params": {"slices": {"x": 1}}}, "bad_parameter", "'x'"),
        ({"recipe": "light", "inputs": [{"path": "/a.wav"}], "deliver": {"folder": "/usr/x"}}, "forbidden", "system"),
        ({"recipe": "light", "inputs": [{"path": "/a.wav"}], "deliver": {"folder": "out"}}, "forbidden", "absolute"),
        ({"recipe": "light", "inputs": [{"path": "/a.wav"}], "deliver": {"folder": ""}}, "forbidden", "absolute"),
        ({"recipe": "light", "inputs": [{"path": "/a.wav"}], "deliver": {"to": ["moon"]}}, "bad_parameter", "'moon'"),
        (tempos(), "bad_parameter", "empty"),
        (tempos((0.0, 2.0)), "invalid", "tempo_map[0].bpm"),
        (tempos((0.0, 120.0), (3e6, 90.0)), "invalid", "tempo_map[1].at_s"),
        (tempos((1.0, 120.0), (1.0, 90.0)), "bad_parameter", "forward in time at 1 s"),
        (tempos((1.0, 120.0), (0.5, 90.0)), "bad_parameter", "forward in time at 0.5 s"),
        ({"recipe": "light", "inputs": [{"path": "/a.wav"}], "params": {"slices": LONG_AND_SHORT}}, "bad_parameter",
         "min_length_s 2 is above max_length_s 1"),
    ],
)  # fmt: skip
def test_a_wrong_request_is_refused_at_once(house: House, body: Any, code: str, says: str) -> None:
    before = house.ask("GET", "/jobs?limit=1")["items"][:1]
    _, problem = refused(house, "POST", "/jobs", body)
    assert problem["code"] == code
    assert says in problem["detail"]
    newest = house.ask("GET", "/jobs?limit=1")["items"][:1]
    assert [each["id"] for each in newest] == [each["id"] for each in before]


def test_results_may_not_go_through_a_link_into_a_forbidden_folder(house: House, tmp_path: Path) -> None:
    (tmp_path / "innocent").symlink_to("/usr/share")
    body = {
        "recipe": "light",
        "inputs": [{"path": "/a.wav"}],
        "deliver": {"folder": str(tmp_path / "innocent")},
    }
    assert refused(house, "POST", "/jobs", body)[1]["code"] == "forbidden"


def test_a_cancelled_job_delivers_nothing_and_can_be_asked_again(house: House, tmp_path: Path) -> None:
    long = write_song(tmp_path / "song.wav", 51, hits=40)
    job = house.submit(long, "k 9")
    house.ask("POST", f"/jobs/{job}/cancel")
    view = house.ask("GET", f"/jobs/{job}")
    assert view["state"] == "cancelled"
    assert house.delivered() == {}
    house.ask("POST", f"/jobs/{job}/retry")
    assert house.wait(job)["state"] == "done"
    assert house.delivered()


def test_delivered_files_say_where_they_come_from_and_are_in_the_library(house: House, tmp_path: Path) -> None:
    song = write_song(tmp_path / "song.wav", 52)
    job = house.submit(song, "k 10")
    view = house.wait(job)
    sidecars = list(house.out.rglob("roadie.json"))
    assert sidecars
    text = "".join(path.read_text() for path in sidecars)
    assert job in text and str(song) in text
    for name in house.delivered():
        assert Path(name).name in text
    source = view["inputs"][0]["asset"]
    found = house.ask("GET", f"/assets/{source}/derived")
    items = found["items"] if isinstance(found, dict) else found
    assert {Path(each["path"]).name for each in items} == {Path(name).name for name in house.delivered()}
    assert house.ask("GET", "/assets?q=song")["items"]


def test_a_scan_indexes_in_place_follows_moves_and_lists_what_it_cannot_read(
    house: House, tmp_path: Path
) -> None:
    folder = tmp_path / "samples"
    for number in range(4):
        write_song(folder / f"{number}.wav", 100 + number)
    (folder / "broken.wav").write_bytes(b"RIFF")
    scan = _scan(house, folder)
    assert any("broken.wav" in warning for warning in scan["warnings"])
    found = house.ask("GET", "/assets?q=0.wav&sort=name")["items"]
    assert [each["path"] for each in found if str(folder) in str(each["paths"])]
    asset = next(each["id"] for each in found if str(folder / "0.wav") in each["paths"])
    house.ask("PATCH", f"/assets/{asset}", {"tags": ["mine"]})
    (folder / "sub").mkdir()
    (folder / "0.wav").rename(folder / "sub" / "renamed.wav")
    _scan(house, folder)
    found = house.ask("GET", f"/assets/{asset}")
    assert found["paths"] == [str(folder / "sub" / "renamed.wav")]
    assert [tag["label"] for tag in found["tags"] if tag["origin"] == "user"] == ["mine"]


def _scan(house: House, folder: Path) -> dict[str, Any]:
    return house.wait(house.ask("POST", "/scans", {"path": str(folder)})["id"])


def test_several_regions_of_a_song_are_separated_once_and_cut_to_the_frame(
    house: House, tmp_path: Path
) -> None:
    song = write_song(tmp_path / "song.wav", 60)
    regions = [{"start_s": 0.1, "length_s": 0.3}, {"start_s": 0.5, "length_s": 0.25}]
    view = house.wait(
        house.request([{"path": str(song), "region": region} for region in regions], "stems"), 120
    )
    assert view["state"] == "done", view
    whole = [step for step in view["steps"] if step["step"] == "stems-cover"]
    assert len(whole) == 2 and {step["attempt"] for step in whole} <= {0, 1}
    stems = [each for each in view["artifacts"] if each["delivered"]]
    assert len(stems) == 8
    audio, rate = soundfile.read(song)
    for index, region in enumerate(regions):
        parts = [each["path"] for each in stems if each["id"].startswith(f"{view['id']}.{index}.")]
        start = round(region["start_s"] * rate)
        expected = audio[start : start + round(region["length_s"] * rate)]
        total = sum(soundfile.read(path)[0] for path in parts)
        assert total.shape == expected.shape
        assert abs(total - expected).max() < 1e-4


def test_exporting_again_adds_what_is_new_and_doubles_nothing(house: House, tmp_path: Path) -> None:
    samples, out = tmp_path / "samples", tmp_path / "exported"
    write_song(samples / "exportable one.wav", 201)
    _scan(house, samples)
    body = {"query": {"q": "exportable"}, "folder": str(out)}
    first = house.wait(house.ask("POST", "/exports", body)["id"])
    write_song(samples / "exportable two.wav", 202)
    _scan(house, samples)
    second = house.wait(house.ask("POST", "/exports", body)["id"])
    assert sorted(path.name for path in out.rglob("*.wav")) == ["exportable one.wav", "exportable two.wav"]
    house.ask("POST", f"/jobs/{second['id']}/undo")
    assert [path.name for path in out.rglob("*.wav")] == ["exportable one.wav"]
    house.ask("POST", f"/jobs/{first['id']}/undo")
    assert not out.exists()
    nothing = house.wait(house.ask("POST", "/exports", {**body, "query": {"q": "no such word"}})["id"])
    assert any("nothing" in warning for warning in nothing["warnings"])


def test_an_undo_lists_the_files_that_were_moved_away(house: House, tmp_path: Path) -> None:
    job = house.submit(write_song(tmp_path / "song.wav", 57), "undo moved")
    paths = [Path(each["path"]) for each in house.wait(job)["artifacts"] if each["delivered"]]
    (tmp_path / "away").mkdir()
    for path in paths[1:]:
        path.rename(tmp_path / "away" / path.name)
    report = house.ask("POST", f"/jobs/{job}/undo")
    assert (report["removed"], report["kept"]) == ([str(paths[0])], [])
    assert sorted(report["gone"]) == sorted(map(str, paths[1:]))
    assert len(list((tmp_path / "away").iterdir())) == len(paths) - 1 > 1


@pytest.mark.parametrize("first", [0, 1])
def test_no_folder_stays_of_jobs_that_shared_it(house: House, tmp_path: Path, first: int) -> None:
    house.out.mkdir()
    songs = [write_song(tmp_path / name / "song.wav", 58 + number) for number, name in enumerate("ab")]
    jobs = [house.submit(song, f"shared {song.parent.name} {first}") for song in songs]
    for job in jobs:
        assert house.wait(job)["state"] == "done"
    for job in (jobs[first], jobs[1 - first]):
        assert house.ask("POST", f"/jobs/{job}/undo")["kept"] == []
    assert list(house.out.iterdir()) == []
