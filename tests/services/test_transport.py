"""What a DAW was said to do is not believed for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from daemon.kernel.events import Event, TransportChanged
from daemon.kernel.work import Lane
from daemon.services.transport import Transport
from daemon.services.types_system import TransportRequest
from tests.fakes.executor import ManualExecutor

PLAYS = TransportRequest(playing=True, bpm=120.0)


class Brake(ManualExecutor):
    """Keeps in mind whether heavy work stands."""

    stands = False

    def pause(self, lane: Lane) -> None:
        self.stands = lane is Lane.HEAVY

    def resume(self, lane: Lane) -> None:
        self.stands = False


@pytest.fixture
def brake() -> Brake:
    return Brake(lambda _: None)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not true():  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.01)


async def test_it_lapses_and_work_goes_on(brake: Brake):
    told: list[Event] = []
    transport = Transport(brake, told.append, "playing")
    assert transport.say(PLAYS, "a DAW", 0.05).heavy_paused and brake.stands
    await until(lambda: not brake.stands)
    assert not transport.view().playing and transport.view().bpm == 120.0
    assert told == [TransportChanged(True, False, 120.0), TransportChanged(False, False, 120.0)]


async def test_who_spoke_last_may_renew_it_and_nobody_else(brake: Brake):
    transport = Transport(brake, lambda _: None, "playing")
    transport.say(PLAYS, "a DAW", 0.05)
    transport.renew("a DAW", 3600)
    transport.renew("another", 0)
    await asyncio.sleep(0.2)
    assert brake.stands
    transport.renew("a DAW", 0)
    await until(lambda: not brake.stands)


async def test_who_watches_himself_is_believed(brake: Brake):
    transport = Transport(brake, lambda _: None, "playing")
    transport.say(PLAYS, "a surface", 0.05)
    transport.say(PLAYS, "MIDI", None)
    await asyncio.sleep(0.2)
    assert brake.stands and transport.view().said_by == "MIDI"
    transport.set_pause("recording")
    assert not brake.stands
