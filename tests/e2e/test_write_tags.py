"""Tags into the user's files on a real daemon: only when asked, undone to the last byte, the asset unchanged."""

from __future__ import annotations

import os
import shutil
import urllib.error
from pathlib import Path
from xml.etree import ElementTree

import mutagen
import mutagen.wave
import numpy as np
import pytest
import soundfile
import wavinfo

from daemon.audio.chunks import read_chunks
from tests.recovery.house import House, write_song


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    write_song(folder / "one.wav", 801)
    audio, rate = soundfile.read(folder / "one.wav")
    soundfile.write(folder / "two.flac", audio, rate)
    soundfile.write(folder / "three.ogg", audio, rate)
    (folder / "no.wav").write_bytes(b"this is no sound")
    return folder


def scanned(house: House, folder: Path) -> dict[str, dict]:
    house.wait(house.ask("POST", "/scans", {"path": str(folder)})["id"])
    items = house.ask("GET", "/assets?sort=added&descending=1&limit=1000")["items"]
    return {Path(path).name: each for each in items for path in each["paths"] if path.startswith(str(folder))}


def test_written_only_when_asked_and_undone_to_the_last_byte(house: House, sounds: Path) -> None:
    before = {path.name: path.read_bytes() for path in sounds.iterdir()}
    assets = scanned(house, sounds)
    assert {path.name: path.read_bytes() for path in sounds.iterdir()} == before  # a scan writes nothing
    for each in assets.values():
        house.ask("PATCH", f"/assets/{each['id']}", {"tags": ["punchy"], "class": "kick"})
    paths = [str(sounds / name) for name in sorted(before)]

    dry = house.wait(house.ask("POST", "/write-tags", {"paths": paths, "dry_run": True})["id"])
    assert {path.name: path.read_bytes() for path in sounds.iterdir()} == before
    assert sum("would write" in line for line in dry["warnings"]) == 3 and "no.wav" in " ".join(dry["warnings"])
    assert {**dry["result"], "failures": []} == {
        "written": 0, "would_write": 3, "already": 0, "failed": 1, "failures": [],
    }  # fmt: skip

    os.utime(sounds / "one.wav", (1e9, 1e9))
    (sounds / "two.flac").chmod(0o640)
    job = house.ask("POST", "/write-tags", {"paths": paths})["id"]
    view = house.wait(job)
    told = view["result"]
    assert (told["written"], told["would_write"], told["already"], told["failed"]) == (3, 0, 0, 1)
    assert [Path(each["path"]).name for each in told["failures"]] == ["no.wav"] and told["failures"][0]["why"]
    again = house.wait(house.ask("POST", "/write-tags", {"paths": [*paths, paths[1]]})["id"])["result"]
    assert (again["written"], again["already"], again["failed"]) == (0, 3, 1)  # named twice, it is one
    assert before["one.wav"] != (sounds / "one.wav").read_bytes()
    assert (sounds / "two.flac").stat().st_mode & 0o777 == 0o640
    assert (sounds / "one.wav").stat().st_mtime > 1e9  # other programs see that there is something new
    assert view["state"] == "done" and ["no.wav" in line for line in view["warnings"]] == [True], view
    assert wavinfo.WavInfoReader(str(sounds / "one.wav")).info.genre == "kick"
    assert mutagen.File(sounds / "two.flac")["GENRE"] == ["kick"]
    assert mutagen.File(sounds / "three.ogg")["TAGS"] == ["punchy"]
    assert {path.name for path in sounds.iterdir()} == set(before)  # nothing beside them
    after = scanned(house, sounds)
    assert {name: each["id"] for name, each in after.items()} == {
        name: each["id"] for name, each in assets.items()
    }
    backups = list((house.home / "backups").iterdir())
    assert len(backups) == 3
    assert sum(path.stat().st_size for path in backups) < 2 * len(before["three.ogg"])  # not the sound again

    undone = house.ask("POST", f"/jobs/{job}/undo")
    assert {Path(path).name for path in undone["restored"]} == set(assets) and not undone["removed"]
    assert {path.name: path.read_bytes() for path in sounds.iterdir()} == before
    assert not list((house.home / "backups").iterdir())
    assert set(scanned(house, sounds)) == set(assets)  # the library still knows them


