"""`roadie library write-tags` and its undo, with the real daemon."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import mutagen.wave

from tests.cli.conftest import Ran
from tests.recovery.house import House, write_song

Roadie = Callable[..., Ran]


def test_a_file_is_tagged_and_given_back(warm: House, tmp_path: Path, roadie: Roadie) -> None:
    song = write_song(tmp_path / "mine" / "my song.wav", 811)
    before = song.read_bytes()
    assert roadie("library", "scan", song.parent).code == 0
    assert roadie("library", "tag", song, "punchy").code == 0
    dry = roadie("library", "write-tags", song, "--dry-run")
    assert dry.code == 0 and "would write" in dry.out + dry.err and song.read_bytes() == before
    ran = roadie("library", "write-tags", song, "--json")
    assert ran.code == 0, ran.err
    assert str(mutagen.wave.WAVE(song).tags["TXXX:tags"]) == "punchy"
    job = json.loads(ran.out)["id"]
    undone = roadie("jobs", "undo", job)
    assert f"restored    {song}" in undone.out and song.read_bytes() == before


def test_nothing_named_or_both_is_asked_wrongly(home: Path, tmp_path: Path, roadie: Roadie) -> None:
    song = write_song(tmp_path / "song.wav", 812)
    assert roadie("library", "write-tags").code == 2
    assert roadie("library", "write-tags", song, "--class", "kick").code == 2


def test_a_folder_is_a_folder_and_a_file_that_is_not_there_is_no_search(
    warm: House, tmp_path: Path, roadie: Roadie
) -> None:
    """As words, the folder's name would find another one's files, and the typo the very file nobody named."""
    mine = write_song(tmp_path / "mine" / "song.wav", 813)
    copy = tmp_path / "mine too" / "song.wav"
    copy.parent.mkdir()
    copy.write_bytes(mine.read_bytes())
    before = copy.read_bytes()
    for each in (mine, copy):
        assert roadie("library", "scan", each.parent).code == 0
    for wrong in (mine.with_name("sogn.wav"), "sogn.wav", tmp_path / "mien"):
        ran = roadie("library", "write-tags", wrong)
        assert ran.code not in (0, None) and "no such file" in ran.err, wrong
    assert mine.read_bytes() == before
    assert roadie("library", "write-tags", mine.parent).code == 0
    assert mine.read_bytes() != before and copy.read_bytes() == before
    assert roadie("library", "write-tags", mine.parent, copy.parent).code == 2
