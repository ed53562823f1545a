"""Where the files go: beside the project, or into a folder that the person names once for all actions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.reaper.session import Ended, Reaper, Tree, choose, go, item, track

DIALOG = "GetUserFileName"  # the folder dialog of a new REAPER


@pytest.fixture
def reaper(reaper: Reaper) -> Reaper:
    reaper.ext["roadie/choices.separate"] = choose(what="only bass")
    return reaper


def project(song: Path, path: str = "") -> Tree:
    return {"path": path, "tracks": [track("Git", item(song, 0.0, 0.5))]}


def made(ended: Ended) -> Path:
    (stem,) = ended.track("bass")["items"]
    return Path(stem["takes"][0]["source"]["file"])


@pytest.mark.parametrize("without", [(), (DIALOG,)])
def test_a_named_folder_is_remembered_for_every_action(
    reaper: Reaper, song: Path, tmp_path: Path, without: tuple[str, ...]
) -> None:
    saved, wanted = project(song, str(tmp_path / "song.rpp")), tmp_path / "My Stems ü"
    keys = [
        {"see": "beside the project", "key": "f"}, {"see": f"/{wanted.name}", "key": "enter"},
        {"see": "Done", "key": "esc"},
    ]  # fmt: skip
    ended = reaper.run("separate", saved, keys, answers=[f"{wanted}/"], without=without)
    assert made(ended).is_relative_to(wanted) and not (tmp_path / "roadie").exists()
    reaper.run("midi", saved, [{"see": f"/{wanted.name}", "key": "q"}])
    # And back, in the panel of another action; the named one stays within reach.
    down = [{"see": "Listen", "key": "down"}] * 5
    keys = [*down, {"key": "right"}, {"see": "beside the project", "picture": "back", "key": "q"}]
    back = reaper.run("lyrics", saved, keys)
    assert any("beside the project" in each.get("text", "") for each in back.pictures["back"])
    reaper.run("midi", saved, [{"see": f"/{wanted.name}", "key": "q"}])


def test_what_is_no_folder_is_said_to_be(reaper: Reaper, song: Path, tmp_path: Path) -> None:
    saved = project(song, str(tmp_path / "song.rpp"))
    keys = [{"see": "only bass", "key": "f"}, {"see": '"stems" is not taken', "key": "q"}]
    ended = reaper.run("separate", saved, keys, answers=["stems"], without=(DIALOG,))
    assert ended.names == ["Git"] and "roadie/folder" not in reaper.ext
    # Not what stands in the row of the folder: a long one goes over two lines wherever it happens to.
    ended = reaper.run("separate", saved, [{"see": "only bass", "key": "f"}, {"see": "only bass", "key": "q"}])
    assert "roadie/folder" not in reaper.ext, "the dialog was closed"
    (tmp_path / "a file").touch()
    keys = [
        {"see": "only bass", "key": "f"}, {"see": "a file/below", "key": "enter"}, {"see": "a file", "key": "esc"},
    ]  # fmt: skip
    ended = reaper.run("separate", saved, keys, answers=[str(tmp_path / "a file" / "below")])
    assert ended.names == ["Git"] and ended.undo == []


def test_a_project_that_was_never_saved_has_its_files_among_the_recordings(
    reaper: Reaper, song: Path, tmp_path: Path
) -> None:
    ended = reaper.run("separate", project(song), go("only bass"))
    assert made(ended).is_relative_to(reaper.folder / "media" / "roadie")


def test_a_very_long_folder_is_shown_whole_above_and_by_its_ends_in_its_row(
    reaper: Reaper, song: Path, tmp_path: Path
) -> None:
    long = "/mnt/" + "/".join(f"Bänder ü {number}" for number in range(9)) + "/ende"
    reaper.ext["roadie/choices.every action"] = choose(folder=long)
    reaper.ext["roadie/folder"] = {"value": json.dumps(long), "persist": True}
    saved = project(song, str(tmp_path / "song.rpp"))
    shown = reaper.run("separate", saved, [{"see": "only bass", "picture": "shown", "key": "q"}]).pictures[
        "shown"
    ]
    texts = [each for each in shown if each["what"] == "text"]
    # The stand-in's letters are 7.2 pixels wide, and the window 560.
    assert all(each["x"] + 7.2 * len(each["text"]) <= 560 for each in texts)
    assert long.replace(" ", "") in "".join(each["text"] for each in texts).replace(" ", "")
    (row,) = [each["text"] for each in texts if each["text"].startswith("< /mnt/")]
    assert "..." in row and row.endswith("/ende >")
