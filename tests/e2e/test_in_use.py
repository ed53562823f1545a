"""What a project uses is never touched: not by an undo, a move, a removal or a delivery. On a real daemon."""

from __future__ import annotations

import hashlib
import shutil
import time
from pathlib import Path
from typing import Any

from tests.projects.projects import als, clip, file_ref_12
from tests.recovery.house import House, write_song


def project_with(path: Path, *files: Path) -> Path:
    items = "".join(
        f'    <ITEM\n      POSITION 0\n      LENGTH 1\n      <SOURCE WAVE\n        FILE "{file}"\n      >\n    >\n'
        for file in files
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'<REAPER_PROJECT 0.1 "7.0" 1\n  <TRACK\n    NAME one\n{items}  >\n>\n')
    return path


def used(house: House, path: Path, *files: Path) -> dict[str, Any]:
    """A project that uses these files, read by the daemon."""
    return house.ask("POST", "/projects", {"path": str(project_with(path, *files))})


def ran(house: House, name: str, then: str, path: Path) -> dict[str, Any]:
    """A rule's run on one file, at its end."""
    text = f'name = "{name}"\nenabled = true\n[when]\nevent = "trigger"\n{then}\n'
    house.ask("PUT", f"/rules/{name}", {"text": text})
    house.ask("POST", f"/rules/{name}/trigger", {"path": str(path)})
    deadline = time.monotonic() + 150
    while time.monotonic() < deadline:
        found = house.ask("GET", f"/rule-runs?rule={name}")["items"]
        if found and found[0]["state"] not in ("pending", "running"):
            return found[0]
        time.sleep(0.1)
    raise AssertionError(f"{name} did not end: {found}")


def kept(undone: dict[str, Any]) -> dict[str, str]:
    return {Path(each["path"]).name: each["why"] for each in undone["kept"]}


def test_undo_of_a_rule_lists_what_a_project_uses_and_does_the_rest_once_it_is_forgotten(
    house: House, tmp_path: Path
) -> None:
    song = write_song(tmp_path / "song.wav", 501)
    then = (
        f'[[then]]\ntag = "sorted"\n[[then]]\ncopy = "{tmp_path}/copies"\n'
        f'[[then]]\nmove = "{tmp_path}/moved"\nlayout = "{{kind}}"'
    )
    run = ran(house, "sort-it", then, song)
    assert run["state"] == "done", run
    assert not song.exists()
    copied = tmp_path / "copies" / "song.wav"
    [moved] = (tmp_path / "moved").rglob("song.wav")
    asset = run["subjects"][0]["asset"]
    assert "sorted" in [tag["label"] for tag in house.ask("GET", f"/assets/{asset}")["tags"]]
    project = used(house, tmp_path / "mix.rpp", copied, moved)

    undone = house.ask("POST", f"/rule-runs/{run['id']}/undo")
    assert [(Path(each["path"]), each["why"]) for each in undone["kept"]] == [
        (moved, "a project uses it"), (copied, "a project uses it"),
    ]  # fmt: skip
    assert undone["removed"] == []
    assert moved.is_file() and copied.is_file() and not song.exists()
    assert "sorted" not in [tag["label"] for tag in house.ask("GET", f"/assets/{asset}")["tags"]]

    house.ask("DELETE", f"/projects/{project['id']}")
    undone = house.ask("POST", f"/rule-runs/{run['id']}/undo")
    assert (undone["kept"], undone["files"]) == ([], [str(song)])
    assert song.is_file() and not moved.exists() and not copied.exists()


def test_tags_in_a_used_file_are_not_taken_back(house: House, tmp_path: Path) -> None:
    song = write_song(tmp_path / "kick.wav", 502)
    before = song.read_bytes()
    run = ran(house, "tell-it", '[[then]]\ntag = "punchy"\n[[then]]\nwrite_tags = "fill"', song)
    assert run["state"] == "done", run
    tagged = song.read_bytes()
    assert tagged != before
    project = used(house, tmp_path / "mix.rpp", song)
    undone = house.ask("POST", f"/rule-runs/{run['id']}/undo")
    assert kept(undone) == {"kick.wav": "a project uses it"}
    assert song.read_bytes() == tagged
    house.ask("DELETE", f"/projects/{project['id']}")
    house.ask("POST", f"/rule-runs/{run['id']}/undo")
    assert song.read_bytes() == before