def test_an_undo_leaves_what_was_changed_since(house: House, sounds: Path) -> None:
    assets = scanned(house, sounds)
    one = assets["two.flac"]
    house.ask("PATCH", f"/assets/{one['id']}", {"class": "snare"})
    job = house.ask("POST", f"/assets/{one['id']}/write-tags", {})["id"]
    assert house.wait(job)["state"] == "done"
    file = mutagen.File(sounds / "two.flac")
    file["ARTIST"] = "me, later"
    file.save()
    mine = (sounds / "two.flac").read_bytes()
    undone = house.ask("POST", f"/jobs/{job}/undo")
    assert [Path(each["path"]).name for each in undone["kept"]] == ["two.flac"]
    assert (sounds / "two.flac").read_bytes() == mine


def test_asked_wrongly(house: House) -> None:
    for path, body, code in (
        ("/write-tags", {}, 400),
        ("/write-tags", {"paths": ["a.wav"]}, 400),
        ("/write-tags", {"paths": ["/a.wav"], "assets": ["x"]}, 400),
        ("/assets/none/write-tags", {}, 404),
    ):
        with pytest.raises(urllib.error.HTTPError) as refused:
            house.ask("POST", path, body)
        assert refused.value.code in (code, 422), (path, refused.value.code)
    view = house.wait(house.ask("POST", "/write-tags", {"paths": ["/no/such/file.wav"]})["id"])
    assert view["state"] == "failed" and "/no/such/file.wav" in view["error"]["message"]


def test_a_file_with_two_names_and_a_read_only_one_stay_as_they_are(house: House, sounds: Path) -> None:
    before = {path.name: path.read_bytes() for path in sounds.iterdir()}
    scanned(house, sounds)
    (sounds.parent / "other name.wav").hardlink_to(sounds / "one.wav")
    (sounds / "two.flac").chmod(0o444)
    paths = [str(sounds / name) for name in ("one.wav", "two.flac", "three.ogg")]
    for dry_run in (True, False):
        view = house.wait(house.ask("POST", "/write-tags", {"paths": paths, "dry_run": dry_run})["id"])
        lines = view["warnings"]
        assert "one.wav" in lines[0] and "2 hard-linked names" in lines[0], view
        assert "two.flac" in lines[1] and "read-only" in lines[1], view
    for name in ("one.wav", "two.flac"):
        assert (sounds / name).read_bytes() == before[name]
    assert (sounds / "one.wav").samefile(sounds.parent / "other name.wav")
    assert (sounds / "three.ogg").read_bytes() != before["three.ogg"]


def test_a_file_that_was_never_scanned_is_heard_before_its_tags_are_written(
    house: House, tmp_path: Path
) -> None:
    path = tmp_path / "unheard" / "a.wav"
    path.parent.mkdir()
    t = np.arange(44_100) / 44_100
    soundfile.write(path, 0.8 * np.sin(2 * np.pi * 50 * t + 8 * np.exp(-t * 40)) * np.exp(-t * 12), 44_100)
    assert house.wait(house.ask("POST", "/write-tags", {"paths": [str(path)]})["id"])["state"] == "done"
    assert wavinfo.WavInfoReader(str(path)).info.genre == "kick"


def texts(path: Path) -> dict[str, set[str]]:
    """What a file says of the class, in each of its parts."""
    if path.suffix != ".wav":
        tags = mutagen.File(path)
        return {name: set(tags.get(name, ())) for name in ("GENRE", "CLASS", "COMMENT")}
    read = wavinfo.WavInfoReader(str(path))
    frames = mutagen.wave.WAVE(path).tags
    (ixml,) = (chunk.body for chunk in read_chunks(path) if chunk.id == b"iXML")
    user = ElementTree.fromstring(ixml.decode()).find("USER")
    return {
        "GENRE": {read.info.genre, str(frames["TCON"])},
        "CLASS": {user.findtext("CLASS"), str(frames["TXXX:class"])},
        "COMMENT": {read.info.comment, read.bext.description, str(frames["COMM::eng"])},
    }


