"""The engine over events that cannot be looked at: whatever is wrong with one, those after it are answered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from daemon.kernel.clock import SystemClock
from daemon.kernel.errors import DiskError, ErrorInfo, StepFailed, UnreadableProject, WorkerDied
from daemon.library.database import Database
from daemon.library.rule_runs import RuleRuns
from daemon.services.types_library import AssetView
from rules import engine as module
from rules.book import RuleBook
from rules.engine import Limits, RuleEngine
from rules.gather import Gatherer
from rules.ports import Ports

RULE = 'name = "{name}"\nenabled = true\n[when]\nevent = "{event}"\n[[then]]\ntag = "x"\n'


@dataclass(frozen=True)
class Message:
    seq: int
    body: dict[str, Any]
    durable: bool = True


@dataclass
class Events:
    """The event table, all of it in one batch."""

    stored: list[Message]

    async def batches(self, since: int, /) -> AsyncIterator[list[Message]]:
        left = [each for each in self.stored if each.seq > since]
        if left:
            yield left
        await asyncio.Event().wait()


@dataclass
class Files:
    wrong: Exception
    asked: int = 0

    async def used_by_project(self, _project: Path, /) -> list[tuple[str, str]]:
        self.asked += 1
        raise self.wrong


class Library:
    async def get(self, asset: str, /) -> AssetView:
        return AssetView(
            id=asset, kind="source", name="a.wav", path="/a.wav", paths=["/a.wav"], stem=None, label=None,
            confidence=None, bpm=None, key=None, length_s=1.0, rate_hz=44100, channels=1, rating=0, parent=None,
            source=None, job=None, missing=False, added_at=0.0, tags=[], meta={},
        )  # fmt: skip


@dataclass
class Work:
    runs: RuleRuns


@dataclass
class Runner:
    begun: list[str] = field(default_factory=list)

    def begin(self, run: str) -> None:
        self.begun.append(run)

    def heard(self, _body: dict[str, Any]) -> None: ...


@dataclass
class Parts:
    events: Events
    files: Files
    library: Library
    work: Work


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "roadie.db")
    database.open()
    yield database
    database.close()


@pytest.mark.parametrize(
    ("wrong", "tries"),
    [
        (UnreadableProject("cut off", where="/p.rpp"), 1),
        (WorkerDied("the worker ended", where="/p.rpp"), 1),
        (StepFailed(ErrorInfo("internal", "a mistake")), 1),
        (DiskError("no permission", where="/p.rpp"), module.TRIES),
        (ValueError("a mistake of our own"), module.TRIES),
    ],
)
async def test_what_cannot_be_looked_at_keeps_nothing_waiting(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: Exception, tries: int
) -> None:
    monkeypatch.setattr(module, "AGAIN_S", 0.01)
    (tmp_path / "rules").mkdir()
    for name, event in (("saved", "project.saved"), ("added", "asset.added")):
        (tmp_path / "rules" / f"{name}.toml").write_text(RULE.format(name=name, event=event))
    book = RuleBook(tmp_path / "rules")
    book.refresh()
    runs, files, runner = RuleRuns(db), Files(wrong), Runner()
    table = [
        Message(1, {"type": "project.saved", "path": "/p.rpp"}),
        Message(2, {"type": "asset.added", "asset": "a", "path": "/a.wav"}),
    ]
    ports = cast("Ports", Parts(Events(table), files, Library(), Work(runs)))
    clock = SystemClock()
    engine = RuleEngine(book, ports, Gatherer(ports, clock), cast("Any", runner), clock, Limits())
    task = asyncio.create_task(engine.run())
    async with asyncio.timeout(20):
        while not runner.begun:  # noqa: ASYNC110 - what it waits for is in the database
            await asyncio.sleep(0.01)
    task.cancel()
    [run] = [await runs.get(each) for each in runner.begun]
    assert (run.rule, run.event, files.asked) == ("added", 2, tries)
    assert await runs.cursor() == 2
