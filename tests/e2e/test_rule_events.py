"""Each event that a rule may answer and that no other test brings about: on a real daemon, with files on a disk."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.test_in_use import project_with
from tests.recovery.house import House, write_song


class Ruled(House):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "house")
        self.music, self.projects = folder / "Music", folder / "Projects"
        for each in (self.music, self.projects):
            each.mkdir()
        config = f'[watch]\nsettle_s = 0.3\nsamples = ["{self.music}"]\nprojects = ["{self.projects}"]\n'
        (self.home / "config.toml").write_text(config)

    def rule(self, name: str, when: str, then: str) -> None:
        text = f'name = "{name}"\nenabled = true\n[when]\n{when}\n{then}\n'
        self.ask("PUT", f"/rules/{name}", {"text": text})

    def until(self, condition: Any, timeout_s: float = 60.0) -> Any:
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if found := condition():
                return found
            time.sleep(0.1)
        raise AssertionError(
            f"it did not come to it: {self.ask('GET', '/rule-runs')}{self._log.read_text()[-2000:]}"
        )

    def known(self, path: Path) -> dict[str, Any]:
        def look() -> Any:
            found = self.ask("GET", f"/assets?q={path.stem}&folder={path.parent}")["items"]
            return found[0] if found and str(path) in found[0]["paths"] else None

        return dict(self.until(look))

    def answered(self, rule: str, count: int = 1) -> list[dict[str, Any]]:
        def look() -> Any:
            ended = [run for run in self.ask("GET", f"/rule-runs?rule={rule}")["items"] if run["finished_at"]]
            return ended if len(ended) >= count else None

        found = list(self.until(look))
        assert {run["state"] for run in found} == {"done"}, found
        return found

    def subjects(self, rule: str) -> list[str]:
        [run] = self.answered(rule)
        return sorted(each["path"] for each in run["subjects"])


@pytest.fixture
def ruled(tmp_path: Path) -> Iterator[Ruled]:
    made = Ruled(tmp_path)
    made.start()
    assert made.up()
    yield made
    made.stop()


def test_what_happens_to_files_projects_and_jobs_sets_rules_off(ruled: Ruled, tmp_path: Path) -> None:
    kick, snare = (
        write_song(ruled.music / f"{name}.wav", seed) for name, seed in (("kick", 801), ("snare", 802))
    )
    asset = ruled.known(kick)["id"]
    ruled.known(snare)
    ruled.rule("saved", 'event = "project.saved"', '[[then]]\ncollect = "In projects"')
    ruled.rule("moved", 'event = "asset.moved"', '[if]\npath = "**/Sorted/*"\n[[then]]\ntag = "sorted"')
    liked = '[if]\nall = [ { rating = { min = 4 } }, { not = { tag = "liked" } } ]\n[[then]]\ntag = "liked"'
    ruled.rule("changed", 'event = "asset.changed"', liked)
    ruled.rule("best-of", 'event = "asset.changed"', '[if]\nrating = 5\n[[then]]\ncollect = "Best"')
    ruled.rule("failed", 'event = "job.failed"', '[[then]]\ntag = "look at this"')
    ruled.rule("undone", 'event = "asset.changed"', '[if]\nrating = 1\n[[then]]\ntag = "never"')

    project_with(ruled.projects / "Song.rpp", kick, ruled.projects / "gone.wav")
    assert ruled.subjects("saved") == [str(kick)]

    ruled.ask("PATCH", f"/assets/{asset}", {"rating": 5})
    assert ruled.subjects("changed") == [str(kick)]
    assert ruled.answered("best-of"), "all rules that match answer"
    assert "liked" in [tag["label"] for tag in ruled.ask("GET", f"/assets/{asset}")["tags"]]

    (ruled.music / "Sorted").mkdir()
    snare.rename(ruled.music / "Sorted" / "snare.wav")
    assert ruled.subjects("moved") == [str(ruled.music / "Sorted" / "snare.wav")]

    job = ruled.request([{"path": str(kick), "region": {"start_s": 100, "length_s": 1}}])
    assert ruled.wait(job)["state"] == "failed"
    assert ruled.subjects("failed") == [str(kick)]
    assert ruled.ask("GET", "/rule-runs?rule=undone")["items"] == []


def test_an_hour_that_passed_while_the_daemon_was_away_is_made_up_for_once(ruled: Ruled) -> None:
    loops = [write_song(ruled.music / "Loops" / f"{number}.wav", 810 + number) for number in range(3)]
    other = write_song(ruled.music / "other.wav", 820)
    for path in (*loops, other):
        ruled.known(path)
    then = f'[if]\npath = "{ruled.music}/Loops/**"\n[[then]]\ncollect = "By the clock"'
    ruled.rule("hourly", 'event = "schedule"\nevery = "1h"', then)
    ruled.stop()
    ruled.start()
    assert ruled.up()
    ruled.until(lambda: "hourly" in due(ruled))
    assert ruled.ask("GET", "/rule-runs?rule=hourly")["items"] == [], "its time begins when it is first seen"
    ruled.stop()
    with sqlite3.connect(ruled.home / "roadie.db") as db:
        earlier = json.dumps({"hourly": due(ruled)["hourly"] - 5 * 3600})
        db.execute("UPDATE state SET value = ? WHERE name = 'rules.due'", (earlier,))
    ruled.start()
    assert ruled.up()
    assert ruled.subjects("hourly") == sorted(map(str, loops))
    [collection] = ruled.ask("GET", "/collections")["items"]
    assert (collection["name"], len(collection["assets"])) == ("By the clock", 3)


def test_only_the_first_rule_answers_where_the_settings_say_so(ruled: Ruled) -> None:
    ruled.stop()
    with (ruled.home / "config.toml").open("a") as file:
        file.write('[rules]\nmatch = "first"\n')
    ruled.start()
    assert ruled.up()
    asset = ruled.known(write_song(ruled.music / "kick.wav", 830))["id"]
    for name, priority in (("a-later", 1), ("b-first", 5), ("c-last", 0)):
        text = f'name = "{name}"\nenabled = true\npriority = {priority}\n[when]\nevent = "asset.tagged"\n'
        ruled.ask(
            "PUT", f"/rules/{name}", {"text": f'{text}[if]\ntag = "mine"\n[[then]]\ncollect = "{name}"\n'}
        )
    ruled.ask("PATCH", f"/assets/{asset}", {"tags": ["mine"]})
    ruled.answered("b-first")
    ruled.ask("PATCH", f"/assets/{asset}", {"tags": ["mine", "again"]})
    ruled.answered("b-first", 2)
    assert [run["rule"] for run in ruled.ask("GET", "/rule-runs")["items"]] == ["b-first", "b-first"]


def due(ruled: Ruled) -> dict[str, float]:
    with sqlite3.connect(ruled.home / "roadie.db") as db:
        row = db.execute("SELECT value FROM state WHERE name = 'rules.due'").fetchone()
    return {} if row is None else dict(json.loads(row[0]))
