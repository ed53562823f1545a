from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from daemon.kernel.events import AssetChanged, JobState, StepProgress
from daemon.library import events as library_events
from daemon.library.database import Database
from daemon.library.events import EventLog, StoredEvent, append
from daemon.services.events import EventMessage, EventsService


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "roadie.db")
    database.open()
    yield database
    database.close()


async def service(db: Database) -> EventsService:
    made = EventsService(EventLog(db))
    loop = asyncio.get_running_loop()
    db.on_commit(lambda: loop.call_soon_threadsafe(made.committed))
    return made


async def take(stream: AsyncIterator[EventMessage], count: int) -> list[EventMessage]:
    async with asyncio.timeout(60):  # a loaded disk may take seconds for a thousand fsyncs
        return [await anext(stream) for _ in range(count)]


async def happen(db: Database, name: str) -> None:
    await db.write(lambda: append(AssetChanged(name)))


async def test_one_who_comes_late_gets_what_was_missed_then_what_comes(db: Database) -> None:
    events = await service(db)
    for name in "abc":
        await happen(db, name)
    stream = events.stream(1)
    assert [message.body["asset"] for message in await take(stream, 2)] == ["b", "c"]
    await happen(db, "d")
    assert [message.seq for message in await take(stream, 1)] == [4]


async def test_without_a_place_to_go_on_from_it_begins_now(db: Database) -> None:
    events = await service(db)
    await happen(db, "before")
    stream = events.stream(None)
    waiting = asyncio.create_task(take(stream, 1))
    await asyncio.sleep(0.05)
    await happen(db, "after")
    assert (await waiting)[0].body["asset"] == "after"


async def test_progress_is_live_has_the_last_seq_and_only_the_newest_is_kept(db: Database) -> None:
    events = await service(db)
    await happen(db, "a")
    stream = events.stream(0)
    assert (await take(stream, 1))[0].durable
    for percent in (10, 20, 30):
        events.tell(StepProgress("j", "s", percent / 100, percent / 100, None, ""))
    message = (await take(stream, 1))[0]
    assert (message.durable, message.seq, message.body["progress"]) == (False, 1, 0.3)
    assert (await EventLog(db).latest()) == 1


async def test_no_progress_of_a_job_comes_after_its_end(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last of it is told while the rows are read that know of the end already."""
    events, since = await service(db), EventLog.since

    async def ends_meanwhile(log: EventLog, seq: int, limit: int = 500) -> list[StoredEvent]:
        if seq == 0:
            events.tell(StepProgress("old", "old.0.s", 0.9, 0.9, None, ""))
            events.tell(StepProgress("again", "again.0.s", 0.1, 0.1, None, ""))
            for job, state in (("old", "done"), ("again", "failed"), ("again", "running")):
                await db.write(lambda job=job, state=state: append(JobState(job, "light", state, 1.0)))
        return await since(log, seq, limit)

    monkeypatch.setattr(EventLog, "since", ends_meanwhile)
    stream = events.stream(0)
    heard = await take(stream, 4)
    await happen(db, "after")
    heard += await take(stream, 1)
    assert [(message.body["type"], message.body.get("job")) for message in heard] == [
        ("job.state", "old"), ("job.state", "again"), ("job.state", "again"), ("step.progress", "again"),
        ("asset.changed", None),
    ]  # fmt: skip


async def test_many_events_come_in_order_without_gaps(db: Database) -> None:
    events = await service(db)
    stream = events.stream(0)
    writing = asyncio.create_task(asyncio.wait_for(_many(db), 20))
    messages = await take(stream, 700)
    await writing
    assert [message.seq for message in messages] == list(range(1, 701))


async def _many(db: Database) -> None:
    await asyncio.gather(*(happen(db, str(number)) for number in range(700)))


async def test_listeners_share_what_is_remembered_and_the_late_one_reads_the_rest(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library_events, "REMEMBERED", 3)
    log = EventLog(db)
    assert await log.since(0) == []
    for name in "abcdefg":
        await happen(db, name)
        if name in "be":  # some are read as they come, some several at once, some more than are kept
            await log.since(0)
    for seq in range(8):
        assert "".join(event.body["asset"] for event in await log.since(seq)) == "abcdefg"[seq:]
    assert [event.seq for event in await log.since(2, limit=2)] == [3, 4]
    assert [event.seq for event in await log.since(5, limit=1)] == [6]
    together = [asyncio.create_task(log.since(6)) for _ in range(4)]
    await happen(db, "h")
    assert {len(await each) for each in together} <= {1, 2}
    assert [event.body["asset"] for event in await log.since(6)] == ["g", "h"]


async def test_a_listener_that_goes_away_while_it_reads_takes_nothing_with_it(db: Database) -> None:
    log = EventLog(db)
    await log.since(0)
    await happen(db, "a")
    leaving = asyncio.create_task(log.since(0))
    await asyncio.sleep(0)
    leaving.cancel()
    await asyncio.gather(leaving, return_exceptions=True)
    assert [event.body["asset"] for event in await log.since(0)] == ["a"]
