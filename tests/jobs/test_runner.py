"""The runner over real rows; what a job does is a task that the test lets go on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import msgspec
import pytest

from daemon.jobs.pipeline import Ended, Order, Pipeline
from daemon.jobs.recipe import Recipe, StepEntry
from daemon.jobs.runner import JobRunner, TaskContext
from daemon.jobs.turns import Turns
from daemon.kernel.clock import SystemClock
from daemon.library.database import Database
from daemon.library.job_records import InputRecord
from daemon.library.jobs import Jobs, NewInput, NewJob

RECIPE = Recipe("r", "", (StepEntry("song", "analyse", ("input",), (), {}),), ())
REQUEST = {"deliver": {"folder": "/out", "container": "wav", "depth": "auto"}}


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "roadie.db")
    database.open()
    yield database
    database.close()


class Done:
    """A pipeline that has nothing to do, and counts."""

    def __init__(self) -> None:
        self.inputs: list[str] = []

    async def run(self, order: Order, record: InputRecord, on_step: object) -> Ended:
        self.inputs.append(record.id)
        return Ended("done", warnings=[f"{record.id} is odd"])


class Held(Done):
    """A pipeline whose inputs wait until the test lets them end."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()

    async def run(self, order: Order, record: InputRecord, on_step: object) -> Ended:
        ended = await super().run(order, record, on_step)
        await self.gate.wait()
        return ended


def runner(jobs: Jobs, pipeline: Done | None = None) -> JobRunner:
    async def at_once(context: TaskContext) -> list[str]:
        return []

    return JobRunner(
        jobs, cast("Pipeline", pipeline or Done()), {"scan": at_once}, lambda event: None, SystemClock()
    )


async def closed(jobs: Jobs, job: str) -> str:
    return await left(jobs, job, "preparing", "queued", "running")


async def left(jobs: Jobs, job: str, *states: str) -> str:
    """The first state of a job that is none of these."""
    async with asyncio.timeout(5):
        while (state := (await jobs.get(job)).state) in states:  # noqa: ASYNC110 - of real parts
            await asyncio.sleep(0.01)
    return state


async def begin(working: JobRunner, jobs: Jobs, job: str, use: str) -> None:
    """A job of a recipe with this one step, or a scan."""
    recipe = Recipe("r", "", (StepEntry("song", use, ("input",), (), {}),), ())
    name, body = ("scan", None) if use == "scan" else ("r", msgspec.to_builtins(recipe))
    await jobs.insert(NewJob(job, name, body, REQUEST, "cli", [NewInput("/a")], "h"))
    working.begin(job)


async def test_a_job_asked_again_in_the_moment_it_ends_is_begun(db: Database) -> None:
    jobs = Jobs(db)
    working = runner(jobs)
    await jobs.insert(NewJob("j", "scan", None, {}, "cli", [NewInput("/a")], "h"))
    working.begin("j")
    (task,) = [each for each in asyncio.all_tasks() if each.get_name() == "job j"]
    while not task.done():  # noqa: ASYNC110 - so that this goes on before anything else hears of the end
        await asyncio.sleep(0)
    working.begin("j")
    begun = [each for each in asyncio.all_tasks() if each.get_name() == "job j"]
    assert begun, "it was taken for the one that had just ended"
    await asyncio.gather(*begun)
    await working.stop()


async def test_a_job_that_was_cancelled_before_it_began_does_nothing(db: Database) -> None:
    jobs = Jobs(db)
    pipeline = Done()
    working = runner(jobs, pipeline)
    await jobs.insert(NewJob("j", "r", _body(), REQUEST, "cli", [NewInput("/a")], "h"))
    await working.cancel("j")
    working.begin("j")
    await asyncio.sleep(0.1)
    assert pipeline.inputs == [] and await closed(jobs, "j") == "cancelled"
    await working.stop()


async def test_after_a_restart_the_warnings_of_inputs_that_were_done_are_still_told(db: Database) -> None:
    jobs = Jobs(db)
    pipeline = Done()
    working = runner(jobs, pipeline)
    await jobs.insert(NewJob("j", "r", _body(), REQUEST, "cli", [NewInput("/a"), NewInput("/b")], "h"))
    await jobs.set_input("j.0", "done", warnings=["j.0 was odd"])
    await working.start("another boot")
    assert await closed(jobs, "j") == "done"
    assert pipeline.inputs == ["j.1"]
    assert (await jobs.get("j")).warnings == ("j.0 was odd", "j.1 is odd")
    await working.stop()


async def test_jobs_that_wait_for_the_heavy_lane_keep_no_other_work(db: Database) -> None:
    """As while the DAW records: those four do not go on before it stops."""
    jobs, pipeline = Jobs(db), Held()
    working = runner(jobs, pipeline)
    for number in range(6):
        await begin(working, jobs, f"heavy{number}", "separate")
    await begin(working, jobs, "scan", "scan")
    await begin(working, jobs, "light", "analyse")
    assert await closed(jobs, "scan") == "done"
    assert await left(jobs, "light", "preparing", "queued") == "running"
    assert await left(jobs, "heavy5", "preparing") == "queued"
    assert [job.id for job in await jobs.page("queued", None, 10)] == ["heavy5", "heavy4"]
    pipeline.gate.set()
    assert [await closed(jobs, f"heavy{number}") for number in range(6)] == ["done"] * 6
    await working.stop()


async def test_jobs_of_one_kind_begin_in_the_order_in_which_they_came(db: Database) -> None:
    jobs, turns, gate = Jobs(db), Turns(Jobs(db)), asyncio.Event()
    begun: list[str] = []

    async def work(job: str) -> None:
        async with turns.turn(job):
            begun.append(job)
            await gate.wait()

    names = [f"j{number}" for number in range(12)]
    for name in names:
        await jobs.insert(NewJob(name, "scan", None, {}, "cli", [NewInput("/a")], "h"))
    working = {name: asyncio.create_task(work(name)) for name in names}
    assert await left(jobs, "j11", "preparing") == "queued"
    assert begun == names[:4]
    working["j6"].cancel()
    gate.set()
    await asyncio.gather(*working.values(), return_exceptions=True)
    assert begun == [name for name in names if name != "j6"]


def _body() -> object:
    return msgspec.to_builtins(RECIPE)
