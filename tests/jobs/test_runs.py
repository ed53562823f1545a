from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from daemon.jobs.cache import Cache
from daemon.jobs.runs import Finished, RunPool
from daemon.kernel.errors import ErrorInfo, SourceChanged, StepFailed, WorkerDied
from daemon.kernel.types import AssetId
from daemon.kernel.work import Kind, Lane, Produced, StepCall, StepResult
from daemon.library.database import Database
from daemon.library.runs import Runs
from tests.fakes.executor import Answer, ManualExecutor

CALL = StepCall("", "separate", (), {}, Path(), Lane.HEAVY)


def writes(call: StepCall) -> StepResult:
    (call.out / "a.wav").write_bytes(b"sound")
    return StepResult((Produced("a.wav", Kind.STEM, AssetId("p")),))


async def fine() -> None: ...


def ignore(fraction: float, note: str) -> None: ...


class House:
    def __init__(self, folder: Path, answer: Answer) -> None:
        self.db = Database(folder / "roadie.db")
        self.db.open()
        self.runs = Runs(self.db, "boot")
        self.cache = Cache(folder / "cache", folder / "work")
        self.executor = ManualExecutor(answer)
        self.pool = RunPool(self.runs, self.cache, self.executor, max_attempts=3)
        self.work = folder / "work"


@pytest.fixture
def build(tmp_path: Path) -> Iterator[object]:
    houses: list[House] = []

    def make(answer: Answer) -> House:
        houses.append(House(tmp_path, answer))
        return houses[-1]

    yield make
    for house in houses:
        house.db.close()


async def test_a_finished_key_is_not_computed_again(build) -> None:
    house = build(writes)
    first = await house.pool.get("key", CALL, fine, ignore)
    second = await house.pool.get("key", CALL, fine, ignore)
    assert len(house.executor.runs) == 1
    assert (first.attempt, second.attempt) == (1, 0)
    assert (second.folder / "a.wav").read_bytes() == b"sound"
    assert second.result == first.result
    assert list(house.work.iterdir()) == []


async def test_an_evicted_one_is_computed_again(build) -> None:
    house = build(writes)
    first = await house.pool.get("key", CALL, fine, ignore)
    (first.folder / "a.wav").unlink()
    second = await house.pool.get("key", CALL, fine, ignore)
    assert len(house.executor.runs) == 2
    assert (second.folder / "a.wav").exists()


async def test_two_who_ask_share_one_run_and_its_progress(build) -> None:
    house = build(lambda call: None)
    told: list[float] = []
    askers = [
        asyncio.create_task(house.pool.get("key", CALL, fine, lambda fraction, note: told.append(fraction)))
        for _ in range(2)
    ]
    run = await started(house)
    run.on_progress(0.5, "half")
    house.executor.finish(run, writes(run.call))
    results = await asyncio.gather(*askers)
    assert results[0] == results[1] and len(house.executor.runs) == 1
    assert told.count(0.5) == 2


async def test_whoever_asks_is_told_nothing_before_a_worker_begins(build) -> None:
    house = build(lambda call: None)
    told: list[tuple[str, float]] = []

    def ask(who: str) -> asyncio.Task[Finished]:
        return asyncio.create_task(
            house.pool.get("key", CALL, fine, lambda fraction, note: told.append((who, fraction)))
        )

    first = ask("first")
    run = await started(house)
    assert told == []
    run.on_begin()
    assert told == [("first", 0.0)]
    second = ask("second")
    await until(lambda: len(told) == 2)
    house.executor.finish(run, writes(run.call))
    await asyncio.gather(first, second)
    assert told == [("first", 0.0), ("second", 0.0)]


async def test_one_who_cancels_detaches_and_the_other_goes_on(build) -> None:
    house = build(lambda call: None)
    first, second = (asyncio.create_task(house.pool.get("key", CALL, fine, ignore)) for _ in range(2))
    run = await started(house)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    assert not run.cancelled
    house.executor.finish(run, writes(run.call))
    assert (await second).attempt == 1


async def test_the_run_stops_when_nobody_is_attached(build) -> None:
    house = build(lambda call: None)
    askers = [asyncio.create_task(house.pool.get("key", CALL, fine, ignore)) for _ in range(2)]
    run = await started(house)
    for asker in askers:
        asker.cancel()
    await asyncio.gather(*askers, return_exceptions=True)
    await until(lambda: run.cancelled)
    again = asyncio.create_task(house.pool.get("key", CALL, fine, ignore))
    second = await started(house, 2)
    house.executor.finish(second, writes(second.call))
    assert (await again).folder.is_dir()


async def test_a_dead_worker_is_tried_again_up_to_the_limit(build) -> None:
    house = build(lambda call: WorkerDied("the worker died", why="signal 11"))
    with pytest.raises(WorkerDied):
        await house.pool.get("key", CALL, fine, ignore)
    assert len(house.executor.runs) == 3
    assert len({run.call.token for run in house.executor.runs}) == 3


async def test_a_step_that_was_asked_wrongly_fails_at_once_and_may_be_asked_again(build) -> None:
    answers = [StepFailed(ErrorInfo("unreadable_audio", "no sound")), None]
    house = build(lambda call: answers.pop(0) or writes(call))
    with pytest.raises(StepFailed, match="no sound"):
        await house.pool.get("key", CALL, fine, ignore)
    assert (await house.pool.get("key", CALL, fine, ignore)).result.files


