"""`roadie library tag` of files that are no longer what was scanned, with the real daemon."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import Ran
from tests.recovery.house import House, write_song

Roadie = Callable[..., Ran]


def test_what_is_said_of_a_replaced_file_is_said_of_what_it_is_now(
    warm: House, tmp_path: Path, roadie: Roadie
) -> None:
    folder = tmp_path / "mine"
    file, copy = write_song(folder / "a.wav", 841), folder / "copy.wav"
    copy.write_bytes(file.read_bytes())
    assert roadie("library", "scan", folder).code == 0
    assert roadie("library", "tag", file, "old").code == 0
    before = json.loads(roadie("search", "--tag", "old", "--json").out)[0]

    write_song(file, 842)
    ran = roadie("library", "tag", file, "new", "--class", "riser", "--json")
    assert ran.code == 0, ran.err
    now = json.loads(ran.out)
    assert now["id"] != before["id"] and now["paths"] == [str(file)] and now["class"] == "riser"
    assert {tag["label"] for tag in now["tags"] if tag["origin"] == "user"} == {"new", "riser"}
    assert now["meta"]["class"] not in (None, "riser")  # it was heard
    assert [each["name"] for each in json.loads(roadie("search", "--like", copy, "--json").out)] == ["a.wav"]
    after = warm.ask("GET", f"/assets/{before['id']}")
    assert after["paths"] == [str(copy)]
    assert {key: after[key] for key in ("class", "tags")} == {key: before[key] for key in ("class", "tags")}

    assert roadie("library", "tag", copy, "twice").out.startswith(
        "copy.wav: "
    )  # and not a.wav, as its sound is called
    file.write_bytes(b"this is no sound")
    ran = roadie("library", "tag", file, "--class", "riser")
    assert ran.code == 1 and str(file) in ran.err
    file.unlink()
    ran = roadie("library", "tag", file, "gone")  # what was there keeps its place for when it is back
    assert ran.code == 0 and "gone" in ran.out, ran.err
    assert roadie("library", "tag", tmp_path / "mine" / "unknown.wav", "x").code == 1
    unknown = write_song(tmp_path / "elsewhere" / "unknown.wav", 843)
    ran = roadie("library", "tag", unknown, "x")
    assert ran.code == 1 and "library scan" in ran.err


def test_files_that_a_shell_named_are_no_tags_and_a_folder_is_no_sound(
    warm: House, tmp_path: Path, roadie: Roadie
) -> None:
    files = [write_song(tmp_path / "mine" / f"{number}.wav", 844 + number) for number in range(2)]
    assert roadie("library", "scan", tmp_path / "mine").out == "2 files, 2 new or changed\n"
    ran = roadie("library", "tag", *files, "boom")
    assert ran.code == 2 and "not a tag" in ran.err and str(files[1]) in ran.err
    assert roadie("search", "--tag", "boom").out == "Nothing found.\n"
    for command in (("tag", tmp_path / "mine", "boom"), ("remove", tmp_path / "mine")):
        ran = roadie("library", *command)
        assert ran.code == 1 and "a folder, not a sound" in ran.err