def test_a_correction_takes_the_place_of_roadies_own_words_and_of_nobody_elses(
    house: House, sounds: Path
) -> None:
    theirs = mutagen.File(sounds / "three.ogg")
    theirs["GENRE"] = ["kick"]  # said by somebody before roadie said the same
    theirs.save()
    assets = scanned(house, sounds)
    for label in ("kick", "tom"):
        for each in assets.values():
            house.ask("PATCH", f"/assets/{each['id']}", {"class": label})
        paths = [str(sounds / name) for name in assets]
        view = house.wait(house.ask("POST", "/write-tags", {"paths": paths})["id"])
        assert view["state"] == "done" and not view["warnings"]
        for name in ("one.wav", "two.flac"):
            said = texts(sounds / name)
            assert said["GENRE"] == said["CLASS"] == {label}
            assert all(text.startswith(label) for text in said["COMMENT"])
        assert texts(sounds / "three.ogg")["GENRE"] == {"kick"}  # theirs, in both rounds
    again = (sounds / "one.wav").read_bytes()
    house.wait(house.ask("POST", "/write-tags", {"paths": paths})["id"])
    assert (sounds / "one.wav").read_bytes() == again

    flac = mutagen.File(sounds / "two.flac")
    flac["GENRE"] = ["Techno"]
    flac.save()
    house.ask("PATCH", f"/assets/{assets['two.flac']['id']}", {"class": "snare"})
    house.wait(house.ask("POST", "/write-tags", {"paths": [str(sounds / "two.flac")]})["id"])
    assert texts(sounds / "two.flac")["GENRE"] == {"Techno"}


def test_an_undo_of_a_file_that_is_elsewhere_waits_for_it(house: House, sounds: Path) -> None:
    assets = scanned(house, sounds)
    before = (sounds / "two.flac").read_bytes()
    house.ask("PATCH", f"/assets/{assets['two.flac']['id']}", {"class": "snare"})
    job = house.ask("POST", "/write-tags", {"paths": [str(sounds / "two.flac")]})["id"]
    house.wait(job)
    (sounds / "two.flac").rename(sounds / "renamed.flac")
    kept = house.ask("POST", f"/jobs/{job}/undo")["kept"]
    assert "is not there" in kept[0]["why"]
    (sounds / "renamed.flac").rename(sounds / "two.flac")
    house.ask("POST", f"/jobs/{job}/undo")
    assert (sounds / "two.flac").read_bytes() == before


def test_an_undo_takes_back_whose_words_they_are_and_the_library_sees_the_file_as_it_is(
    house: House, sounds: Path
) -> None:
    path = sounds / "two.flac"
    asset = scanned(house, sounds)["two.flac"]["id"]

    def write(label: str) -> str:
        house.ask("PATCH", f"/assets/{asset}", {"class": label})
        job = house.ask("POST", "/write-tags", {"paths": [str(path)]})["id"]
        house.wait(job)
        return job

    first = write("kick")
    second = write("tom")
    house.ask("POST", f"/jobs/{second}/undo")
    assert mutagen.File(path)["GENRE"] == ["kick"]
    third = write("rim")
    assert mutagen.File(path)["GENRE"] == ["rim"]  # roadie's own word again
    for job in (third, first):
        house.ask("POST", f"/jobs/{job}/undo")
    theirs = mutagen.File(path)
    assert "GENRE" not in theirs
    theirs["GENRE"] = ["rim"]
    theirs.save()
    write("clap")
    assert mutagen.File(path)["GENRE"] == ["rim"]  # somebody said so since


def test_a_word_with_signs_of_xml_is_roadies_own_too(house: House, sounds: Path) -> None:
    asset = scanned(house, sounds)["one.wav"]["id"]
    path = sounds / "one.wav"
    for label in ("R&B <x>", "kick"):
        house.ask("PATCH", f"/assets/{asset}", {"class": label})
        house.wait(house.ask("POST", "/write-tags", {"paths": [str(path)]})["id"])
        assert texts(path)["GENRE"] == texts(path)["CLASS"] == {label}
        once = path.read_bytes()
        house.wait(house.ask("POST", "/write-tags", {"paths": [str(path)]})["id"])
        assert path.read_bytes() == once


