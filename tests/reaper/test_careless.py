"""What goes wrong at a person's desk: each time it is said, with what to do, and nothing is left half done."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.reaper.session import YES, Reaper, Tree, choose, item, track, write
from tests.recovery.house import House

ACTIONS = ["separate", "midi", "slices", "lyrics", "chain", "tag", "similar"]


def saved(path: Path, *items: Tree) -> Tree:
    return {"path": str(path / "song.rpp"), "tracks": [track("Git", *items)]}


def offline(path: Path) -> Tree:
    """An item of a file that REAPER could not open."""
    made = item(path, 0.0, 0.5)
    made["takes"][0]["source"]["offline"] = True
    return made


MIDI = {"selected": True, "values": {"D_POSITION": 0.0, "D_LENGTH": 1.0}, "takes": [{"midi": {"notes": []}}]}
BAD: dict[str, Callable[[Path, Path], Tree]] = {
    "it is MIDI already": lambda song, folder: MIDI,
    "it is empty": lambda song, folder: {**MIDI, "takes": []},
    "it plays nothing of its file": lambda song, folder: item(song, 0.0, 0.0),
    "its file is not there": lambda song, folder: offline(folder / "gone.wav"),
    "its file is offline": lambda song, folder: offline(song),
}


@pytest.mark.parametrize("action", ACTIONS)
def test_nothing_is_selected(reaper: Reaper, song: Path, tmp_path: Path, action: str) -> None:
    before = saved(tmp_path, item(song, 0.0, 1.0, selected=False))
    ended = reaper.run(action, before, [{"see": "Select ", "picture": "told", "key": "esc"}])
    assert ended.undo == [] and ended.messages == [] and ended.pictures["told"]


@pytest.mark.parametrize("why", BAD)
def test_an_item_that_cannot_be_worked_on_is_left_out_with_the_reason(
    reaper: Reaper, song: Path, tmp_path: Path, why: str
) -> None:
    bad, good = BAD[why](song, tmp_path), item(song, 4.0, 0.5)
    alone = reaper.run("separate", saved(tmp_path, bad), [{"see": f"left out: {why}", "key": "enter"}])
    assert alone.names == ["Git"] and alone.undo == []
    # With a good one beside it the action is offered for that one.
    both = [{"see": "1 item selected"}, {"see": f"left out: {why}", "key": "q"}]
    assert reaper.run("separate", saved(tmp_path, bad, good), both).names == ["Git"]


def test_a_file_that_is_no_sound_is_named_with_what_is_wrong_with_it(
    reaper: Reaper, tmp_path: Path, song: Path
) -> None:
    cut = tmp_path / "cut short.wav"
    cut.write_bytes(song.read_bytes()[:2000])
    keys = [
        {"see": "4 stems", "key": "enter"}, {"see": "truncated: "},
        {"see": "job panel", "picture": "told", "key": "esc"},
    ]  # fmt: skip
    ended = reaper.run("separate", saved(tmp_path, item(cut, 0.0, 0.5)), keys)
    assert ended.names == ["Git"] and ended.undo == []
    shown = "".join(each.get("text", "") for each in ended.pictures["told"]).replace(" ", "")
    assert str(cut).replace(" ", "") in shown


def test_a_step_that_was_skipped_is_no_result(reaper: Reaper, song: Path, tmp_path: Path) -> None:
    keys = [
        {"see": "take markers", "key": "enter"}, {"see": "Nothing was placed"},
        {"see": "no Whisper model is installed. Run `roadie models pull", "picture": "told", "key": "esc"},
    ]  # fmt: skip
    ended = reaper.run("lyrics", saved(tmp_path, item(song, 0.0, 0.5)), keys)
    told = " ".join(each.get("text", "") for each in ended.pictures["told"])
    assert "were heard" not in told and "undo" not in told and ended.undo == []


@pytest.mark.parametrize(("action", "why"), [("midi", "no notes were heard"), ("slices", "no hits were found")])
def test_an_item_that_gave_nothing_is_left_as_it_is(
    reaper: Reaper, tmp_path: Path, action: str, why: str
) -> None:
    silent = write(tmp_path / "silent.wav", np.zeros(44100))
    reaper.ext[f"roadie/choices.{action}"] = choose(original="mute")
    keys = [{"see": "mute", "key": "enter"}, {"see": "Nothing was placed"}, {"see": why, "key": "esc"}]
    ended = reaper.run(action, saved(tmp_path, item(silent, 0.0, 0.9)), keys)
    assert ended.track("Git")["items"][0]["values"]["B_MUTE"] == 0 and ended.undo == []


def test_what_failed_and_is_tried_again_is_offered(
    reaper: Reaper, daemon: House, tmp_path: Path, song: Path
) -> None:
    path = tmp_path / "still copying.wav"
    path.write_bytes(song.read_bytes()[:2000])
    reaper.ext["roadie/choices.separate"] = choose(what="only bass")
    keys = [{"see": "only bass", "key": "enter"}, {"see": "job panel", "key": "esc"}]
    failed = reaper.run("separate", saved(tmp_path, item(path, 3.5, 0.5)), keys)
    assert failed.names == ["Git"]
    path.write_bytes(song.read_bytes())  # now it is all there
    keys = [{"see": "failed", "key": "r"}, {"see": "100%   stems   still copying", "key": "q"}]
    assert reaper.run("jobs", failed.project, keys).messages == []
    daemon.wait(json.loads(reaper.ext["roadie/pending"]["value"])[0]["job"])
    keys = [{"see": "Done", "key": "esc"}, {"see": "Retry", "key": "q"}]
    placed = reaper.run("jobs", failed.project, keys, answers=[YES])
    assert placed.track("bass")["items"][0]["values"]["D_POSITION"] == 3.5


def test_the_daemon_dies_half_way(song: Path, tmp_path: Path) -> None:
    house = House(tmp_path)
    house.start(ROADIE_PAUSE_HEAVY="recording")
    assert house.up()
    reaper, before = Reaper(tmp_path / "REAPER", house.home), saved(tmp_path, item(song, 2.5, 0.5))
    reaper.ext["roadie/choices.separate"] = choose(what="only bass")

    def kill_once_it_works() -> None:
        while not house.ask("GET", "/jobs")["items"]:
            time.sleep(0.05)
        house.kill()

    try:
        # So that the job is not done by then.
        house.ask("PUT", "/transport", {"playing": True, "recording": True})
        killer = threading.Thread(target=kill_once_it_works)
        killer.start()
        ended = reaper.run("separate", before, [{"see": "only bass", "key": "enter"}])
        killer.join()
        (told,) = ended.messages
        assert "not running any more" in told["text"] and "Run the action again" in told["text"]
        assert ended.names == ["Git"] and ended.undo == []
        # It is started again: the job goes on by itself, and its result is offered.
        house.start()
        assert house.up()
        house.wait(json.loads(reaper.ext["roadie/pending"]["value"])[0]["job"])
        keys = [{"see": "Done", "key": "esc"}, {"see": "Retry", "key": "q"}]
        placed = reaper.run("jobs", ended.project, keys, answers=[YES])
        assert placed.track("bass")["items"][0]["values"]["D_POSITION"] == 2.5
    finally:
        house.stop()
