"""Known sounds are told anew once the tagger has learnt or forgotten something, with real workers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from daemon.jobs.cache import Cache
from daemon.jobs.calls import Calls
from daemon.jobs.listen import Listener
from daemon.library.asset_records import Asset
from daemon.library.database import Database
from daemon.library.retelling import Retelling
from daemon.library.search import Query
from daemon.library.unreadable import Unreadable
from daemon.models import taught
from daemon.models.store import ModelStore
from daemon.services.hear_again import HearAgain
from daemon.services.learn import Learner
from daemon.services.scan import CALL_FILES, Hearing
from tests.services.test_scan import Context, Counting, House

RATE = 44100
MINE = 4
"""Sounds that a person names; as many more are like them."""


def warble(path: Path, seed: int) -> None:
    """A tone that wanders quickly, which has no class of roadie's."""
    rng = np.random.default_rng(seed)
    t = np.arange(RATE // 2) / RATE
    hz = rng.uniform(480, 520) * 2 ** (0.6 * np.sin(2 * np.pi * 9 * t))
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, 0.5 * np.sin(2 * np.pi * np.cumsum(hz) / RATE) * np.exp(-t / 0.3), RATE)


class School(House):
    """A library whose tagger learns."""

    def __init__(self, db: Database, home: Path, executor: Counting) -> None:
        super().__init__(db, home, executor)
        calls, self.models = (
            Calls(executor, Cache(home / "cache", home / "work"), 1),
            ModelStore(home / "models"),
        )
        listener = Listener(calls, self.models)
        again = HearAgain(
            Retelling(db), listener, Hearing(self.assets, listener, Unreadable(db, "this"), at_once=1)
        )
        self.learner = Learner(self.assets, calls, self.models, again)

    async def fill(self) -> None:
        for number in range(2 * MINE):
            warble(self.folder / f"warble {number}.wav", number)
        for number in range(MINE):
            self.write(f"kick {number}.wav", 50 + number)
        await self.scan()

    async def known(self) -> dict[str, Asset]:
        found, _ = await self.search.find(Query(limit=500))
        return {asset.name: asset for asset in found}

    async def correct(self) -> None:
        known = await self.known()
        for number in range(MINE):
            await self.assets.change(
                known[f"warble {number}.wav"].id, name=None, rating=None, tags=None, label="warble"
            )


@pytest.fixture
async def school(db: Database, tmp_path: Path) -> AsyncIterator[School]:
    executor = Counting()
    await executor.start()
    yield School(db, tmp_path, executor)
    await executor.stop()


async def test_the_library_says_at_once_what_a_scan_would_say(school: School) -> None:
    await school.fill()
    before = await school.known()
    assert "warble" not in {asset.label for asset in before.values()}
    await school.correct()
    context = Context({})
    (told,) = await school.learner.run(context)
    assert told.startswith(f"{3 * MINE} known files were heard again, and {MINE} of their sounds are called")
    shares = [share for share, _ in context.told]
    assert shares == sorted(shares) and shares[-1] == 1.0
    after = await school.known()
    assert [name for name, asset in sorted(after.items()) if asset.label == "warble"] == [
        f"warble {number}.wav" for number in range(2 * MINE)
    ]
    assert all(after[f"warble {number}.wav"].confidence == 1.0 for number in range(MINE))
    await school.scan()
    assert school.executor.heard == []  # nothing is left for a scan to say

    taught.forget(school.models.folder)
    (told,) = await school.learner.forgotten(Context({}))
    assert told.startswith(f"{3 * MINE} known files were heard again, and {MINE} of their sounds are called")
    forgotten = await school.known()
    own = {f"warble {number}.wav" for number in range(MINE)}
    assert {forgotten[name].label for name in own} == {"warble"}
    for name in before.keys() - own:
        assert forgotten[name] == before[name], name


async def test_what_was_heard_is_not_heard_again_after_a_restart(school: School) -> None:
    await school.fill()
    for number in range(2 * CALL_FILES):
        school.write(f"more/{number}.wav", 100 + number)
    await school.scan()
    await school.correct()

    class Stopping(Context):
        def progress(self, fraction: float, note: str) -> None:
            super().progress(fraction, note)
            if note.startswith(f"{CALL_FILES} of"):
                work.cancel()

    work = asyncio.create_task(school.learner.run(Stopping({})))
    with pytest.raises(asyncio.CancelledError):
        await work
    school.executor.calls.clear()
    (told,) = await school.learner.run(Context({}))
    left = 3 * MINE + 2 * CALL_FILES - CALL_FILES
    assert told.startswith(f"{left} known files were heard again"), told
    assert len(school.executor.heard) == MINE + left


async def test_what_is_gone_or_has_changed_or_has_no_class_is_left_and_said(school: School) -> None:
    await school.fill()
    soundfile.write(school.folder / "song.wav", 0.1 * np.random.default_rng(0).standard_normal(31 * 8000), 8000)
    await school.scan()
    await school.correct()
    (school.folder / "kick 0.wav").unlink()
    school.write("kick 1.wav", 300)
    school.executor.calls.clear()
    told, left, *which = await school.learner.run(Context({}))
    assert told.startswith(f"{3 * MINE - 2} known files were heard again")
    assert left.startswith("2 known files were not heard again")
    assert [line.split(":")[0] for line in which] == [str(school.folder / f"kick {n}.wav") for n in (0, 1)]
    assert "song.wav" not in school.executor.heard


async def test_of_many_that_are_gone_some_are_named_and_the_others_stand_in_the_log(
    school: School, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await school.fill()
    await school.correct()
    monkeypatch.setattr("daemon.services.hear_again.NAMED", 2)
    monkeypatch.setattr("daemon.services.learn.NAMED", 1)
    gone = sorted([*school.folder.glob("kick *.wav"), *school.folder.glob("warble [01].wav")])
    for path in gone:
        path.unlink()
    lines = await school.learner.run(Context({}))
    again = next(at for at, line in enumerate(lines) if "known files were not heard again" in line)
    learnt = next(at for at, line in enumerate(lines) if "nothing was learnt from" in line)
    assert lines[again].startswith(f"{len(gone)} known files") and "from 2 sounds of yours" in lines[learnt]
    assert [line.split(":")[0] for line in lines[again + 1 : again + 3]] == [str(path) for path in gone[:2]]
    assert lines[again + 3] == f"... and {len(gone) - 2} more, which roadie.log names"
    assert len(lines[learnt + 1 :]) == 2 and "1 more" in lines[-1]
    logged = " ".join(record.getMessage() for record in caplog.records)
    assert all(str(path) in " ".join([*lines, logged]) for path in gone)