def test_a_used_file_is_neither_removed_nor_written_over(house: House, tmp_path: Path) -> None:
    song = write_song(tmp_path / "loop.wav", 503)
    view = house.wait(house.request([{"path": str(song)}]))
    [first, *_] = [each for each in view["artifacts"] if each["delivered"]]
    path = Path(first["path"])
    was = hashlib.sha256(path.read_bytes()).hexdigest()
    used(house, tmp_path / "mix.rpp", path)
    refused = house.refused("DELETE", f"/assets/{first['asset']}?file=1")
    assert (refused["status"], refused["code"]) == (403, "forbidden")
    assert "a project uses this file" in refused["detail"]

    # Another sound that would have the same name goes beside it.
    other = write_song(tmp_path / "other" / path.name, 504)
    run = ran(house, "drop-it", f'[[then]]\ncopy = "{path.parent}"', other)
    assert run["state"] == "done", run
    assert hashlib.sha256(path.read_bytes()).hexdigest() == was
    [beside] = [each for each in path.parent.glob("*.wav") if each.read_bytes() == other.read_bytes()]
    assert beside != path


def test_a_file_is_used_under_whatever_name_leads_to_it(house: House, tmp_path: Path) -> None:
    """Dropbox and OneDrive are links on a Mac: a project names a file by another path than the library."""
    song = write_song(tmp_path / "really" / "pad.wav", 505)
    (tmp_path / "Dropbox").symlink_to(tmp_path / "really")
    project = used(house, tmp_path / "mix.rpp", tmp_path / "Dropbox" / "pad.wav")
    for path in (song, tmp_path / "Dropbox" / "pad.wav"):
        [found] = house.ask("POST", "/projects/used-by", {"path": str(path)})["items"]
        assert (found["project_path"], len(found["uses"])) == (project["path"], 1)
    run = ran(house, "away-with-it", f'[[then]]\nmove = "{tmp_path}/away"', song)
    assert run["state"] == "failed"
    assert "a project uses this file" in run["error"]
    assert song.is_file()
    nobody = write_song(tmp_path / "really" / "nobody.wav", 506)
    assert house.ask("POST", "/projects/used-by", {"path": str(nobody)})["items"] == []
    assert house.refused("POST", "/projects/used-by", {"path": "pad.wav"})["code"] == "bad_parameter"


def test_a_scan_reports_what_projects_miss_and_the_better_of_two_by_name(house: House, tmp_path: Path) -> None:
    samples = tmp_path / "samples"
    short = write_song(samples / "a" / "snare.wav", 507)
    long = samples / "b" / "snare.wav"
    long.parent.mkdir()
    shutil.copyfile(write_song(tmp_path / "elsewhere.wav", 508), long)
    with long.open("ab") as file:
        file.write(b"LIST\x04\x00\x00\x00INFO")  # another size, the same sound
    house.wait(house.ask("POST", "/scans", {"path": str(samples)})["id"])
    projects = tmp_path / "projects"
    used(house, projects / "Song.rpp", projects / "lost" / "snare.wav", short)
    text = _set(long.stat().st_size)
    (projects / "Set.als").write_text(text)
    (projects / "Dropbox").mkdir()
    away = projects / "Dropbox" / "Away.rpp"
    with away.open("wb") as file:
        file.truncate(1 << 20)  # a size and no block, as such clients show it
    job = house.wait(house.ask("POST", "/projects/scans", {"path": str(projects)})["id"])
    told = {line.split(":")[0]: line for line in job["warnings"]}
    assert "1 of the 2 files it uses is missing" in told[str(projects / "Song.rpp")]
    assert "1 of the 1 files it uses is missing" in told[str(projects / "Set.als")]
    assert "in the cloud, so it was not opened" in told[str(away)]
    [found] = house.ask("POST", "/projects", {"path": str(projects / "Set.als")})["files"]
    assert (found["found"], found["found_by"]) == (str(long), "name"), (
        "of the size that the set has written down"
    )


def _set(size: int) -> str:
    ref = file_ref_12("old/snare.wav", "", 1, size)
    return als("MainTrack", "Ableton Live 12", clip(0, 0, 4, ref), '<FloatEvent Time="-63072000" Value="140" />',
               '<EnumEvent Time="-63072000" Value="201" />')  # fmt: skip
