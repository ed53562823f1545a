from __future__ import annotations

import asyncio
import json
import socket
import zlib
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import pytest
import pytest_asyncio
import soundfile
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.osc_packet import OscPacket

from bridges.osc.slip import Unframer, frame
from daemon.app import running
from daemon.config import load_settings

WAIT_S = 60.0
"""On a machine that has much else to do; nothing here waits so long otherwise."""
RECIPE = """
name = "light"
[[step]]
id = "slices"
use = "slice"
from = "input"
[[effect]]
use = "deliver"
from = ["slices"]
layout = "{source}/{kind}"
"""


@dataclass(frozen=True)
class Heard:
    address: str
    args: list[Any]


def message(address: str, *args: Any) -> bytes:
    """As python-osc writes it, which is another implementation than the one that reads here."""
    builder = OscMessageBuilder(address)
    for value in args:
        builder.add_arg(value)
    return bytes(builder.build().dgram)


class Surface:
    """A control surface with a port of its own: sends, and hears what comes back as python-osc reads it."""

    def __init__(self, port: int, host: str) -> None:
        self.port = port
        self.heard: list[Heard] = []
        self.sizes: list[int] = []
        self._unread: deque[Heard] = deque()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.bind((host, 0))
        except OSError:  # macOS has one loopback address unless told otherwise
            self._socket.bind(("127.0.0.1", 0))
        self._socket.setblocking(False)

    @property
    def own_port(self) -> int:
        return int(self._socket.getsockname()[1])

    def send(self, address: str, *args: Any) -> None:
        self.send_raw(message(address, *args))

    def send_raw(self, data: bytes) -> None:
        self._socket.sendto(data, ("127.0.0.1", self.port))

    async def next(self, *addresses: str, timeout_s: float = WAIT_S) -> Heard:
        """The next message to one of these addresses; others are kept in `heard`."""
        async with asyncio.timeout(timeout_s):
            while True:
                while self._unread:
                    each = self._unread.popleft()
                    self.heard.append(each)
                    if not addresses or each.address in addresses:
                        return each
                self._unread.extend(await self._receive())

    async def until(self, address: str, *last: Any, timeout_s: float = WAIT_S) -> list[Heard]:
        """Everything heard up to a message to this address that has `last` among its arguments."""
        before = len(self.heard)
        while True:
            found = await self.next(address, timeout_s=timeout_s)
            if all(value in found.args for value in last):
                return self.heard[before:]

    async def silence(self, seconds: float) -> list[Heard]:
        """What is heard meanwhile."""
        before = len(self.heard)
        with suppress(TimeoutError):
            await self.next("/none", timeout_s=seconds)
        return self.heard[before:]

    async def _receive(self) -> list[Heard]:
        data = await asyncio.get_running_loop().sock_recv(self._socket, 65_536)
        self.sizes.append(len(data))
        return [Heard(timed.message.address, list(timed.message.params)) for timed in OscPacket(data).messages]

    def close(self) -> None:
        self._socket.close()


class Client:
    """An OSCQuery client."""

    def __init__(self, session: aiohttp.ClientSession, port: int) -> None:
        self.session = session
        self.base = f"http://127.0.0.1:{port}"

    async def get(self, path: str, **more: Any) -> tuple[int, Any]:
        async with self.session.get(self.base + path, **more) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if text.startswith("{") else text


class Api:
    """The daemon's HTTP, as a script uses it: whatever begins a job there is told nothing of it over OSC."""

    def __init__(self, session: aiohttp.ClientSession, port: int) -> None:
        self._session = session
        self._base = f"http://127.0.0.1:{port}/api/v1"

    async def ask(self, method: str, path: str, /, **body: Any) -> Any:
        async with self._session.request(method, self._base + path, json=body or None) as answer:
            assert answer.status < 400, await answer.text()
            return await answer.json()

    async def run(self, recipe: str, song: Path) -> str:
        """Returns the job."""
        answer = await self.ask("POST", "/jobs", recipe=recipe, inputs=[{"path": str(song)}])
        return str(answer["id"])

    async def until(self, job: str, *states: str) -> None:
        async with asyncio.timeout(WAIT_S):
            while (await self.ask("GET", f"/jobs/{job}"))["state"] not in states:  # noqa: ASYNC110
                await asyncio.sleep(0.05)


