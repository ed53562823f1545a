"""The job panel, tags, and sounds that are alike."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.reaper.session import Ended, Reaper, Tree, choose, go, item, track, write
from tests.recovery.house import House, write_song

RATE = 44100


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = House(tmp_path_factory.mktemp("house"))
    made.start(ROADIE_PAUSE_HEAVY="recording")
    assert made.up()
    yield made
    made.stop()


def project(path: Path, song: Path) -> Tree:
    return {"path": str(path / "song.rpp"), "tracks": [track("Git", item(song, 0.0, 1.0))]}


def test_files_of_a_job_are_taken_back_and_made_again(reaper: Reaper, daemon: House, tmp_path: Path) -> None:
    daemon.out = tmp_path / "out"
    daemon.wait(daemon.submit(write_song(tmp_path / "song.wav", 5), "five"))
    assert daemon.delivered()
    reaper.run("jobs", {"tracks": []}, [{"see": "done", "key": "u"}, {"see": "undone", "key": "q"}])
    assert daemon.delivered() == {}
    reaper.run("jobs", {"tracks": []}, [{"see": "undone", "key": "r"}, {"see": "done       100%", "key": "q"}])
    assert daemon.delivered()


def test_a_job_that_waits_is_cancelled(reaper: Reaper, daemon: House, tmp_path: Path) -> None:
    daemon.ask("PUT", "/transport", {"playing": True, "recording": True})
    try:
        job = daemon.request([{"path": str(write_song(tmp_path / "song.wav", 6))}], "stems")
        reaper.run("jobs", {"tracks": []}, [{"see": "stems", "key": "c"}, {"see": "cancelled", "key": "esc"}])
        assert daemon.ask("GET", f"/jobs/{job}")["state"] == "cancelled"
    finally:
        daemon.ask("PUT", "/transport", {})


def test_what_cannot_be_done_to_a_job_is_said_and_the_panel_stays(
    reaper: Reaper, daemon: House, tmp_path: Path
) -> None:
    daemon.ask("PUT", "/transport", {"playing": True, "recording": True})
    try:
        job = daemon.request([{"path": str(write_song(tmp_path / "song.wav", 9))}], "stems")
        keys = [
            {"see": "stems", "key": "u"}, {"see": "Cancel it first", "key": "c"}, {"see": "cancelled", "key": "q"},
        ]  # fmt: skip
        assert reaper.run("jobs", {"tracks": []}, keys).messages == []
        assert daemon.ask("GET", f"/jobs/{job}")["state"] == "cancelled"
    finally:
        daemon.ask("PUT", "/transport", {})


def test_tags_reach_the_library_and_the_file_is_shown(reaper: Reaper, daemon: House, tmp_path: Path) -> None:
    song = write_song(tmp_path / "süßer song.wav", 8)
    keys = [{"see": "Done", "key": "enter"}]
    ended = reaper.run("tag", project(tmp_path, song), keys, answers=["punchy, very loud "])
    assert ended.explorer == [{"path": str(song), "play": False}]
    (asset,) = [
        each for each in daemon.ask("GET", "/assets?q=s%C3%BC%C3%9Fer")["items"] if each["path"] == str(song)
    ]
    assert {each["label"] for each in asset["tags"] if each["origin"] == "user"} == {"punchy", "very loud"}
    again = reaper.run("tag", project(tmp_path, song), [], answers=[])
    assert again.explorer == [], "the dialog was closed: nothing happens"


def burst(path: Path, hz: float, seed: int) -> Path:
    """A short noise round a frequency."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(0.3 * RATE)) / RATE
    wave = (np.sin(2 * np.pi * hz * time) + 0.1 * rng.standard_normal(len(time))) * np.exp(-time / 0.05)
    return write(path, 0.5 * wave)


