"""A rule writes tags into files of the user's and moves them; the daemon is killed after every step of this, and after
every step of its undo (tests/files kills before each as well).

At the end each file is moved once, and after the undo it is as it was, byte for byte.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

import daemon.app  # noqa: F401 - declares every failpoint
from daemon.kernel import failpoints
from tests.recovery.house import House, write_song

RULE = """
name = "sort"
enabled = true
[when]
event = "trigger"
[[then]]
tag = ["moonlit"]
[[then]]
write_tags = "fill"
[[then]]
move = "{folder}/Sorted"
"""
# Only a move to another volume copies; tests/files kills there.
ELSEWHERE = ("files.move.after_sync_file", "files.move.after_remove")
DIED_WITHIN_S = 30.0


def places(*groups: str) -> list[str]:
    return [
        name
        for name in failpoints.declared()
        if name.rpartition(".")[0] in groups and ".after_" in name and name not in ELSEWHERE
    ]


def test_a_file_of_the_users_is_rewritten_and_moved_once_and_comes_back_whole(house: House) -> None:
    (house.home / "rules").mkdir()
    doing = places("files.rewrite", "files.move")
    undoing = [name for name in places("files.undo") if name.endswith(("_settle", "_forget"))]
    assert len(doing) >= 10
    assert len(undoing) == 2
    files = {name: house.folder / "hits" / name / "hit.wav" for name in doing + undoing}
    for seed, path in enumerate(files.values()):
        write_song(path, seed, hits=1)
    before = {name: path.read_bytes() for name, path in files.items()}
    (house.home / "rules" / "sort.toml").write_text(RULE.replace("{folder}", str(house.folder)))

    for name in doing:
        die_at(house, name, lambda path=files[name]: done(house, trigger(house, path)))
    house.start()
    assert house.up()
    wait_for_answers(house)  # the kills left some open, which go on by themselves
    for run in house.ask("GET", "/rule-runs?limit=1000")["items"]:
        done(house, run["id"])
    for path in files.values():
        if path.exists():
            trigger(house, path)
    runs = [done(house, run["id"]) for run in house.ask("GET", "/rule-runs?limit=1000")["items"]]
    check_sorted(house, before)

    by_file = {run["subjects"][0]["path"]: run["id"] for run in runs}
    house.kill()
    for name in undoing:
        die_at(house, name, lambda run=by_file[str(files[name])]: house.ask("POST", f"/rule-runs/{run}/undo"))
    house.start()
    assert house.up()
    for run in by_file.values():
        house.ask("POST", f"/rule-runs/{run}/undo")
    assert {name: path.read_bytes() for name, path in files.items()} == before
    assert list((house.folder / "Sorted").rglob("*.wav")) == []
    assert not any(path.is_file() for path in (house.home / "backups").rglob("*"))
    house.check({})


def test_whose_words_stand_in_a_file_is_known_after_a_kill(house: House) -> None:
    """Between the file's new content and the end of the job, too: else they would count as somebody's, and stay."""
    house.start()
    assert house.up()
    files = {name: house.folder / "words" / f"{name}.wav" for name in places("files.rewrite")}
    for seed, path in enumerate(files.values()):
        write_song(path, seed, hits=1)
    house.wait(house.ask("POST", "/scans", {"path": str(house.folder / "words")})["id"])
    found = house.ask("GET", "/assets?limit=1000")["items"]
    assets = {path: each["id"] for each in found for path in each["paths"]}

    def corrected(path: Path, label: str) -> None:
        house.ask("PATCH", f"/assets/{assets[str(path)]}", {"class": label})
        house.wait(house.ask("POST", "/write-tags", {"paths": [str(path)]})["id"])

    house.kill()
    for name, file in files.items():
        die_at(house, name, lambda path=file: corrected(path, "cowbell"))
    house.start()
    assert house.up()
    for job in house.ask("GET", "/jobs?limit=1000")["items"]:
        house.wait(job["id"])
    for path in files.values():
        assert b"cowbell" in path.read_bytes()
        corrected(path, "rim")
        assert b"cowbell" not in path.read_bytes(), path


def trigger(house: House, path: Path) -> str:
    """The run of the rule for this file."""
    house.ask("POST", "/rules/sort/trigger", {"path": str(path)})
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for run in house.ask("GET", "/rule-runs?limit=1000")["items"]:
            if run["subjects"][0]["path"] == str(path):
                return str(run["id"])
        time.sleep(0.05)
    raise AssertionError(f"no rule looked at {path}")


def wait_for_answers(house: House) -> None:
    """Until each trigger has its run: a kill may come between the two."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with sqlite3.connect(house.home / "roadie.db") as db:
            [(asked,)] = db.execute("select count(*) from event where type = 'rule.triggered'")
        if len(house.ask("GET", "/rule-runs?limit=1000")["items"]) == asked:
            return
        time.sleep(0.05)
    raise AssertionError(f"{asked} triggers, and not as many runs")


def done(house: House, run: str) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        view = house.ask("GET", f"/rule-runs/{run}")
        if view["state"] not in ("pending", "running"):
            assert view["state"] == "done", json.dumps(view, indent=1)
            return dict(view)
        time.sleep(0.05)
    raise AssertionError(f"rule run {run} does not end: {view}")


def die_at(house: House, place: str, work: Any) -> None:
    """The start mends what the kill before left, and may itself die at the place."""
    once = house.folder / f"died {place}"
    house.start(ROADIE_FAILPOINT=place, ROADIE_FAILPOINT_ONCE=str(once))
    if house.up():
        try:
            work()
        except OSError:
            assert house.died(DIED_WITHIN_S)
    assert once.exists(), f"{place} was never passed"
    house.kill()


def check_sorted(house: House, before: dict[str, bytes]) -> None:
    """Each once, with its sound and the tag, and nothing at its old place."""
    moved = sorted((house.folder / "Sorted").rglob("*.wav"))
    assert len(moved) == len(before)
    assert list((house.folder / "hits").rglob("*.wav")) == []
    sounds = {sound(path) for path in moved}
    for name, content in before.items():
        (house.folder / "earlier.wav").write_bytes(content)
        assert sound(house.folder / "earlier.wav") in sounds, name
    for path in moved:
        assert b"moonlit" in path.read_bytes()


def sound(path: Path) -> str:
    frames, _rate = soundfile.read(path, dtype="int16", always_2d=True)
    return hashlib.sha256(np.ascontiguousarray(frames).tobytes()).hexdigest()
