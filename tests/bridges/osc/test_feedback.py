"""What is told of jobs: which, to whom, in which order, and how often."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from bridges.osc import feedback as osc_feedback
from bridges.osc import slots as osc_slots
from bridges.osc.addresses import jobs as jobs_addresses
from bridges.osc.feed import EVERY_S, JobFeed
from bridges.osc.feedback import MAX_WATCHERS
from bridges.osc.slots import OPEN
from bridges.osc.table import SLOTS
from daemon.kernel.events import StepProgress
from daemon.library.events import EventLog
from daemon.services.events import EventMessage, EventsService
from daemon.services.jobs import JobsService
from tests.bridges.osc.conftest import WAIT_S, Api, Client, Stage, Surface, stage

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

        async def state() -> str:
            return str((await client.get("/roadie/slot/1/state?VALUE"))[1]["VALUE"][0])

        assert await state() == "running"
        await api.ask("POST", f"/jobs/{job}/cancel")
        assert [await state(), await state()] == ["cancelled", "cancelled"]
        await api.ask("POST", f"/jobs/{job}/retry")
        await api.until(job, "running")
        assert await state() == "running"
        await api.ask("POST", f"/jobs/{job}/cancel")
    screen = await subscribed(held)
    assert slots(screen)[1] == ("stems: 0.wav", "cancelled")
    assert await screen.silence(0.3) == []


def slots(screen: Surface) -> dict[int, tuple[str, str]]:
    """Name and state of each slot, as the screen was told."""
    told = {each.address: each.args[0] for each in screen.heard if each.address.startswith("/roadie/slot/")}
    return {n: (told[f"/roadie/slot/{n}/name"], told[f"/roadie/slot/{n}/state"]) for n in range(1, SLOTS + 1)}


async def shows(screen: Surface, songs: set[int], *states: str) -> None:
    """Until its slots have these songs in these states, and only those."""
    names = {f"stems: {number}.wav" for number in songs}
    while {name for name, state in slots(screen).values() if state in states} != names:
        await screen.next()


async def shows_job(screen: Surface, name: str, state: str) -> None:
    while (name, state) not in slots(screen).values():
        await screen.next()


async def noticed(caplog: pytest.LogCaptureFixture, words: str) -> None:
    """Until the log has it."""
    async with asyncio.timeout(WAIT_S):
        while words not in caplog.text:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_slots_of_jobs_that_ended_are_for_open_ones_that_have_none(held: Stage, api: Api):
    screen = await subscribed(held)
    jobs = await waiting(held, api, SLOTS + 3)
    await shows(screen, set(range(3, SLOTS + 3)), *OPEN)
    for job in jobs[-3:]:
        await api.ask("POST", f"/jobs/{job}/cancel")
    await shows(screen, set(range(SLOTS)), *OPEN)
    for job in jobs:
        await api.ask("POST", f"/jobs/{job}/cancel")
    await shows(screen, set(range(SLOTS)), "cancelled")  # where nobody needs them, the ends are shown


async def test_a_job_that_is_done_again_has_a_slot(held: Stage, api: Api):
    screen = await subscribed(held)
    first, *others = await waiting(held, api, SLOTS + 1)
    await api.ask("POST", f"/jobs/{first}/cancel")
    await shows(screen, set(range(1, SLOTS + 1)), *OPEN)
    for job in others:
        await api.ask("POST", f"/jobs/{job}/cancel")
    await shows(screen, set(range(1, SLOTS + 1)), "cancelled")
    await api.ask("POST", f"/jobs/{first}/retry")
    await shows(screen, {0}, *OPEN)


async def test_cancel_of_a_slot_pressed_twice_is_one_job(
    held: Stage, api: Api, monkeypatch: pytest.MonkeyPatch
):
    """Though another job waits for the slot."""
    monkeypatch.setattr(osc_slots, "KEPT_S", 2 * WAIT_S)
    screen = await subscribed(held)
    await waiting(held, api, SLOTS + 1)
    await shows(screen, set(range(1, SLOTS + 1)), *OPEN)
    (number,) = [number for number, (name, _) in slots(screen).items() if name == "stems: 5.wav"]
    screen.send(f"/roadie/slot/{number}/cancel", 1.0)
    await shows(screen, {5}, "cancelled")
    screen.send(f"/roadie/slot/{number}/cancel", 0.0)
    screen.send(f"/roadie/slot/{number}/cancel", 1.0)
    screen.send("/roadie/jobs", "ref=after")
    heard = await screen.until("/roadie/jobs/done", "after")
    states = [each.args[3] for each in heard if each.args[0] == "after" and each.address == "/roadie/job/state"]
    assert len(states) == SLOTS + 1 and states.count("cancelled") == 1


def test_the_slot_of_the_job_that_ended_first_is_given_first() -> None:
    places = osc_slots.Slots()
    feeds = [JobFeed(str(number), "light", "running", 0.0, f"light: {number}") for number in range(SLOTS + 3)]
    assert [slot.number for slot in places.seat(feeds[:SLOTS], 0.0)[0]] == list(range(1, SLOTS + 1))
    places[5].ended_s, places[2].ended_s = 10.0, 11.0
    unended = [feed for feed in feeds if feed.job not in ("4", "1")]
    assert places.seat(unended[:SLOTS], 10.5) == ([], osc_slots.KEPT_S - 0.5)
    given, wait_s = places.seat(unended[:SLOTS], 20.0)
    assert [(slot.number, slot.job) for slot in given] == [(5, "8"), (2, "9")] and wait_s is None
    assert [(slot.number, slot.job) for slot in places.seat(unended[1:], 20.0)[0]] == [(1, "10")]


async def test_feedback_goes_on_after_what_nobody_foresaw(
    held: Stage, api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    """A disk that cannot be read for a moment: while the events are read, and while one is looked at."""
    monkeypatch.setattr(osc_feedback, "AGAIN_S", 0.01)
    screen = await subscribed(held)

    since, get = EventLog.since, JobsService.get

    def breaking(right: Any) -> Any:
        async def work(*args: Any) -> Any:
            task = asyncio.current_task()
            if task is not None and task.get_name() == "osc-feedback":
                raise OSError("disk I/O error")
            return await right(*args)

        return work

    for place, name, right in ((EventLog, "since", since), (JobsService, "get", get)):
        caplog.clear()
        with monkeypatch.context() as patch:
            patch.setattr(place, name, breaking(right))
            job = await api.run("stems", held.song(f"{name}.wav", 0.5))
            await noticed(caplog, "disk I/O error")
        if name == "since":  # nothing was missed
            await shows_job(screen, "stems: since.wav", "running")
        await api.ask("POST", f"/jobs/{job}/cancel")
        await screen.until("/roadie/job/state", job, "cancelled")


async def test_the_end_of_a_job_is_told_though_its_reason_cannot_be_read(
    held: Stage, api: Api, monkeypatch: pytest.MonkeyPatch
):
    screen = await subscribed(held)

    async def broken(*_: Any) -> None:
        raise OSError("disk I/O error")

    monkeypatch.setattr(JobsService, "get", broken)
    job = await api.run("light", held.music / "nowhere.wav")
    await screen.until("/roadie/job/state", job, "failed")


async def test_of_a_job_that_delivers_only_what_it_delivered_is_told(held: Stage, api: Api):
    """Files in the cache are nobody's to keep. A recipe that delivers nothing has no others."""
    recipe = (held.home / "recipes" / "light.toml").read_text()
    bare = recipe[: recipe.index("[[effect]]")].replace('"light"', '"bare"')
    (held.home / "recipes" / "bare.toml").write_text(bare)
    screen = await subscribed(held)
    for name in ("light", "bare"):
        job = await api.run(name, held.song())
        heard = await screen.until("/roadie/job/state", job, "done")
        told = [each.args[4] for each in heard if each.address == "/roadie/job/artifact"]
        made = (await api.ask("GET", f"/jobs/{job}"))["artifacts"]
        results = [each["path"] for each in made if each["delivered"] == (name == "light")]
        assert sorted(told) == sorted(results) and told