def test_what_sounds_alike_is_heard_and_inserted(reaper: Reaper, daemon: House, tmp_path: Path) -> None:
    sounds = tmp_path / "sounds"
    for number in range(3):
        burst(sounds / f"low {number}.wav", 60 + number, number)
        burst(sounds / f"high {number}.wav", 5000 + 100 * number, 10 + number)
    daemon.wait(daemon.ask("POST", "/scans", {"path": str(sounds)})["id"])
    before = {"tracks": [track("Git", item(sounds / "low 0.wav", 0.0, 0.3))]}
    keys = [{"see": "low 1", "key": "space"}, {"key": "enter"}, {"key": "q"}]
    ended = reaper.run("similar", before, keys, cursor=7.25)
    (heard,) = ended.explorer
    assert heard["play"] is True and Path(heard["path"]).name.startswith("low"), "the nearest stands first"
    made = ended.track("Git")["items"][1]
    assert made["takes"][0]["source"]["file"] == heard["path"]
    assert (made["values"]["D_POSITION"], made["values"]["D_LENGTH"]) == (7.25, pytest.approx(0.3, abs=1e-4))
    assert [point["text"].startswith("roadie: insert low") for point in ended.undo] == [True]


def test_a_file_that_cannot_be_compared_is_said_to_be(reaper: Reaper, daemon: House, tmp_path: Path) -> None:
    silent = write(tmp_path / "silent.wav", np.zeros(RATE))
    ended = reaper.run(
        "similar", {"tracks": [track("Git", item(silent, 0.0, 1.0))]}, [{"see": "Nothing", "key": "esc"}]
    )
    told = " ".join(each["text"] for each in ended.messages)
    assert ended.undo == [] and ended.explorer == []
    assert told == "" or "silent.wav" in told


def separated(reaper: Reaper, tmp_path: Path, seed: int) -> tuple[Tree, Ended]:
    """A bass of a song of that seed in the project: the project before, and the session that made it."""
    reaper.ext["roadie/choices.separate"] = choose(what="only bass")
    song = write_song(tmp_path / f"song {seed}.wav", seed)
    before = {"path": str(tmp_path / "song.rpp"), "tracks": [track("Git", item(song, 0.0, 0.5))]}
    ended = reaper.run("separate", before, go("only bass"))
    assert ended.names == ["Git", "Git stems", "bass"]
    return before, ended


def test_taking_back_a_jobs_files_takes_back_its_step_in_the_project(reaper: Reaper, tmp_path: Path) -> None:
    _, placed = separated(reaper, tmp_path, 21)
    keys = [{"see": "done", "key": "u"}, {"see": "and what they were for", "key": "q"}]
    ended = reaper.run("jobs", placed.project, keys, after=placed)
    assert ended.names == ["Git"] and ended.undo == []
    assert list((tmp_path / "roadie").rglob("*.wav")) == []


def test_what_was_done_since_is_not_undone_with_it(reaper: Reaper, tmp_path: Path) -> None:
    _, placed = separated(reaper, tmp_path, 22)
    placed.change_count += 1  # something else was done in the project
    keys = [{"see": "done", "key": "u"}, {"see": "1 item of this project still plays them", "key": "q"}]
    ended = reaper.run("jobs", placed.project, keys, after=placed)
    assert ended.names == placed.names and len(ended.undo) == 1


def test_a_job_under_way_has_a_bar(reaper: Reaper, daemon: House, tmp_path: Path) -> None:
    def bars() -> list[Tree]:
        keys = [{"see": "song 23", "picture": "jobs", "key": "q"}]
        drawn = reaper.run("jobs", {"tracks": []}, keys).pictures["jobs"]
        return [each for each in drawn if each["what"] == "rect" and each["h"] == 3]

    daemon.ask("PUT", "/transport", {"playing": True, "recording": True})
    try:
        job = daemon.request([{"path": str(write_song(tmp_path / "song 23.wav", 23))}], "stems")
        trough, bar = bars()
        assert (trough["x"], trough["y"]) == (bar["x"], bar["y"]) and bar["w"] < trough["w"]
        daemon.ask("POST", f"/jobs/{job}/cancel")
        daemon.wait(job)
        assert bars() == []
    finally:
        daemon.ask("PUT", "/transport", {})
