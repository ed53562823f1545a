"""Watched folders over the API of a real daemon: what is refused, what config.toml may name, what is told."""

from __future__ import annotations

import json
import sqlite3
import time
from pathlib import Path

import pytest

from tests.e2e.test_in_use import project_with
from tests.recovery.house import House, write_song


def test_what_is_no_folder_of_sounds_is_refused(house: House, tmp_path: Path) -> None:
    home = Path.home()
    link = tmp_path / "link"
    link.symlink_to("/")
    before = house.ask("GET", "/watch")["folders"]
    for path, says in (
        ("/", "whole system"), (str(link), "whole system"), ("/proc/self", "whole system"),
        ("~", "whole home folder"), (str(home), "whole home folder"), (f"{home}/", "whole home folder"),
        (str(house.home), "own state"), (str(house.home / "recipes"), "own state"),
        ("Music", "absolute"), ("~\0", "absolute"), (str(tmp_path / "none"), "no such folder"),
    ):  # fmt: skip
        assert says in house.refused("POST", "/watch", {"path": path})["detail"], path
    assert house.ask("GET", "/watch")["folders"] == before
    (tmp_path / "Inbox").mkdir()
    house.ask("POST", "/watch", {"path": str(tmp_path / "Inbox")})
    assert house.refused("POST", "/watch", {"path": str(tmp_path / "Inbox")})["status"] == 409
    house.ask("DELETE", f"/watch?path={tmp_path / 'Inbox'}")


def test_a_folder_that_config_names_and_that_is_none_to_watch_is_told(tmp_path: Path) -> None:
    house = House(tmp_path / "house")
    inbox = tmp_path / "Inbox"
    inbox.mkdir()
    (house.home / "config.toml").write_text(f'[watch]\ninbox = ["/", "~", "{house.home}", "{inbox}"]\n')
    house.start()
    assert house.up()
    try:
        view = house.ask("GET", "/watch")
        assert [each["path"] for each in view["folders"]] == [str(inbox)]
        told = "\n".join(view["problems"])
        assert "/ is not watched: the whole system" in told
        assert f"{Path.home()} is not watched: a whole home folder" in told
        assert f"{house.home} is not watched: roadie keeps its own state" in told
    finally:
        house.stop()


@pytest.mark.parametrize("missing", [0, 2])
def test_a_project_that_was_read_says_how_many_of_its_files_are_missing(
    house: House, tmp_path: Path, missing: int
) -> None:
    """As a durable event, whoever caused the reading: here the watcher."""
    folder = tmp_path / "Projects"
    folder.mkdir()
    house.ask("POST", "/watch", {"path": str(folder), "role": "projects"})
    there = write_song(tmp_path / "kick.wav", 701)
    project = project_with(
        folder / "Song.rpp", there, *(tmp_path / f"gone {number}.wav" for number in range(missing))
    )
    deadline = time.monotonic() + 60
    while not (found := told(house, project)):
        assert time.monotonic() < deadline, house.ask("GET", "/watch")
        time.sleep(0.1)
    [event] = found
    assert (event["type"], event["missing"], event["kind"]) == ("project.read", missing, "reaper")


def told(house: House, project: Path) -> list[dict[str, object]]:
    """Events of this project's reading, from the table that everyone is told from."""
    with sqlite3.connect(house.home / "roadie.db") as db:
        rows = db.execute("SELECT type, body FROM event WHERE type = 'project.read' ORDER BY seq").fetchall()
    bodies = [{"type": kind, **json.loads(body)} for kind, body in rows]
    return [body for body in bodies if body["path"] == str(project)]
