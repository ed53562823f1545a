"""`roadie library write-tags` and its undo, with the real daemon."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import mutagen.wave
from mutagen.id3 import TCON, TXXX

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


def test_it_says_how_many_were_written_had_all_of_it_or_could_not_be(
    warm: House, tmp_path: Path, roadie: Roadie
) -> None:
    mine = tmp_path / "mine"
    songs = [write_song(mine / f"{number}.wav", 815 + number) for number in range(2)]
    bad = [mine / "bad.wav", mine / "worse.wav"]
    for each in bad:
        each.write_bytes(b"this is no sound")
    dry = roadie("library", "write-tags", *songs, bad[0], "--dry-run")
    assert dry.out == "2 files would be written, 1 could not be\n" and "bad.wav" in dry.err
    assert roadie("library", "write-tags", songs[0]).out == "1 file written\n"
    ran = roadie("library", "write-tags", *songs, bad[0])
    assert ran.code == 0 and "bad.wav" in ran.err
    assert ran.out == "1 file written, 1 could not be, 1 left unchanged\n"
    told = json.loads(roadie("library", "write-tags", *songs, bad[0], "--json").out)["result"]
    assert [told[each] for each in ("written", "already", "failed")] == [0, 2, 1]
    theirs = mutagen.wave.WAVE(songs[1])
    for frame in (TCON(encoding=3, text=["Polka"]), TXXX(encoding=3, desc="class", text=["polka"])):
        theirs.tags.add(frame)
    theirs.save()
    assert roadie("library", "tag", songs[1], "--class", "shaker").code == 0
    left = roadie("library", "write-tags", songs[1])
    assert left.out == "0 files written, 1 left unchanged\n"  # it says otherwise, and is not contradicted
    none = roadie("library", "write-tags", *bad)
    assert none.code == 1 and all(each.name in none.err for each in bad)
    assert none.out == "0 files written, 2 could not be\n"


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
