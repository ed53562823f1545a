"""`roadie search` narrowed to a folder or a song, with the real daemon: what it found, or why it found nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import Ran
from tests.recovery.house import House, write_song

Roadie = Callable[..., Ran]


def test_a_folder_of_which_nothing_is_known_is_said_to_be_so(
    warm: House, tmp_path: Path, roadie: Roadie
) -> None:
    mine, other = tmp_path / "mine", tmp_path / "other"
    write_song(mine / "song.wav", 821)
    write_song(other / "song.wav", 822)
    assert roadie("library", "scan", mine).code == 0
    for asked in ((), ("--facets",), ("--json",)):
        ran = roadie("search", "--in", other, *asked)
        assert ran.code == 0 and ran.err.startswith(f"{other}: ") and "scan it first" in ran.err, asked
    assert json.loads(roadie("search", "--in", other, "--json").out) == []
    found = roadie("search", "--in", mine)
    assert "song.wav" in found.out and found.err == ""
    nothing = roadie("search", "--in", mine, "zzzzzz")  # the folder is known: the words are what finds nothing
    assert (nothing.out, nothing.err) == ("Nothing found.\n", "")

    page = warm.ask("GET", f"/assets?folder={other}")
    assert page["items"] == [] and page["next_cursor"] is None and str(other) in page["note"]
    assert warm.ask("GET", f"/assets?folder={mine}")["note"] is None
    as_folder = roadie("search", "--in", mine / "song.wav")
    assert as_folder.code == 1 and "not a folder" in as_folder.err
    assert "absolute" in warm.ask("GET", "/assets?folder=mine")["note"]

    shutil.rmtree(mine)
    assert roadie("library", "scan", mine).code == 0
    assert "is missing" in roadie("search", "--in", mine).err
    assert "song.wav" in roadie("search", "--in", mine, "--missing").out


def test_a_song_is_named_by_its_file_and_one_of_which_nothing_was_made_is_said_to_be_so(
    warm: House, tmp_path: Path, roadie: Roadie
) -> None:
    song, plain = write_song(tmp_path / "song.wav", 823), write_song(tmp_path / "mine" / "plain.wav", 824)
    assert roadie("run", "light", song, "--out", tmp_path / "there").code == 0
    by_file = roadie("search", "--from", song, "--json")
    found = json.loads(by_file.out)
    assert by_file.code == 0 and found and by_file.err == ""
    assert json.loads(roadie("search", "--from", found[0]["source"], "--json").out) == found

    unknown = roadie("search", "--from", plain)
    assert unknown.code == 1 and "library scan" in unknown.err
    assert roadie("library", "scan", plain.parent).code == 0
    nothing = roadie("search", "--from", plain)
    assert nothing.code == 0 and nothing.err.startswith("plain.wav: nothing in the library was made")
    assert "knows no such song" in roadie("search", "--from", "nobody").err

    # What was made of a song outlives it in the library.
    assert roadie("library", "remove", song).code == 0
    assert len(json.loads(roadie("search", "--from", found[0]["source"], "--json").out)) == len(found)
