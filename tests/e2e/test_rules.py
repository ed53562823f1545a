"""Rules with the real daemon: a folder comes in slowly, the daemon is killed, every file is answered once."""

from __future__ import annotations

import json
import shutil
import sqlite3
import time
import urllib.error
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.recovery.house import House, write_song

CONFIG = """
[watch]
inbox = ["{inbox}"]
settle_s = 0.4
folder_settle_s = 6.0
"""
COPY = """
name = "copy-in"
enabled = true
[when]
event = "asset.added"
[if]
all = [ {{ path = "{inbox}/**" }}, {{ made = false }} ]
[[then]]
copy = "{out}/copies"
[[then]]
tag = "copied"
"""
WHOLE = """
name = "whole"
enabled = true
[when]
event = "folder.complete"
[if]
folder = "{inbox}/*"
[[then]]
collect = "Whole"
"""


class Ruled(House):
    """A house with an inbox and rules."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "house")
        self.inbox = folder / "Inbox"
        self.inbox.mkdir()
        self.songs = folder / "songs"
        (self.home / "config.toml").write_text(CONFIG.format(inbox=self.inbox))

    def rule(self, text: str) -> None:
        text = text.format(inbox=self.inbox, out=self.out)
        name = text.split('"', 2)[1]
        (self.home / "rules").mkdir(exist_ok=True)
        (self.home / "rules" / f"{name}.toml").write_text(text)

    def runs(self, rule: str, *states: str) -> list[dict[str, Any]]:
        found = self.ask("GET", f"/rule-runs?rule={rule}&limit=1000")["items"]
        return [run for run in found if not states or run["state"] in states]

    def until(self, condition: Callable[[], Any], timeout_s: float = 150.0) -> Any:
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            try:
                if found := condition():
                    return found
            except (OSError, urllib.error.URLError):
                pass  # the daemon is being killed
            time.sleep(0.1)
        raise AssertionError(f"it did not come to it: {self._log.read_text()[-3000:]}")

    def asset(self, name: str) -> dict[str, Any]:
        found = self.ask("GET", f"/assets?q={quote(Path(name).stem)}")["items"]
        return next(each for each in found if any(Path(path).name == name for path in each["paths"]))


@pytest.fixture
def ruled(tmp_path: Path) -> Iterator[Ruled]:
    made = Ruled(tmp_path)
    yield made
    made.stop()


def test_every_file_of_a_folder_is_answered_once_whatever_happens(ruled: Ruled) -> None:
    files = 50
    ruled.rule(COPY)
    ruled.rule(WHOLE)
    songs = [write_song(ruled.songs / f"{number:02}.wav", seed=number) for number in range(files)]
    ruled.start()
    assert ruled.up()
    for number, song in enumerate(songs):
        target = ruled.inbox / "Record" / song.name
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(song, target)
        time.sleep(0.08)
        if number in (17, 38):
            ruled.kill()
            ruled.start()
            assert ruled.up()
    ruled.until(lambda: ruled.runs("whole", "done"))
    ruled.until(lambda: len(ruled.runs("copy-in", "done")) >= files)
    assert len(ruled.runs("copy-in")) == files
    copies = sorted(path.name for path in (ruled.out / "copies").iterdir() if path.is_file())
    assert copies == sorted(song.name for song in songs)
    answered = Counter(run["subjects"][0]["path"] for run in ruled.runs("copy-in"))
    assert set(answered.values()) == {1}
    tagged = ruled.ask("GET", "/assets?tag=copied&limit=1000")["items"]
    assert len(tagged) == files
    [collection] = ruled.ask("GET", "/collections")["items"]
    assert (collection["name"], len(collection["assets"])) == ("Whole", files)
    with sqlite3.connect(ruled.home / "roadie.db") as db:
        told = dict(db.execute("SELECT type, COUNT(*) FROM event GROUP BY type"))
        assert (told["asset.added"], told["folder.complete"]) == (files, 1)
        places = db.execute("SELECT COUNT(*) FROM job WHERE recipe = 'place'").fetchone()[0]
    assert places == files, "one job for each file, none twice"


def test_a_run_is_undone_whole_and_what_was_changed_since_stays(ruled: Ruled) -> None:
    ruled.rule(
        """
