"""Media Explorer's database: the file, and that it is what the library is."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bridges.reaper import media_db
from bridges.reaper.media_db import Entry
from tests.reaper import media_db_file
from tests.recovery.house import House, write_song


def test_a_file_is_written_as_described(tmp_path: Path) -> None:
    entry = Entry(
        "/s/kick ü 01.wav", 1234, 1690000000,
        {"title": 'a "kick"\n', "bpm": "120", "key": "Am", "tags": "kick, loud", "length": media_db.length(173.946)},
    )  # fmt: skip
    text = media_db.encode([entry, Entry('/s/"no".wav', 1, 1)], Path("/s"))
    (tmp_path / "list").write_text(text, "utf-8")
    folders, (listed,) = media_db_file.read(tmp_path / "list")
    assert folders == ["/s"] and (listed.path, listed.size, listed.modified_at) == (
        entry.path,
        1234,
        1690000000,
    )
    assert listed.columns == {
        "Title": "a 'kick'", "BPM": "120", "Key": "Am", "Custom Tags": "kick, loud", "Length": "2:53.946",
    }  # fmt: skip
    assert listed.length_s == 173.946
    assert media_db.decode(text) == (
        [str(Path("/s"))],
        [Entry(entry.path, 1234, 1690000000, {**entry.values, "title": "a 'kick'"})],
    )


@pytest.mark.parametrize(
    ("length_s", "text"), [(0.25, "0:00.250"), (3723.5, "1:02:03.500"), (59.9999, "1:00.000")]
)
def test_lengths_read_as_in_reaper(length_s: float, text: str) -> None:
    assert media_db.length(length_s) == text


def test_others_letters_and_lines_are_passed_over() -> None:
    text = 'PATH "/a"\nSOMETHING\nFILE "/a/b.wav" 1 0 2 0\nDATA "t:x y" z:1 u:"p q"\n'
    assert media_db.decode(text) == (["/a"], [Entry("/a/b.wav", 1, 2, {"title": "x y", "tags": "p q"})])
    merged = media_db.merged(text, [Entry("/a/b.wav", 9, 9), Entry("/a/c.wav", 1, 1)], None)
    assert [each.path for each in media_db.decode(merged)[1]] == ["/a/b.wav", "/a/c.wav"]


def test_what_the_library_knows_stands_in_media_explorer(tmp_path: Path) -> None:
    """The real daemon, installed into a folder like REAPER's."""
    house, reaper = House(tmp_path), tmp_path / "REAPER"
    reaper.mkdir()
    (reaper / "reaper.ini").write_text("[REAPER]\n")
    env = {**os.environ, "ROADIE_HOME": str(house.home)}
    command = [sys.executable, "-m", "daemon.cli", "install", "reaper", "--to", str(reaper)]
    subprocess.run(command, check=True, env=env, capture_output=True)
    database = reaper / "MediaDB" / "roadie.ReaperFileList"
    song = write_song(tmp_path / "my song.wav", 1)
    house.start()
    try:
        assert house.up()
        done = house.wait(house.submit(song, "one"))
        wanted = {str(song), *(each["path"] for each in done["artifacts"] if each["delivered"])}
        deadline = time.monotonic() + 60
        while {each.path for each in media_db_file.read(database)[1]} != wanted:
            assert time.monotonic() < deadline, database.read_text()
            time.sleep(0.2)
    finally:
        house.stop()
    (entry,) = [each for each in media_db_file.read(database)[1] if each.path == str(song)]
    assert (entry.size, entry.modified_at) == (song.stat().st_size, int(song.stat().st_mtime))
    assert entry.length_s == 1.0
    assert [entry.columns[name] for name in ("Sample Rate", "Channels", "Bits")] == ["44100", "2", "16"]
    # What the daemon wrote is roadie's as well, and goes with the rest.
    subprocess.run([*command[:3], "uninstall", "reaper"], check=True, env=env, capture_output=True)
    assert sorted(each.name for each in reaper.iterdir()) == ["reaper.ini"]
    assert (reaper / "reaper.ini").read_text() == "[REAPER]\n"
