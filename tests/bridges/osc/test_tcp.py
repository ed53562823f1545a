"""Connections over TCP: who may stay, and until when."""

from __future__ import annotations

import logging
import struct
import sys
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bridges.osc import tcp
from bridges.osc.packet import AT_ONCE, MAX_MESSAGES
from bridges.osc.slip import frame
from tests.bridges.osc.conftest import Line, Stage, stage

pytestmark = pytest.mark.asyncio(loop_scope="module")

several_hosts = pytest.mark.skipif(
    sys.platform == "darwin", reason="macOS has one loopback address unless told otherwise"
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def with_tcp(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with stage(tmp_path_factory.mktemp("tcp"), **{"osc.tcp": True}) as running_stage:
        yield running_stage


async def _lines(staged: Stage, count: int, host: str) -> list[Line]:
    """One after another, each of them heard of."""
    lines = []
    for _ in range(count):
        line = await Line.open(staged, host)
        assert await line.is_there()
        lines.append(line)
    return lines


@several_hosts
async def test_silent_connections_keep_nobody_out(with_tcp: Stage, caplog: pytest.LogCaptureFixture):
    host = "127.0.0.41"
    with caplog.at_level(logging.WARNING, "bridges.osc.tcp"):
        first, second, third, *rest = await _lines(with_tcp, tcp.MAX_OF_A_HOST, host)
        await first.subscribe(60)
        assert await third.is_there()  # so the second is the one that was silent for longest
        more = await _lines(with_tcp, 2, host)
    error = await second.next("/roadie/error")
    assert error.args[1] == "busy" and "silent for longest" in error.args[2]
    assert await second.is_closed() and await rest[0].is_closed()
    for line in (first, third, *rest[1:], *more):
        assert await line.is_there()
    told = [each.message for each in caplog.records if "connections are open" in each.message]
    assert len(told) == 1 and host in told[0]
    for line in (first, third, *rest, *more):
        line.close()


@several_hosts
async def test_where_all_are_subscribed_the_next_is_told_that_there_is_no_room(with_tcp: Stage):
    host = "127.0.0.42"
    lines = await _lines(with_tcp, tcp.MAX_OF_A_HOST, host)
    for line in lines:
        await line.subscribe(60)
    refused = await Line.open(with_tcp, host)
    error = await refused.next("/roadie/error")
    assert error.args[1] == "busy" and "all of them subscribed" in error.args[2]
    assert await refused.is_closed()
    assert await (await Line.open(with_tcp, "127.0.0.43")).is_there()  # another machine has its own share
    for line in lines:
        assert await line.is_there()
        line.close()


@several_hosts
async def test_where_there_are_most_the_one_that_was_silent_for_longest_gives_way(with_tcp: Stage):
    hosts = tcp.MAX_CONNECTIONS // tcp.MAX_OF_A_HOST
    lines = [
        each for n in range(hosts) for each in await _lines(with_tcp, tcp.MAX_OF_A_HOST, f"127.0.0.{50 + n}")
    ]
    (late,) = await _lines(with_tcp, 1, "127.0.0.60")
    closed = [each for each in lines if not await each.is_there()]
    assert closed == lines[: len(closed)] and len(closed) >= 1  # what other tests left open may count as well
    assert await late.is_there()
    for line in (*lines, late):
        line.close()


async def test_a_connection_that_is_subscribed_is_not_idle(with_tcp: Stage, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tcp, "IDLE_S", 0.3)
    idle, screen, until = [await Line.open(with_tcp) for _ in range(3)]
    await screen.subscribe(60)
    await until.subscribe(1)
    assert await idle.is_closed()
    assert await until.is_closed()  # when it had neither spoken nor renewed
    assert await screen.is_there()
    screen.close()


NO_OSC = [b"/\x01\x02junk", b"#!/bin/sh", b"#bundle\0" + struct.pack(">QiI", AT_ONCE, 4096, 0)]


@pytest.mark.parametrize("packet", NO_OSC)
async def test_a_packet_that_is_no_osc_ends_its_connection(with_tcp: Stage, packet: bytes):
    line = await Line.open(with_tcp)
    line.send_raw(frame(packet))
    assert (await line.next("/roadie/error")).args[1] == "not_osc"
    assert await line.is_closed()


WITH_MISTAKES = [
    b"/roadie/ping\0\0\0\0,s\0\0\xff\xfe\0\0",
    b"/roadie/ping\0\0\0\0,?\0\0",
    b"#bundle\0" + struct.pack(">Q", AT_ONCE) + (MAX_MESSAGES + 1) * (struct.pack(">i", 4) + b"/a\0\0"),
]


@pytest.mark.parametrize("packet", WITH_MISTAKES, ids=["text", "type", "too much"])
async def test_osc_with_a_mistake_is_told_and_goes_on(with_tcp: Stage, packet: bytes):
    line = await Line.open(with_tcp)
    line.send_raw(frame(packet))
    assert (await line.next("/roadie/error")).args[1] == "not_osc"
    assert await line.is_there()
    line.close()
