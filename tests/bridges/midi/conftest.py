"""A daemon with MIDI, and a controller that is connected to it."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import mido
import pytest

from bridges.midi.ports import SEQUENCER
from tests.bridges.midi.controller import Process
from tests.bridges.osc.conftest import Stage, stage
from tests.jack import jack_server

JACK_SERVER = f"roadie-test-{os.getpid()}"


@pytest.fixture(scope="module")
def midi_system() -> Iterator[dict[str, Any]]:
    """Settings with which this machine has MIDI."""
    if sys.platform == "linux" and not SEQUENCER.exists():
        with jack_server(JACK_SERVER), pytest.MonkeyPatch.context() as patch:
            patch.setenv("JACK_DEFAULT_SERVER", JACK_SERVER)
            yield {"midi.jack": True}
    else:
        yield {}


class Controller:
    """Another program's MIDI ports, connected to roadie's."""

    def __init__(self, jack: bool) -> None:
        self._process = Process("controller", "controller", jack)
        self.lit = self._process.heard

    async def connect(self) -> None:
        await self._process.ready()

    def send(self, kind: str, **fields: int) -> None:
        self._process.send(mido.Message(kind, **fields).bytes())

    def clock(self, status: int) -> None:
        self._process.send([status])

    def close(self) -> None:
        """Idempotent."""
        self._process.close()


class Device(Controller):
    """One that is plugged in when it is made, and sends."""

    def __init__(self, name: str, jack: bool) -> None:
        self._process = Process("device", name, jack)


class Api:
    """The daemon's HTTP, as a script uses it."""

    def __init__(self, staged: Stage) -> None:
        import aiohttp

        self._base = f"http://127.0.0.1:{staged.runtime.http_port}/api/v1"
        self._session = aiohttp.ClientSession(headers={"Authorization": f"Bearer {staged.token}"})

    async def ask(self, method: str, path: str, /, **body: Any) -> Any:
        async with self._session.request(method, self._base + path, json=body or None) as answer:
            assert answer.status < 400, await answer.text()
            return await answer.json()

    async def until(self, path: str, /, good: Any) -> Any:
        async with asyncio.timeout(60):
            while not good(found := await self.ask("GET", path)):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        return found

    async def close(self) -> None:
        await self._session.close()


async def plays(controller: Controller, api: Api, playing: bool) -> None:
    """Send start or stop until it is known: on a busy machine JACK drops messages."""
    async with asyncio.timeout(60):
        while (await api.ask("GET", "/transport"))["playing"] != playing:
            controller.clock(0xFA if playing else 0xFC)
            await asyncio.sleep(0.05)


async def arrives(controller: Controller, api: Api) -> None:
    """Until what is sent arrives: the first messages to a port that has just been connected may be lost."""
    await plays(controller, api, True)
    await plays(controller, api, False)


async def learnt(api: Api, do: str, press: Callable[[], None]) -> Any:
    """What a key was learnt for that is pressed until it is: on a busy machine JACK drops messages."""
    learning = asyncio.create_task(api.ask("POST", "/midi/learn", do=do, wait_s=20))
    await asyncio.wait([learning], timeout=0.3)  # roadie listens first
    while not learning.done():
        press()
        await asyncio.wait([learning], timeout=1)
    return await learning


@asynccontextmanager
async def controlled(staged: Stage, jack: bool) -> AsyncIterator[tuple[Stage, Controller, Api]]:
    """A daemon with a controller at its port, from which what is sent arrives."""
    controller, api = Controller(jack), Api(staged)
    try:
        await controller.connect()
        await arrives(controller, api)
        yield staged, controller, api
    finally:
        controller.close()
        await api.close()


@pytest.fixture
async def played(midi_system: dict[str, Any], tmp_path: Path) -> AsyncIterator[tuple[Stage, Controller, Api]]:
    async with (
        stage(tmp_path, **{**midi_system, "midi.enabled": True, "pause_heavy": "playing"}) as staged,
        controlled(staged, bool(midi_system)) as all_three,
    ):
        yield all_three
