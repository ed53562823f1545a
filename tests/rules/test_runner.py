"""Runs of rules over restarts: what an action asked for before is asked for again, word for word."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from daemon.kernel.errors import Conflict
from daemon.library.changes import Changes
from daemon.library.database import Database
from daemon.library.jobs import Jobs, NewInput, NewJob
from daemon.library.rule_runs import NewRun, RuleRuns
from daemon.services.rule_work import RuleWork
from daemon.services.types_jobs import JobAck
from daemon.services.types_placing import PlacingRequest
from rules.book import RuleBook
from rules.ports import Ports
from rules.runner import RunRunner

RULE = """
name = "sort"
[when]
event = "trigger"
[[then]]
move = "{folder}/Sorted"
"""


@dataclass
class View:
    """As much of an asset as a move asks for."""

    id: str
    paths: list[str]

    @property
    def path(self) -> str:
        return self.paths[0]


class Library:
    def __init__(self, view: View) -> None:
        self.view = view

    async def get(self, _id: str, /) -> View:
        return self.view


@dataclass
class Placing:
    """Moves at once, and ends before it has told of the job when `cut`, as a daemon that is killed."""

    jobs: Jobs
    library: Library
    cut: bool = True
    asked: dict[str, PlacingRequest] = field(default_factory=dict)

    async def place(self, request: PlacingRequest, client: str, key: str, /) -> JobAck:
        if self.asked.setdefault(key, request) != request:
            raise Conflict("the key was used for another request")
        job, state, created = await self.jobs.insert(
            NewJob("job1", "place", None, {}, client, [NewInput("x")], "digest", key)
        )
        if created:
            await self.jobs.set_state(job, "running")
            await self.jobs.set_state(job, "done")
        self.library.view = View("a", ["/music/Sorted/kick.wav"])
        if self.cut:
            raise asyncio.CancelledError
        return JobAck(job, cast("Any", state))


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "roadie.db")
    database.open()
    yield database
    database.close()


@pytest.fixture
def book(tmp_path: Path) -> RuleBook:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "sort.toml").write_text(RULE)
    book = RuleBook(tmp_path / "rules")
    book.refresh()
    return book


async def test_a_move_that_was_asked_for_before_the_end_is_not_asked_for_anew(
    db: Database, book: RuleBook
) -> None:
    runs, library = RuleRuns(db), Library(View("a", ["/music/kick.wav"]))
    placing = Placing(Jobs(db), library)
    ports = cast("Ports", _Ports(RuleWork(runs, Changes(db), cast("Any", None)), library, placing))
    version = book.get("sort").rule.version  # type: ignore[union-attr]
    subject = {"asset": "a", "path": "/music/kick.wav"}
    await runs.advance(1, [NewRun("run1", "sort", version, 1, [subject], 1, "")])
    await _to_its_end(RunRunner(book, ports))
    assert (await runs.get("run1")).state == "running"

    placing.cut = False
    await _to_its_end(RunRunner(book, ports))
    record = await runs.get("run1")
    assert (record.state, record.error) == ("done", "")
    assert [each.folder for each in placing.asked.values()] == ["/music/Sorted"]
    assert await runs.jobs_of("run1") == ["job1"]


@dataclass
class _Ports:
    work: RuleWork
    library: Library
    placing: Placing


async def _to_its_end(runner: RunRunner) -> None:
    await runner.start()
    await asyncio.gather(*runner._tasks.values(), return_exceptions=True)
