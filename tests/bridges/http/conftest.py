from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bridges.http.bridge import HttpBridge
from bridges.http.settings import HttpSettings
from tests.fakes.clock import FakeClock
from tests.fakes.services import FakeServices

TOKEN = "0123456789abcdef" * 4


@dataclass
class RawAnswer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Served:
    """A bridge on a real loopback socket, and a client that has the token."""

    bridge: HttpBridge
    services: FakeServices
    clock: FakeClock
    port: int
    client: aiohttp.ClientSession

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def origin(self) -> str:
        return f"http://{self.host}"

    def url(self, path: str) -> str:
        return self.origin + path

    async def call(self, method: str, path: str, **more: Any) -> tuple[int, Any]:
        """Status and JSON of a call with the token."""
        async with self.client.request(method, self.url(path), **more) as answer:
            body = await answer.read()
            return answer.status, json.loads(body) if body else None

    async def raw(self, data: bytes, *, timeout_s: float = 10.0) -> RawAnswer:
        """Bytes over a socket of its own, and the whole answer; the connection must be closed by the server."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(data)
            answer = await asyncio.wait_for(reader.read(), timeout_s)
        finally:
            writer.close()
        return parse(answer)

    async def request(
        self, method: str, target: str, headers: dict[str, str] | None = None, body: bytes = b""
    ) -> RawAnswer:
        """One request with exactly these headers, after Host (unless given) and Connection: close."""
        lines = [f"{method} {target} HTTP/1.1", "Connection: close"]
        given = {"Host": self.host, **(headers or {})}
        if body:
            given.setdefault("Content-Length", str(len(body)))
        lines += [f"{name}: {value}" for name, value in given.items()]
        return await self.raw("\r\n".join([*lines, "", ""]).encode() + body)


def parse(answer: bytes) -> RawAnswer:
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return RawAnswer(int(first.split()[1]), headers, body)


def bearer(token: str = TOKEN) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def settings(tmp_path: Path) -> HttpSettings:
    return HttpSettings(host="127.0.0.1", port=0, token=TOKEN, spool=tmp_path / "spool", stop_timeout_s=0.5)


@asynccontextmanager
async def serve(settings: HttpSettings, **changes: Any) -> AsyncIterator[Served]:
    services, clock = FakeServices(), FakeClock()
    bridge = HttpBridge(services, replace(settings, **changes), clock)
    _, port = await bridge.start()
    try:
        async with aiohttp.ClientSession(headers=bearer(), cookie_jar=aiohttp.DummyCookieJar()) as client:
            yield Served(bridge, services, clock, port, client)
    finally:
        await bridge.stop()


@pytest.fixture
async def served(settings: HttpSettings) -> AsyncIterator[Served]:
    async with serve(settings) as running:
        yield running