async def test_whoever_is_not_told_of_a_job_hears_so(held: Stage):
    """The same request of one host, each time from another port, is one job."""
    song = str(held.song())
    ears = [held.surface("127.0.0.1") for _ in range(MAX_WATCHERS + 1)]
    jobs = set()
    for ear in ears:
        ear.send("/roadie/run", "stems", song, "ref=same")
        jobs.add((await ear.next("/roadie/queued")).args[1])
    (job,) = jobs
    error = await ears[-1].next("/roadie/error")
    assert error.args[:2] == ["same", "busy"] and "subscribes" in error.args[2]
    ears[-1].send("/roadie/job/cancel", job)
    for ear in ears[:-1]:
        await ear.until("/roadie/job/state", job, "cancelled")
        assert not [each for each in ear.heard if each.address == "/roadie/error"]


async def test_progress_is_told_so_many_times_a_second_and_then_the_newest(
    held: Stage, api: Api, monkeypatch: pytest.MonkeyPatch
):
    """Counted, with a pause that does not end while it is counted."""
    assert 20 * EVERY_S == 1
    stream, read = EventsService.stream, []

    def noted(events: EventsService, since: int | None) -> AsyncIterator[EventMessage]:
        read.append(events)
        return stream(events, since)

    monkeypatch.setattr(EventsService, "stream", noted)
    jobs = await waiting(held, api, 2)
    for job in jobs:
        await api.until(job, "running")
    screen = await subscribed(held)

    async def goes_on(job: str) -> None:
        for percent in range(100):
            read[0].tell(StepProgress(job, f"{job}.0.stems", percent / 100, percent / 100, None, ""))
            await asyncio.sleep(0.001)

    with monkeypatch.context() as patch:
        patch.setattr(osc_feedback, "EVERY_S", 3600.0)
        await goes_on(jobs[0])
        screen.send("/roadie/ping")
        told = [
            each.args[1] for each in await screen.until("/roadie/pong") if each.address == "/roadie/job/state"
        ]
        assert told.count(jobs[0]) <= 1
    await goes_on(jobs[1])
    while True:
        state = await screen.next("/roadie/job/state")
        if state.args[1] == jobs[1] and state.args[4] == pytest.approx(0.99):
            break