@dataclass
class Stage:
    """A whole daemon, and surfaces beside it."""

    home: Path
    music: Path
    out: Path
    runtime: Any
    surfaces: list[Surface]

    @property
    def port(self) -> int:
        return int(self.runtime.osc_port)

    @property
    def token(self) -> str:
        return (self.home / "token").read_text().strip()

    @asynccontextmanager
    async def api(self) -> AsyncIterator[Api]:
        async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {self.token}"}) as session:
            yield Api(session, self.runtime.http_port)

    def surface(self, host: str | None = None) -> Surface:
        """At a loopback address of its own, so that the errors of one test are not another's."""
        surface = Surface(self.port, host or f"127.0.0.{len(self.surfaces) % 200 + 2}")
        self.surfaces.append(surface)
        return surface

    def song(self, name: str = "song.wav", seconds: float = 1.0) -> Path:
        """Short hits on silence: real work for a real worker, and little of it."""
        rng = np.random.default_rng(zlib.crc32(name.encode()))
        sound = np.zeros((int(seconds * 44100), 2), np.float32)
        for start in range(2000, len(sound) - 8000, 11_025):
            decay = np.exp(-np.arange(6000) / 900)[:, None]
            sound[start : start + 6000] = 0.4 * decay * rng.standard_normal((6000, 2))
        path = self.music / name
        soundfile.write(path, sound, 44100)
        return path


class Line:
    """One connection, as a surface has it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._unframer = Unframer()
        self._unread: list[Heard] = []

    @classmethod
    async def open(cls, staged: Stage, host: str = "127.0.0.1") -> Line:
        return cls(*await asyncio.open_connection("127.0.0.1", staged.port, local_addr=(host, 0)))

    def send(self, address: str, *args: Any) -> None:
        self.send_raw(frame(message(address, *args)))

    def send_raw(self, data: bytes) -> None:
        self._writer.write(data)

    async def next(self, *addresses: str) -> Heard:
        """The next message to one of these addresses. Raises EOFError when the connection is closed."""
        async with asyncio.timeout(WAIT_S):
            while True:
                while self._unread:
                    each = self._unread.pop(0)
                    if each.address in addresses:
                        return each
                data = await self._reader.read(65_536)
                if not data:
                    raise EOFError
                for packet in self._unframer.feed(data):
                    found = [timed.message for timed in OscPacket(packet).messages]
                    self._unread += [Heard(each.address, list(each.params)) for each in found]

    async def is_there(self) -> bool:
        """Whether it is still answered."""
        self.send("/roadie/ping")
        try:
            return (await self.next("/roadie/pong")).address == "/roadie/pong"
        except (EOFError, ConnectionError):
            return False

    async def is_closed(self) -> bool:
        """Waits for it; nothing is sent."""
        try:
            await self.next("/none")
        except (EOFError, ConnectionError):
            return True
        return False

    async def subscribe(self, seconds: int) -> None:
        self.send("/roadie/subscribe", 0, seconds)
        await self.next("/roadie/slot/8/progress")

    def close(self) -> None:
        self._writer.transport.abort()


@asynccontextmanager
async def stage(folder: Path, **overrides: Any) -> AsyncIterator[Stage]:
    home, music, out = folder / "home", folder / "music", folder / "out"
    (home / "recipes").mkdir(parents=True, exist_ok=True)
    music.mkdir(exist_ok=True)
    (home / "recipes" / "light.toml").write_text(RECIPE)
    settings = load_settings(
        {"ROADIE_HOME": str(home), "ROADIE_DELIVERY": str(out)},
        **{"http.port": 0, "osc.port": 0, "osc.query_port": 0, "osc.announce": False, "folders.roots": [str(music)],
           **overrides},
    )  # fmt: skip
    async with running(settings) as runtime:
        staged = Stage(home, music, out, runtime, [])
        try:
            yield staged
        finally:
            for surface in staged.surfaces:
                surface.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def staged(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """One daemon for the tests of a module, which take songs of their own."""
    async with stage(tmp_path_factory.mktemp("stage")) as running_stage:
        yield running_stage


@pytest.fixture
async def fresh(tmp_path: Path) -> AsyncIterator[Stage]:
    """A daemon to which nothing has happened."""
    async with stage(tmp_path) as running_stage:
        yield running_stage
