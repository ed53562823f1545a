"""Starting and stopping."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import subprocess
import sys
from dataclasses import replace

import pytest

from bridges.http.bridge import HttpBridge
from bridges.http.settings import Limits
from daemon.kernel.clock import SystemClock
from daemon.kernel.errors import AlreadyRunning, BadConfig
from tests.bridges.http.conftest import TOKEN, Served, bearer, serve
from tests.fakes.services import FakeServices


async def test_a_port_that_is_taken_is_named(served: Served, settings):
    second = HttpBridge(FakeServices(), replace(settings, port=served.port), SystemClock())
    with pytest.raises(AlreadyRunning, match=str(served.port)):
        await second.start()
    await second.stop()


@pytest.mark.parametrize("host", ["203.0.113.7", "no.such.name.invalid"])
async def test_a_host_that_is_not_here_is_named(settings, host: str):
    with pytest.raises(BadConfig, match=host):
        await HttpBridge(FakeServices(), replace(settings, host=host), SystemClock()).start()


async def test_it_listens_on_its_own_address_only(served: Served):
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.2", served.port), 2).close()


async def test_after_a_stop_the_port_is_free_and_can_be_taken_again(settings):
    async with serve(settings) as served:
        port = served.port
        assert (await served.call("GET", "/health"))[0] == 200
    again = HttpBridge(FakeServices(), replace(settings, port=port), SystemClock())
    assert await again.start() == ("127.0.0.1", port)
    await again.stop()
    await again.stop()


async def test_a_stop_waits_for_an_answer_that_is_on_its_way(settings):
    async with serve(settings, stop_timeout_s=10.0) as served:
        going, gone = asyncio.Event(), asyncio.Event()

        async def slow_peaks(id: str, n: int) -> dict[str, int]:
            going.set()
            await gone.wait()
            return {"n": n}

        served.services.library.peaks = slow_peaks
        call = asyncio.create_task(served.request("GET", "/api/v1/assets/a/peaks?n=5", bearer()))
        await going.wait()
        stop = asyncio.create_task(served.bridge.stop())
        await asyncio.sleep(0.05)
        gone.set()
        answer = await call
        await stop
        assert (answer.status, answer.json) == (200, {"n": 5})


async def test_a_stop_does_not_wait_forever_for_an_answer(settings):
    async with serve(settings, stop_timeout_s=0.1) as served:
        going = asyncio.Event()

        async def endless(id: str, n: int) -> dict[str, int]:
            going.set()
            await asyncio.Event().wait()
            return {}

        served.services.library.peaks = endless
        call = asyncio.create_task(served.request("GET", "/api/v1/assets/a/peaks", bearer()))
        await going.wait()
        await asyncio.wait_for(served.bridge.stop(), 10)
        await asyncio.gather(call, return_exceptions=True)


async def test_many_silent_connections_keep_nobody_out(served: Served):
    silent = [await asyncio.open_connection("127.0.0.1", served.port) for _ in range(200)]
    assert (await served.call("GET", "/health"))[0] == 200
    for _, writer in silent:
        writer.transport.abort()


@pytest.mark.parametrize("begun", [b"", b"GET /health HTTP/1.1\r\nHost: "])
async def test_a_connection_without_a_request_is_let_go(settings, begun: bytes):
    async with serve(settings, limits=Limits(first_request_s=0.2)) as served:
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(begun)
        assert await asyncio.wait_for(reader.read(), 10) == b""
        writer.close()


async def test_a_request_that_takes_its_time_is_not_a_silent_connection(settings):
    async with serve(settings, limits=Limits(first_request_s=0.1)) as served:

        async def slow_peaks(id: str, n: int) -> dict[str, int]:
            await asyncio.sleep(0.5)
            return {"n": n}

        served.services.library.peaks = slow_peaks
        assert (await served.request("GET", "/api/v1/assets/a/peaks?n=5", bearer())).json == {"n": 5}


@pytest.mark.parametrize(
    ("ended_with_its_client", "request_line"),
    [(True, "POST /api/v1/midi/learn"), (False, "GET /api/v1/assets/a/peaks?n=5")],
)
async def test_of_what_takes_its_time_only_learning_a_key_ends_with_its_client(
    served: Served, ended_with_its_client: bool, request_line: str, caplog: pytest.LogCaptureFixture
):
    begun, go_on, ended = asyncio.Event(), asyncio.Event(), []

    async def slow(*_asked: object) -> dict[str, int]:
        begun.set()
        try:
            await go_on.wait()
        except asyncio.CancelledError:
            ended.append(True)
            raise
        finally:
            ended.append(False)
        return {}

    served.services.controls.learn = served.services.library.peaks = slow
    body = b'{"do": "next"}' if ended_with_its_client else b""
    _, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(
        f"{request_line} HTTP/1.1\r\nHost: {served.host}\r\nAuthorization: Bearer {TOKEN}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        + body
    )
    await asyncio.wait_for(begun.wait(), 10)
    writer.transport.abort()
    if not ended_with_its_client:
        await asyncio.sleep(0.2)
        go_on.set()
    async with asyncio.timeout(10):
        while not ended:  # noqa: ASYNC110 - of another task
            await asyncio.sleep(0.01)
    assert ended[0] is ended_with_its_client
    assert (await served.call("GET", "/health"))[0] == 200
    assert not [each for each in caplog.records if each.levelname in ("WARNING", "ERROR")]


async def test_connections_beyond_the_limit_are_closed_until_others_end(settings):
    async with serve(settings, limits=Limits(at_once=5)) as served:
        silent = [await asyncio.open_connection("127.0.0.1", served.port) for _ in range(6)]
        assert await asyncio.wait_for(silent[5][0].read(), 10) == b""
        silent[0][1].transport.abort()
        for _ in range(500):
            with contextlib.suppress(IndexError, ConnectionError):  # closed before an answer
                answer = await served.request("GET", "/health")
                break
            await asyncio.sleep(0.01)
        assert answer.status == 200
        for _, writer in silent[1:]:
            writer.transport.abort()


async def test_requests_one_after_another_on_one_connection_are_answered_in_order(served: Served):
    one = f"GET /health HTTP/1.1\r\nHost: {served.host}\r\n\r\n"
    last = f"GET /api/v1/nothing HTTP/1.1\r\nHost: {served.host}\r\nConnection: close\r\n\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write((one * 3 + last).encode())
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    assert re.findall(rb"HTTP/1.1 (\d+)", answer) == [b"200"] * 3 + [b"401"]


def test_reading_the_token_and_the_settings_loads_no_server():
    code = "import sys, bridges.http.token_file, bridges.http.settings; sys.exit('aiohttp' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