async def test_a_source_that_changed_leaves_nothing_under_the_old_key(build) -> None:
    house = build(writes)

    async def changed() -> None:
        raise SourceChanged("the file changed")

    with pytest.raises(SourceChanged):
        await house.pool.get("key", CALL, changed, ignore)
    assert await house.runs.finished("key") is None
    assert not list(house.cache.folder("key", "x").parent.glob("*"))


async def test_an_attempt_that_lost_its_claim_leaves_nothing(build) -> None:
    house = build(lambda call: None)
    asker = asyncio.create_task(house.pool.get("key", CALL, fine, ignore))
    run = await started(house)
    await house.runs.claim("key", "separate", "another")
    house.executor.finish(run, writes(run.call))
    with pytest.raises(Exception, match="another attempt"):
        await asker
    assert not list(house.cache.folder("key", "x").parent.glob("*"))


async def started(house: House, count: int = 1):
    await until(lambda: len(house.executor.runs) >= count)
    return house.executor.runs[-1]


async def until(condition) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - a condition of real parts, not an event
            await asyncio.sleep(0.005)


async def test_one_who_asks_while_a_run_is_being_stopped_begins_anew_and_is_not_disturbed(build) -> None:
    house = build(lambda call: None)
    first = asyncio.create_task(house.pool.get("key", CALL, fine, ignore))
    await started(house)
    first.cancel()
    await asyncio.sleep(0)  # the first run is told to stop, and has not stopped yet
    again = asyncio.create_task(house.pool.get("key", CALL, fine, ignore))
    await asyncio.gather(first, return_exceptions=True)
    second = await started(house, 2)
    third = asyncio.create_task(house.pool.get("key", CALL, fine, ignore))
    await asyncio.sleep(0.05)
    assert len(house.executor.runs) == 2, "the third did not attach to the second"
    house.executor.finish(second, writes(second.call))
    assert (await again).result == (await third).result
    await house.pool.close()


async def test_a_result_that_is_being_stored_when_everyone_leaves_is_kept(build) -> None:
    house = build(lambda call: None)
    asker = asyncio.create_task(house.pool.get("key", CALL, fine, ignore))
    run = await started(house)
    gate = threading.Event()
    house.db.submit(gate.wait)  # what is written from here on waits, so that the cancel comes in the middle
    house.executor.finish(run, writes(run.call))
    await until(lambda: list(house.cache.folder("key", "x").parent.glob("*")))
    asker.cancel()
    await asyncio.sleep(0.05)
    gate.set()
    await asyncio.gather(asker, return_exceptions=True)
    await house.pool.close()
    assert await house.runs.finished("key") is not None
    assert len(list(house.cache.folder("key", "x").parent.glob("*"))) == 1


async def test_a_result_that_the_library_cannot_store_leaves_no_files(build) -> None:
    house = build(lambda call: None)
    asker = asyncio.create_task(house.pool.get("key", CALL, fine, ignore))
    run = await started(house)
    with sqlite3.connect(house.db.path) as plain:
        plain.execute("CREATE TRIGGER full BEFORE UPDATE ON run BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
    house.executor.finish(run, writes(run.call))
    with pytest.raises(Exception, match="full"):
        await asker
    assert not list(house.cache.folder("key", "x").parent.glob("*"))


@pytest.mark.parametrize("of_the_worker", [True, False])
async def test_when_the_file_of_whoever_began_changes_the_other_reads_its_own(
    build, of_the_worker: bool
) -> None:
    house = build(lambda call: None)
    mine, equal = replace(CALL, seed=1), replace(CALL, seed=2)

    async def changed() -> None:
        if not of_the_worker:
            raise SourceChanged("the file changed")

    first = asyncio.create_task(house.pool.get("key", mine, changed, ignore))
    run = await started(house)
    second = asyncio.create_task(house.pool.get("key", equal, fine, ignore))
    await asyncio.sleep(0)
    gone = StepFailed(ErrorInfo("file_missing", "there is no such file"))
    house.executor.finish(run, gone if of_the_worker else writes(run.call))
    again = await started(house, 2)
    assert again.call.seed == 2, "the second job's own file is read"
    house.executor.finish(again, writes(again.call))
    assert (await second).result.files
    with pytest.raises((SourceChanged, StepFailed)):
        await first


async def test_an_error_that_is_not_the_files_is_shared_by_all(build) -> None:
    house = build(lambda call: None)
    askers = [asyncio.create_task(house.pool.get("key", CALL, fine, ignore)) for _ in range(2)]
    run = await started(house)
    house.executor.finish(run, StepFailed(ErrorInfo("bad_parameter", "no")))
    ended = await asyncio.gather(*askers, return_exceptions=True)
    assert [type(each) for each in ended] == [StepFailed, StepFailed]
    assert len(house.executor.runs) == 1


@pytest.mark.parametrize("room", [0, 3])
async def test_a_full_disk_is_answered_by_a_smaller_cache_once(build, room: int) -> None:
    answers = [StepFailed(ErrorInfo("disk_full", "the disk is full")), None]
    house = build(lambda call: answers.pop(0) or writes(call))
    asked: list[int] = []

    async def make_room() -> int:
        asked.append(room)
        return room

    pool = RunPool(house.runs, house.cache, house.executor, 3, make_room)
    if room:
        assert (await pool.get("key", CALL, fine, ignore)).result.files
    else:
        with pytest.raises(StepFailed, match="full"):
            await pool.get("key", CALL, fine, ignore)
    assert asked == [room]
