"""The demo as a new user runs it, whole, on the real daemon."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mido
import pytest
import soundfile

from daemon.cli.demo_run import demo_home, fresh_folder
from daemon.cli.root import run_line
from daemon.kernel.errors import DiskError
from tests.cli.conftest import Ran

pytestmark = pytest.mark.xdist_group("demo")  # what they share is slow to make


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, dict[str, Any], Path]]:
    """Exit code, what --json printed, and the home that must stay as it was."""
    folder = tmp_path_factory.mktemp("demo")
    home = folder / "home"
    home.mkdir()
    with pytest.MonkeyPatch.context() as patch, (folder / "told.json").open("w+") as told:
        patch.setenv("ROADIE_HOME", str(home))
        patch.setattr("sys.stdout", told)
        code = run_line(["demo", "--out", str(folder / "out"), "--json"])
        told.seek(0)
        yield code, json.load(told), home


def test_it_is_done_and_well(demo: tuple[int, dict[str, Any], Path]) -> None:
    code, report, _ = demo
    assert (code, report["well"], report["job"]["state"]) == (0, True, "done"), report["job"]


def test_no_delivered_sound_is_silent_or_clipped(demo: tuple[int, dict[str, Any], Path]) -> None:
    files = demo[1]["files"]
    assert len(files) > 10
    assert [each for each in files if each["silent"] or each["clipped"]] == []


def test_stems_are_scored_and_as_long_as_the_song(demo: tuple[int, dict[str, Any], Path]) -> None:
    report = demo[1]
    assert {score["stem"] for score in report["scores"]} == {"drums", "bass", "other", "vocals"}
    frames = soundfile.info(report["song"]).frames
    stems = [each["path"] for each in report["job"]["artifacts"] if each["kind"] == "stem"]
    assert [soundfile.info(path).frames for path in stems] == [frames] * 4


def test_there_is_midi_with_notes_in_it(demo: tuple[int, dict[str, Any], Path]) -> None:
    paths = [each["path"] for each in demo[1]["job"]["artifacts"] if each["kind"] == "midi"]
    assert paths
    for path in paths:
        assert any(message.type == "note_on" for track in mido.MidiFile(path).tracks for message in track)


def test_lyrics_are_skipped_with_the_command_that_installs_a_model(
    demo: tuple[int, dict[str, Any], Path],
) -> None:
    (lyrics,) = (step for step in demo[1]["job"]["steps"] if step["use"] == "lyrics")
    assert lyrics["state"] == "skipped"
    assert "roadie models pull" in lyrics["reason"]


def test_the_users_home_is_not_touched(demo: tuple[int, dict[str, Any], Path]) -> None:
    assert list(demo[2].iterdir()) == []


def test_again_into_the_same_folder_gets_a_folder_of_its_own(tmp_path: Path) -> None:
    assert fresh_folder(tmp_path / "d") == tmp_path / "d"
    (tmp_path / "d" / "song").mkdir()
    assert fresh_folder(tmp_path / "d") == tmp_path / "d" / "run-2"
    assert fresh_folder(tmp_path / "d") == tmp_path / "d" / "run-3"


def test_a_folder_that_cannot_be(tmp_path: Path, roadie: Callable[..., Ran]) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DiskError, match="--out"):
        fresh_folder(tmp_path / "file" / "d")
    assert roadie("demo", "--out", tmp_path / "file" / "d").code == 1


def test_models_that_the_user_has_are_used_and_stay(home: Path) -> None:
    (home / "models").mkdir()
    (home / "models" / "weights").write_text("w")
    with demo_home(os.environ) as environ:
        assert environ["ROADIE_HOME"] != str(home)
        assert (Path(environ["ROADIE_HOME"]) / "models" / "weights").read_text() == "w"
    assert (home / "models" / "weights").read_text() == "w"
