"""Both windows, gfx and ReaImGui's: the same keys and clicks do the same."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.reaper.session import Ended, Reaper, Tree, choose, item, track, write
from tests.recovery.house import House


@pytest.fixture(params=[False, True], ids=["gfx", "imgui"])
def reaper(request: pytest.FixtureRequest, daemon: House, tmp_path: Path) -> Reaper:
    return Reaper(tmp_path / "REAPER", daemon.home, imgui=request.param)


def project(path: Path, song: Path) -> Tree:
    return {"path": str(path / "song.rpp"), "tracks": [track("Git", item(song, 0.0, 0.5))]}


def bass_of(ended: Ended) -> Tree:
    (made,) = ended.track("bass")["items"]
    return made


def test_an_action_by_keys(reaper: Reaper, song: Path, tmp_path: Path) -> None:
    reaper.ext["roadie/choices.separate"] = choose(what="only drums", original="leave untouched")
    keys = [
        {"see": "only drums", "key": "right"}, {"see": "only bass", "key": "enter"}, {"see": "Done", "key": "esc"},
    ]  # fmt: skip
    ended = reaper.run("separate", project(tmp_path, song), keys)
    assert bass_of(ended)["values"]["D_LENGTH"] == 0.5
    assert json.loads(reaper.ext["roadie/choices.separate"]["value"])["what"] == "only bass"


def test_an_action_by_mouse(reaper: Reaper, song: Path, tmp_path: Path) -> None:
    reaper.ext["roadie/choices.separate"] = choose(what="only drums", original="leave untouched")
    if reaper.imgui:  # a list of values drops down
        pick = [{"see": "only drums", "click": "only drums"}, {"click": "only bass"}]
    else:  # a click goes on to the next one
        pick = [{"see": "only drums", "click": "What"}]
    keys = [*pick, {"see": "only bass", "click": "Separate"}, {"see": "Done", "click": "Close"}]
    ended = reaper.run("separate", project(tmp_path, song), keys)
    assert bass_of(ended)["values"]["D_LENGTH"] == 0.5


def test_a_key_struck_twice_is_no_answer_to_the_next_question(
    reaper: Reaper, song: Path, tmp_path: Path
) -> None:
    reaper.ext["roadie/choices.separate"] = choose(what="only bass", audition="yes")
    keys = [
        {"see": "only bass", "key": "enter"}, {"key": "enter"}, {"key": "enter"},
        {"see": "Throw it away", "key": "x"},
    ]  # fmt: skip
    assert reaper.run("separate", project(tmp_path, song), keys).names == ["Git"]


def test_a_double_click_inserts_at_the_cursor(reaper: Reaper, daemon: House, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    for number in range(2):
        noise = rng.standard_normal(8000) * np.exp(-np.arange(8000) / 2000)
        write(tmp_path / "sounds" / f"hit## {number}.wav", 0.2 * noise)
    daemon.wait(daemon.ask("POST", "/scans", {"path": str(tmp_path / "sounds")})["id"])
    before = {"tracks": [track("Git", item(tmp_path / "sounds" / "hit## 0.wav", 0.0, 0.1))]}
    shown = "hit# # 1" if reaper.imgui else "hit## 1"  # two signs would end a label of ImGui's
    keys = [{"see": shown, "click": shown, "double": True}, {"see": shown, "key": "q"}]
    ended = reaper.run("similar", before, keys, cursor=3.5)
    made = ended.track("Git")["items"][1]
    assert Path(made["takes"][0]["source"]["file"]).name == "hit## 1.wav"
    assert made["values"]["D_POSITION"] == 3.5
