"""The dry run of each shipped rule, on the demo's own song, with the real daemon. Nothing changes."""

from __future__ import annotations

import hashlib
import json
import re
import urllib.error
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from daemon.demo.song import write_song as write_demo_song
from tests.recovery.house import House, write_song

RULES = (
    "inbox-to-kit",
    "vocals-to-lyrics",
    "new-samples-tag",
    "project-stems",
    "bass-to-midi",
    "loops-to-bpm-folders",
)


class Try(House):
    def dry_run(self, rule: str, folder: Path) -> dict[str, Any]:
        return self.ask("POST", "/rules/dry-run", {"name": rule, "folder": str(folder)})


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home folder of whoever uses it: the demo's song is in ~/Music/Inbox."""
    folder = tmp_path_factory.mktemp("me")
    write_demo_song(folder / "Music" / "Inbox")
    return folder


@pytest.fixture(scope="module")
def trying(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Try]:
    made = Try(tmp_path_factory.mktemp("house"))
    made.start(HOME=str(home))
    assert made.up()
    yield made
    made.stop()


def state(*folders: Path) -> dict[str, str]:
    files = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_each_shipped_rule_says_what_it_would_do_and_why_not_and_changes_nothing(
    trying: Try, home: Path
) -> None:
    inbox = home / "Music" / "Inbox"
    before = state(home, trying.home / "rules") if (trying.home / "rules").exists() else state(home)
    found = {rule: trying.dry_run(rule, inbox) for rule in RULES}
    songs = {str(path) for path in inbox.rglob("*") if path.suffix in (".flac", ".wav")}
    for answer in found.values():
        assert {each["path"] for each in answer["files"]} == songs
        assert answer["matched"] + answer["unmatched"] + answer["unknown"] == len(songs)
    kit = found["inbox-to-kit"]
    assert kit["matched"] == len(songs), "the song and its parts, each over 20 s"
    [song] = [each for each in kit["files"] if each["path"].endswith(".flac")]
    assert any(why.startswith("path matches") for why in song["because"])
    assert any(why.startswith("length_s ") for why in song["because"])
    [would] = song["would"]
    assert would["does"] == "runs samples"
    stem = Path(song["path"]).stem
    assert would["writes"] == [str(trying.out / stem / "{kind}" / "{class}" / "...")]
    assert kit["time_rough"] and kit["time_s"] > 0
    assert "analyse, classify, encode, render, separate, slice: not measured here yet" in kit["time_note"]
    reasons = {
        "vocals-to-lyrics": "it has no stem", "bass-to-midi": "it has no stem",
        "project-stems": "no project stands beside it",
        "new-samples-tag": "does not match ~/Music/Samples/**",
    }  # fmt: skip
    for rule, reason in reasons.items():
        assert found[rule]["matched"] == 0
        for each in found[rule]["files"]:
            assert any(reason in why for why in each["because"]), each
    for each in found["loops-to-bpm-folders"]["files"]:  # some of them are heard as loops
        if each["matches"]:
            assert any(why.startswith("kind is loop") for why in each["because"]), each
            [target] = each["would"][0]["writes"]
            tempo = next(float(re.findall(r"bpm ([\d.]+)", why)[0]) for why in each["because"] if "bpm" in why)
            assert target == str(home / "Music" / "Loops" / f"{tempo:.0f} bpm" / Path(each["path"]).name)
        else:
            assert any("kind is" in why or "bpm" in why for why in each["because"]), each
    assert state(home) == before
    assert trying.ask("GET", "/stats")["assets"] == 0


def test_a_bounce_beside_a_project_would_get_stems_beside_it(trying: Try, home: Path) -> None:
    folder = home / "Projects" / "Song"
    bounce = next((home / "Music" / "Inbox").glob("*.flac"))
    folder.mkdir(parents=True)
    (folder / "song.rpp").write_text("<REAPER_PROJECT 0.1\n>\n")
    (folder / bounce.name).write_bytes(bounce.read_bytes())
    answer = trying.dry_run("project-stems", folder)
    [file] = answer["files"]
    assert file["matches"]
    assert file["would"][0]["writes"] == [str(folder / f"{bounce.stem} stems" / "...")]


def test_what_roadie_made_and_measured_is_known_to_a_dry_run(trying: Try, tmp_path: Path) -> None:
    song = write_song(tmp_path / "song.wav", seed=1)
    trying.out = tmp_path / "out"
    view = trying.wait(trying.submit(song, "stems", "stems"))
    assert view["state"] == "done"
    stems = tmp_path / "out" / "song" / "Stems"
    answer = trying.dry_run("bass-to-midi", stems)
    [bass] = [each for each in answer["files"] if each["matches"]]
    assert bass["path"].endswith("song - bass.wav")
    assert bass["would"][0]["writes"] == [str(stems / "...")]
    text = (
        '[when]\nevent = "asset.added"\n[if]\nall = [ { made = false }, { name = "song.wav" } ]\n'
        '[[then]]\nrun = "stems"\n[[then]]\nmove = "/tmp/elsewhere"\n'
    )
    body = {"folder": str(song.parent), "text": text}
    measured = trying.ask("POST", "/rules/dry-run", body)
    assert measured["matched"] == 1
    assert measured["time_s"] > 0, "measured at the job before"
    assert not measured["time_rough"]
    assert [would["does"] for would in next(f for f in measured["files"] if f["matches"])["would"]] == [
        "runs stems", "moves it",
    ]  # fmt: skip


def test_a_dry_run_of_what_is_no_rule_says_so(trying: Try, tmp_path: Path) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        trying.dry_run("inbox-to-kitt", tmp_path)
    assert "Did you mean 'inbox-to-kit'?" in json.loads(refused.value.read())["detail"]
