"""Known sounds are told anew once the tagger has learnt or forgotten something, with real workers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from daemon.jobs.cache import Cache
from daemon.jobs.calls import Calls
from daemon.jobs.listen import Listener
from daemon.library.asset_records import Asset, FileStat, NewAsset
from daemon.library.database import Database
from daemon.library.retelling import Retelling
from daemon.library.search import Query
from daemon.library.text import sql
from daemon.library.unreadable import Unreadable
from daemon.models import taught
from daemon.models.store import ModelStore
from daemon.services import hear_again
from daemon.services.hear_again import HearAgain
from daemon.services.learn import Learner
from daemon.services.scan import CALL_FILES, Hearing, Scanner
from tests.services.test_scan import Context, Counting, House

RATE = 44100
MINE = 4
"""Sounds that a person names; as many more are like them."""


def warble(path: Path, seed: int) -> None:
    """A tone that wanders quickly, which has no class of roadie's."""
    rng = np.random.default_rng(seed)
    t = np.arange(RATE // 2) / RATE
    hz = rng.uniform(480, 520) * 2 ** (0.6 * np.sin(2 * np.pi * 9 * t))
    write(path, 0.5 * np.sin(2 * np.pi * np.cumsum(hz) / RATE) * np.exp(-t / 0.3))


def hiss(seed: int) -> np.ndarray:
    """A burst of noise with something of a tone, as of a snare."""
    t = np.arange(int(0.25 * RATE)) / RATE
    noise = np.random.default_rng(seed).normal(size=t.size)
    return 0.1 * (noise + 6 * np.sin(2 * np.pi * (180 + seed) * t)) * np.exp(-t / 0.06)


def loop_of(hits: list[np.ndarray]) -> np.ndarray:
    """Two seconds with a hit on each eighth."""
    sound = np.zeros(2 * RATE)
    for place, hit in enumerate(hits * (8 // len(hits))):
        start = place * RATE // 4
        sound[start : start + len(hit)] += hit[: len(sound) - start]
    return 0.7 * sound


def write(path: Path, sound: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, sound, RATE)


class School(House):
    """A library whose tagger learns."""

    def __init__(self, db: Database, home: Path, executor: Counting) -> None:
        super().__init__(db, home, executor)
        self.db, self.models = db, ModelStore(home / "models")
        self.calls = calls = Calls(executor, Cache(home / "cache", home / "work"), 1)
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

    async def correct(self, label: str = "warble", names: tuple[str, ...] = ()) -> None:
        known = await self.known()
        for name in names or tuple(f"warble {number}.wav" for number in range(MINE)):
            await self.assets.change(known[name].id, name=None, rating=None, tags=None, label=label)

    async def learn(self) -> list[str]:
        self.executor.calls.clear()
        return await self.learner.run(Context({}))

    async def forget(self) -> list[str]:
        self.executor.calls.clear()
        taught.forget(self.models.folder)
        return await self.learner.forgotten(Context({}))

    @property
    def opened(self) -> list[str]:
        """Names of sounds whose files a worker was given since the last scan or the like."""
        return [name for name in self.executor.heard if not name.endswith(".msgpack")]

    async def unremember(self) -> None:
        """As in a library that an older roadie scanned."""
        await self.db.write(lambda: sql("DELETE FROM heard"))


@pytest.fixture
async def school(db: Database, tmp_path: Path) -> AsyncIterator[School]:
    executor = Counting()
    await executor.start()
    yield School(db, tmp_path, executor)
    await executor.stop()


async def scanned_anew(school: School, home: Path) -> dict[str, Any]:
    """What an empty library tells of the same sounds, with what is taught now. The first one is not used from then on:
    a process has one library."""
    db = Database(home / "anew.db")
    db.open()
    try:
        anew = School(db, home, school.executor)
        anew.models, anew.folder = school.models, school.folder
        listener = Listener(anew.calls, anew.models)
        anew.scanner = Scanner(anew.assets, listener, Unreadable(db, "this"), at_once=1)
        await anew.scan()
        return {name: said(asset) for name, asset in (await anew.known()).items()}
    finally:
        db.close()


def said(asset: Asset) -> Any:
    """All that a scan told of a sound. A correction is not the tagger's: the class beneath it is."""
    meta = {key: value for key, value in asset.meta.items() if key != "class_by_user"}
    tags = sorted((tag.label, tag.origin, tag.confidence) for tag in asset.tags if tag.origin != "user")
    blank = replace(asset, added_at=0.0, label=None, confidence=None, meta=meta, tags=())
    return blank, tags


async def test_the_library_says_at_once_what_a_scan_would_say(school: School) -> None:
    await school.fill()
    before = await school.known()
    assert "warble" not in {asset.label for asset in before.values()}
    await school.correct()
    context = Context({})
    school.executor.calls.clear()
    (told,) = await school.learner.run(context)
    assert told == f"{3 * MINE} known sounds were told anew, and {MINE} of them are called otherwise now"
    assert school.opened == []
    shares = [share for share, _ in context.told]
    assert shares == sorted(shares) and shares[-1] == 1.0
    after = await school.known()
    assert [name for name, asset in sorted(after.items()) if asset.label == "warble"] == [
        f"warble {number}.wav" for number in range(2 * MINE)
    ]
    assert all(after[f"warble {number}.wav"].confidence == 1.0 for number in range(MINE))
    await school.scan()
    assert school.executor.heard == []  # nothing is left for a scan to say

    (told,) = await school.forget()
    assert told == f"{3 * MINE} known sounds were told anew, and {MINE} of them are called otherwise now"
    forgotten = await school.known()
    own = {f"warble {number}.wav" for number in range(MINE)}
    assert {forgotten[name].label for name in own} == {"warble"}
    for name in before.keys() - own:
        assert forgotten[name] == before[name], name


async def test_what_is_told_anew_is_what_a_scan_of_an_empty_library_tells(
    school: School, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hear_again, "PAGE", 7)
    for number in range(6):
        warble(school.folder / f"warble {number}.wav", number)
        write(school.folder / f"{number}.wav", hiss(number))
        write(school.folder / f"Snare {number}.wav", hiss(20 + number))
        write(school.folder / "Open Hats" / f"o{number}.wav", hiss(40 + number))
        write(school.folder / f"groove {number} 120bpm.wav", loop_of([hiss(100 + number)]))
        write(school.folder / f"rolls {number}.wav", loop_of([hiss(60 + number), hiss(80)]))
        school.write(f"kick {number}.wav", 50 + number)
    write(school.folder / "silence.wav", np.zeros(RATE // 2))
    write(school.folder / "Kick twice.wav", hiss(30))
    write(school.folder / "Snare twice.wav", hiss(30))
    await school.scan()
    await school.correct("warble", ("warble 0.wav", "warble 1.wav"))
    await school.correct("zap", ("0.wav", "Snare 0.wav"))  # which may have a note, as no snare does
    await school.correct("my groove", ("groove 1 120bpm.wav",))
    await school.correct("snare", ("kick 0.wav",))
    before = {name: said(asset) for name, asset in (await school.known()).items()}
    found = []
    for step in (school.learn, school.forget, school.learn):
        await step()
        assert school.opened == []
        found.append({name: said(asset) for name, asset in (await school.known()).items()})
    known = await school.known()
    assert {"loop", "one-shot"} == {asset.kind for asset in known.values()}
    assert known["Snare 3.wav"].label == "zap" and "root_note" in known["Snare 3.wav"].meta
    assert known["groove 4 120bpm.wav"].label == "my groove"

    learnt = await scanned_anew(school, tmp_path / "learnt")
    taught.forget(school.models.folder)
    forgotten = await scanned_anew(school, tmp_path / "forgotten")
    assert len(learnt) == 6 * 7 + 2 and learnt != forgotten
    assert found == [learnt, forgotten, learnt]
    assert before == forgotten


async def test_a_library_of_an_older_roadie_is_heard_again_once(school: School) -> None:
    await school.fill()
    before = await school.known()
    await school.correct()
    await school.unremember()
    (told,) = await school.learn()
    assert told.startswith(
        f"{3 * MINE} known sounds were told anew ({3 * MINE} files were heard again for it), and "
    )
    assert f" {MINE} of them are called otherwise now" in told
    assert len(school.opened) == MINE + 3 * MINE
    await school.forget()
    assert school.opened == []
    assert (await school.known())["warble 7.wav"] == before["warble 7.wav"]


async def test_a_sound_in_two_files_is_one_that_is_told_anew(school: School) -> None:
    await school.fill()
    (school.folder / "copy.wav").write_bytes((school.folder / "kick 0.wav").read_bytes())
    await school.scan()
    await school.correct()
    await school.unremember()
    told = (await school.learn())[0]
    count = 3 * MINE
    assert told.startswith(f"{count} known sounds were told anew ({count + 1} files were heard again for it)")


async def test_what_was_kept_in_another_way_is_heard_again(school: School) -> None:
    await school.fill()
    await school.correct()
    odd = [b"", b"\x92\xc4\x01\x07\x80", b"\xff\xff"]  # nothing, of another format, and what is no such thing
    ids = [(await school.known())[f"kick {number}.wav"].id for number in range(len(odd))]

    def spoil() -> None:
        for asset, data in zip(ids, odd, strict=True):
            sql("UPDATE heard SET kept = ? WHERE asset_id = ?", data, asset)

    await school.db.write(spoil)
    (told,) = await school.learn()
    assert told.startswith(f"{3 * MINE} known sounds were told anew (3 files were heard again")
    assert sorted(school.opened) == [f"kick {number}.wav" for number in range(len(odd))]


async def test_what_another_network_said_is_of_no_use(school: School) -> None:
    await school.fill()
    await school.correct()
    await school.db.write(lambda: sql("UPDATE heard SET network = 'classifier 0.1 builtin'"))
    (told,) = await school.learn()
    assert f"({3 * MINE} files were heard again" in told


async def test_what_was_told_is_not_told_again_after_a_restart(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hear_again, "PAGE", 8)
    await school.fill()
    await school.correct()

    class Stopping(Context):
        def progress(self, fraction: float, note: str) -> None:
            super().progress(fraction, note)
            if note.startswith("8 of"):
                raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await school.learner.run(Stopping({}))
    (told,) = await school.learn()
    assert told.startswith(f"{3 * MINE - 8} known sounds were told anew"), told
    assert "warble" in {
        (await school.known())[f"warble {number}.wav"].label for number in range(MINE, 2 * MINE)
    }


async def test_what_was_heard_is_not_heard_again_after_a_restart(school: School) -> None:
    await school.fill()
    for number in range(2 * CALL_FILES):
        school.write(f"more/{number}.wav", 100 + number)
    await school.scan()
    await school.correct()
    await school.unremember()

    class Stopping(Context):
        def progress(self, fraction: float, note: str) -> None:
            super().progress(fraction, note)
            if note.startswith(f"{CALL_FILES} of"):
                work.cancel()

    work = asyncio.create_task(school.learner.run(Stopping({})))
    with pytest.raises(asyncio.CancelledError):
        await work
    await school.unremember()  # so that the same is taught of the same files
    (told,) = await school.learn()
    left = 3 * MINE + 2 * CALL_FILES - CALL_FILES
    assert told.startswith(f"{left} known sounds were told anew ({left} files"), told
    assert len(school.opened) == MINE + left


async def test_what_is_gone_or_has_changed_or_has_no_class_is_left_and_said(school: School) -> None:
    await school.fill()
    write(school.folder / "song.wav", 0.1 * np.random.default_rng(0).standard_normal(31 * RATE))
    await school.scan()
    await school.correct()
    await school.unremember()
    (school.folder / "kick 0.wav").unlink()
    school.write("kick 1.wav", 300)
    told, left, *which = await school.learn()
    assert told.startswith(f"{3 * MINE - 2} known sounds were told anew ({3 * MINE - 2} files were heard again")
    assert left.startswith("2 known files were not heard again")
    assert [line.split(":")[0] for line in which] == [str(school.folder / f"kick {n}.wav") for n in (0, 1)]
    assert "song.wav" not in school.executor.heard


async def test_what_is_away_is_told_anew_and_learnt_from_too(school: School) -> None:
    await school.fill()
    await school.correct()
    for path in school.folder.iterdir():
        path.rename(path.with_suffix(".away"))
    await school.scan()
    (told,) = await school.learn()
    assert told == f"{3 * MINE} known sounds were told anew, and {MINE} of them are called otherwise now"
    for path in school.folder.iterdir():
        path.rename(path.with_suffix(".wav"))
    await school.scan()
    assert school.opened == []
    assert (await school.known())[f"warble {MINE}.wav"].label == "warble"


async def test_what_a_job_told_of_what_it_made_stays(school: School) -> None:
    await school.fill()
    await school.correct()
    kick = (await school.known())["kick 0.wav"]
    made = NewAsset(
        kick.id, "slice", school.folder / "made.wav", FileStat(1, 1, 1), made=True, job="job",
        meta={"class": "tom", "confidence": 0.9},
    )  # fmt: skip
    await school.assets.remove(kick.id)
    await school.assets.record(made)
    await school.scan()
    await school.learn()
    (found,) = [asset for asset in (await school.known()).values() if asset.id == kick.id]
    assert (found.label, found.confidence, found.job) == ("tom", 0.9, "job")


async def test_of_many_that_are_gone_some_are_named_and_the_others_stand_in_the_log(
    school: School, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await school.fill()
    await school.correct()
    await school.unremember()
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