def corrected(house: House, asset: str, path: Path, label: str | None) -> str:
    """Correct the class, or take it back, and have it written; returns the job."""
    house.ask("PATCH", f"/assets/{asset}", {"class": label})
    job = house.ask("POST", "/write-tags", {"paths": [str(path)]})["id"]
    view = house.wait(job)
    assert view["state"] == "done" and not view["warnings"], view
    return job


def genre(path: Path) -> list[str]:
    return list(mutagen.File(path).get("GENRE", ()))


def test_a_correction_and_a_tag_that_are_taken_back_go_from_the_file(house: House, sounds: Path) -> None:
    assets = scanned(house, sounds)
    for name in ("one.wav", "two.flac", "three.ogg"):
        path, asset = sounds / name, assets[name]["id"]
        house.ask("PATCH", f"/assets/{asset}", {"tags": ["punchy"]})
        before = path.read_bytes()
        first = corrected(house, asset, path, "cowbell")
        with_it = path.read_bytes()
        assert b"punchy" in with_it and b"cowbell" in with_it
        house.ask("PATCH", f"/assets/{asset}", {"tags": []})
        request = {"paths": [str(path)], "dry_run": True}
        house.ask("PATCH", f"/assets/{asset}", {"class": None})
        [told] = house.wait(house.ask("POST", "/write-tags", request)["id"])["warnings"]
        assert "take away" in told and path.read_bytes() == with_it
        second = corrected(house, asset, path, None)
        without = path.read_bytes()
        assert b"punchy" not in without and b"cowbell" not in without, name
        house.ask("POST", f"/jobs/{second}/undo")
        assert path.read_bytes() == with_it
        corrected(house, asset, path, None)
        assert path.read_bytes() == without  # whose words they are was known again
        for job in (second, first):
            house.ask("POST", f"/jobs/{job}/undo")
        corrected(house, asset, path, None)
        assert b"cowbell" not in path.read_bytes() and before != with_it


@pytest.mark.parametrize("way", ["renamed", "in a folder", "copied", "edited since"])
def test_whose_words_stand_in_a_file_is_known_where_it_was_moved_to(
    house: House, sounds: Path, way: str
) -> None:
    path = sounds / "two.flac"
    asset = scanned(house, sounds)["two.flac"]["id"]
    corrected(house, asset, path, "kick")
    there = sounds.parent / "elsewhere" / "two.flac"
    if way == "in a folder":
        sounds.rename(there.parent)
    else:
        there.parent.mkdir()
        (shutil.copyfile if way == "copied" else shutil.move)(path, there)
    scanned(house, there.parent)
    if way == "edited since":
        file = mutagen.File(there)
        file["ARTIST"] = ["me"]
        file.save()
    corrected(house, asset, there, "tom")
    assert genre(there) == ["tom"] and mutagen.File(there)["COMMENT"][0].startswith("tom")
    if way == "copied":
        assert genre(path) == ["kick"]


def test_what_another_copy_said_before_is_not_roadies(house: House, sounds: Path) -> None:
    path, other = sounds / "two.flac", sounds / "other.flac"
    shutil.copyfile(path, other)
    theirs = mutagen.File(other)
    theirs["GENRE"] = ["kick"]
    theirs.save()
    asset = scanned(house, sounds)["two.flac"]["id"]
    corrected(house, asset, path, "kick")
    path.unlink()
    scanned(house, sounds)
    corrected(house, asset, other, "tom")
    assert genre(other) == ["kick"]


def test_an_undo_after_a_move_back_and_of_a_file_that_has_a_copy(house: House, sounds: Path) -> None:
    path, away, copy = sounds / "two.flac", sounds / "away.flac", sounds / "copy.flac"
    before = path.read_bytes()
    asset = scanned(house, sounds)["two.flac"]["id"]
    job = corrected(house, asset, path, "kick")
    shutil.copyfile(path, copy)
    path.rename(away)
    scanned(house, sounds)
    away.rename(path)
    house.ask("POST", f"/jobs/{job}/undo")
    assert path.read_bytes() == before
    theirs = mutagen.File(path)
    theirs["GENRE"] = ["kick"]
    theirs.save()
    corrected(house, asset, path, "tom")
    assert genre(path) == ["kick"]  # somebody said so since
    scanned(house, sounds)
    corrected(house, asset, copy, "rim")
    assert genre(copy) == ["rim"]
