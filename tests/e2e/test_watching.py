"""A folder copied slowly into a watched one, with the real daemon, which is killed twice meanwhile."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.recovery.house import House, write_song

FILES = 50
KILLED_AFTER = (14, 33)
CONFIG = """
[watch]
inbox = ["{inbox}"]
settle_s = 0.5
folder_settle_s = 4.0
"""


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "Inbox"
    folder.mkdir()
    return folder


@pytest.fixture
def killed(tmp_path: Path, inbox: Path) -> House:
    made = House(tmp_path / "house")
    (made.home / "config.toml").write_text(CONFIG.format(inbox=inbox))
    return made


def events(house: House, kind: str) -> list[str]:
    with sqlite3.connect(house.home / "roadie.db") as db:
        return [row[0] for row in db.execute("SELECT body FROM event WHERE type = ? ORDER BY seq", (kind,))]


def test_fifty_files_copied_in_slowly_count_once_each_whatever_happens(
    killed: House, inbox: Path, tmp_path: Path
) -> None:
    songs = [write_song(tmp_path / "songs" / f"{number:02}.wav", seed=number) for number in range(FILES)]
    killed.start()
    assert killed.up()
    try:
        for number, song in enumerate(songs):
            target = inbox / "Record" / f"Side {'AB'[number % 2]}" / song.name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(song, target)
            time.sleep(0.08)
            if number in KILLED_AFTER:
                killed.kill()
                killed.start()
                assert killed.up()
        deadline = time.monotonic() + 60
        while not events(killed, "folder.complete"):
            assert time.monotonic() < deadline, killed.ask("GET", "/watch")
            time.sleep(0.2)
        found = killed.ask("GET", "/assets?limit=1000")["items"]
        assert Counter(asset["name"] for asset in found) == Counter(song.name for song in songs)
        assert len(events(killed, "asset.added")) == FILES
        assert len(events(killed, "folder.complete")) == 1
        assert f'"files":{FILES}' in events(killed, "folder.complete")[0]
    finally:
        killed.stop()