name = "tidy"
enabled = true
[when]
event = ["asset.added", "trigger"]
[if]
all = [ {{ path = "{inbox}/**" }} ]
[[then]]
tag = ["one", "two"]
[[then]]
collect = "Tidied"
[[then]]
copy = "{out}/copies"
[[then]]
move = "{out}/moved"
layout = "sorted"
"""
    )
    ruled.start()
    assert ruled.up()
    write_song(ruled.inbox / "song 1.wav", seed=1)  # its run makes the collection, and is undone last
    ruled.until(lambda: ruled.runs("tidy", "done", "failed"))
    write_song(ruled.inbox / "song 0.wav", seed=0)
    done = ruled.until(lambda: len(ruled.runs("tidy", "done", "failed")) == 2 and ruled.runs("tidy"))
    assert {run["state"] for run in done} == {"done"}, done
    assert not list(ruled.inbox.glob("*.wav"))
    assert {path.name for path in (ruled.out / "moved" / "sorted").iterdir()} == {"song 0.wav", "song 1.wav"}
    first = next(run for run in done if run["subjects"][0]["path"].endswith("song 0.wav"))
    second = next(run for run in done if run is not first)
    ruled.ask("PATCH", f"/assets/{second['subjects'][0]['asset']}", {"tags": ["mine"]})
    (ruled.out / "copies" / "song 1.wav").write_bytes(b"changed by hand")

    heard = [tag for tag in ruled.asset("song 0.wav")["tags"] if tag["origin"] == "model"]
    undone = ruled.ask("POST", f"/rule-runs/{first['id']}/undo")
    assert undone["kept"] == []
    assert (ruled.inbox / "song 0.wav").is_file()
    assert not (ruled.out / "copies" / "song 0.wav").exists()
    asset = ruled.asset("song 0.wav")
    assert (asset["tags"], asset["path"]) == (heard, str(ruled.inbox / "song 0.wav"))

    undone = ruled.ask("POST", f"/rule-runs/{second['id']}/undo")
    assert (ruled.inbox / "song 1.wav").is_file()
    assert (ruled.out / "copies" / "song 1.wav").read_bytes() == b"changed by hand"
    reasons = {Path(kept["path"]).name: kept["why"] for kept in undone["kept"]}
    assert reasons == {
        "song 1.wav": "it was changed since",
        "the tags of song 1.wav": "they were changed since",
    }
    mine = [tag["label"] for tag in ruled.asset("song 1.wav")["tags"] if tag["origin"] == "user"]
    assert mine == ["mine"]
    assert ruled.ask("GET", "/collections")["items"] == []
    assert {run["state"] for run in ruled.runs("tidy")} == {"undone"}


def test_rules_that_set_each_other_off_stop_with_a_message(ruled: Ruled) -> None:
    for one, other in (("ping", "pong"), ("pong", "ping")):
        ruled.rule(
            f"""
name = "{one}"
enabled = true
[when]
event = "asset.tagged"
[if]
tag = "{one}"
[[then]]
tag = "{other}"
untag = "{one}"
"""
        )
    ruled.start()
    assert ruled.up()
    song = write_song(ruled.inbox / "song.wav", seed=1)
    asset = ruled.until(lambda: ruled.ask("GET", "/assets")["items"])[0]
    ruled.ask("PATCH", f"/assets/{asset['id']}", {"tags": ["ping"]})
    stopped = ruled.until(lambda: ruled.runs("ping", "stopped") + ruled.runs("pong", "stopped"))
    assert "more than 5 deep" in stopped[0]["error"]
    assert stopped[0]["depth"] == 6
    every = ruled.runs("ping") + ruled.runs("pong")
    assert sorted(run["depth"] for run in every) == [1, 2, 3, 4, 5, 6]
    assert len({run["parent"] for run in every}) == 6
    assert song.is_file()


def test_a_rule_that_answers_itself_by_hand_is_held_after_so_many_times(ruled: Ruled) -> None:
    ruled.rule(
        """
name = "often"
enabled = true
per_minute = 3
[when]
event = "trigger"
[[then]]
tag = "asked"
"""
    )
    ruled.start()
    assert ruled.up()
    song = write_song(ruled.songs / "song.wav", seed=1)
    for _ in range(5):
        ruled.ask("POST", "/rules/often/trigger", {"path": str(song)})
    runs = ruled.until(lambda: len(ruled.runs("often")) == 5 and ruled.runs("often"))
    ruled.until(lambda: len(ruled.runs("often", "done")) == 3)
    assert Counter(run["state"] for run in ruled.runs("often")) == {"done": 3, "stopped": 2}
    assert "3 times within a minute" in next(run["error"] for run in runs if run["state"] == "stopped")


def test_a_broken_edit_keeps_the_last_good_rule_and_says_so_also_after_a_restart(ruled: Ruled) -> None:
    ruled.rule(COPY.replace('copy = "{out}/copies"', 'collect = "In"'))
    ruled.start()
    assert ruled.up()
    ruled.until(lambda: ruled.ask("GET", "/rules/copy-in")["enabled"])
    path = ruled.home / "rules" / "copy-in.toml"
    path.write_text(path.read_text().replace("made =", "maed ="))
    broken = ruled.until(lambda: (rule := ruled.ask("GET", "/rules/copy-in"))["problem"] and rule)
    assert f"{path}, line 7" in broken["problem"]
    assert "Did you mean 'made'?" in broken["problem"]
    ruled.kill()
    ruled.start()
    assert ruled.up()
    write_song(ruled.inbox / "song.wav", seed=1)
    ruled.until(lambda: ruled.runs("copy-in", "done"))


def test_a_refused_rule_is_not_stored(ruled: Ruled) -> None:
    ruled.start()
    assert ruled.up()
    text = '[when]\nevent = "asset.added"\n[[then]]\nrun = "smaples"\n'
    with pytest.raises(urllib.error.HTTPError) as refused:
        ruled.ask("PUT", "/rules/mine", {"text": 'name = "mine"\n' + text})
    problem = json.loads(refused.value.read())
    assert (refused.value.code, problem["code"]) == (422, "bad_rule")
    assert "line 5" in problem["detail"]
    assert "Did you mean 'samples'?" in problem["detail"]
    assert "mine" not in [rule["name"] for rule in ruled.ask("GET", "/rules")["items"]]
