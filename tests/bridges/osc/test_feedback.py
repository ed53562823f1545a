"""What is told of jobs: which, to whom, in which order, and how often."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from bridges.osc.addresses import jobs as jobs_addresses
from bridges.osc.table import SLOTS
from tests.bridges.osc.conftest import Api, Client, Stage, Surface, stage

LISTED = 4


@pytest_asyncio.fixture
async def held(tmp_path: Path) -> AsyncIterator[Stage]:
    """A daemon whose separations wait, because the DAW plays, until `let_go`."""
    async with stage(tmp_path, **{"midi.enabled": False, "pause_heavy": "playing"}) as staged:
        async with staged.api() as api:
            await api.ask("PUT", "/transport", playing=True)
        yield staged


@pytest_asyncio.fixture
async def api(held: Stage) -> AsyncIterator[Api]:
    async with held.api() as made:
        yield made


async def let_go(api: Api) -> None:
    await api.ask("PUT", "/transport", playing=False)


async def waiting(staged: Stage, api: Api, count: int) -> list[str]:
    """So many separations, oldest first, that stay open."""
    return [await api.run("stems", staged.song(f"{number}.wav", 0.5)) for number in range(count)]


async def done(staged: Stage, api: Api, count: int) -> list[str]:
    """So many jobs that were done, oldest first."""
    jobs = []
    for number in range(count):
        jobs.append(await api.run("light", staged.song(f"{number}.wav", 0.5)))
        await api.until(jobs[-1], "done")
    return jobs


async def subscribed(staged: Stage) -> Surface:
    """A surface that was told how everything stands."""
    screen = staged.surface()
    screen.send("/roadie/subscribe", 0, 600)
    await screen.until("/roadie/slot/8/progress")
    await screen.until("/roadie/hit/8/name")
    return screen


async def test_every_open_job_is_listed_and_then_those_that_ended_last(
    held: Stage, api: Api, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(jobs_addresses, "_LISTED", LISTED)
    surface = held.surface()

    async def listed() -> list[str]:
        surface.send("/roadie/jobs")
        heard = await surface.until("/roadie/jobs/done")
        jobs = [each.args[1] for each in heard if each.address == "/roadie/job/state"]
        assert heard[-1].args == ["", len(jobs)]
        return jobs

    oldest = await waiting(held, api, 1)
    ended = await done(held, api, LISTED)
    assert await listed() == oldest + ended[:0:-1]
    unended = oldest + await waiting(held, api, LISTED)
    assert await listed() == unended[::-1]


async def test_a_subscriber_who_comes_late_hears_of_every_open_job(held: Stage, api: Api):
    """The oldest, which are done first, have no slot."""
    jobs = await waiting(held, api, SLOTS + 2)
    await api.until(jobs[0], "running")
    screen = await subscribed(held)
    await let_go(api)
    heard = await screen.until("/roadie/job/state", jobs[0], "done")
    of_first = [each for each in heard if each.args[1:2] == [jobs[0]]]
    assert next(each.args[3] for each in of_first if each.address == "/roadie/job/state") == "running"
    assert [each for each in of_first if each.address == "/roadie/job/artifact"]


async def test_values_are_as_jobs_stand_though_nobody_listens(held: Stage, api: Api):
    """They are asked for again and again, without a subscriber for whom what happens would be read."""
    (job,) = await waiting(held, api, 1)
    await api.until(job, "running")
    async with aiohttp.ClientSession() as session:
        client = Client(session, held.runtime.osc_query_port)

        async def slot() -> list[str | float]:
            described = (await client.get("/roadie/slot/1"))[1]["CONTENTS"]
            return [described[name]["VALUE"][0] for name in ("state", "progress")]

        state, progress = await slot()
        assert state == "running" and float(progress) < 1
        await let_go(api)
        await api.until(job, "done")
        assert await slot() == ["done", 1.0]
        assert await slot() == ["done", 1.0]
    screen = await subscribed(held)
    shown = {each.address: each.args for each in screen.heard}
    assert shown["/roadie/slot/1/state"] == ["done"] and shown["/roadie/slot/1/progress"] == [1.0]
    assert await screen.silence(0.3) == []
