from __future__ import annotations

import asyncio
import json
import socket
from typing import Any

import aiohttp
import pytest

from tests.bridges.http.conftest import Served, bearer, serve

EVENTS = "/api/v1/events"


async def receive(socket: aiohttp.ClientWebSocketResponse, count: int) -> list[dict[str, Any]]:
    return [json.loads((await socket.receive(timeout=10)).data) for _ in range(count)]


async def until(condition, attempts: int = 1000) -> None:
    for _ in range(attempts):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("never came true")


async def test_past_events_come_first_then_live_ones_each_with_its_seq(served: Served):
    served.services.events.happen("job.submitted", job="a")
    served.services.events.happen("job.state", job="a", state="running")
    async with served.client.ws_connect(served.url(f"{EVENTS}?since=1")) as socket:
        assert await receive(socket, 1) == [{"type": "job.state", "job": "a", "state": "running", "seq": 2}]
        served.services.events.progress(job="a", progress=0.5)
        served.services.events.happen("job.state", job="a", state="done")
        assert await receive(socket, 2) == [
            {"type": "step.progress", "job": "a", "progress": 0.5, "seq": 2},
            {"type": "job.state", "job": "a", "state": "done", "seq": 3},
        ]


async def test_without_since_only_what_happens_from_now_on(served: Served):
    served.services.events.happen("job.submitted", job="a")
    async with served.client.ws_connect(served.url(EVENTS)) as socket:
        await until(lambda: served.services.events.open_streams)
        served.services.events.happen("job.submitted", job="b")
        assert [event["job"] for event in await receive(socket, 1)] == ["b"]


async def test_a_client_that_comes_back_misses_nothing_and_sees_nothing_twice(served: Served):
    seen: list[int] = []
    for batch in range(5):
        for _ in range(20):
            served.services.events.happen("job.state", job=str(batch))
        async with served.client.ws_connect(served.url(f"{EVENTS}?since={seen[-1] if seen else 0}")) as socket:
            # leaves in the middle, so that some were sent and never read
            seen += [event["seq"] for event in await receive(socket, 13)]
    assert seen == list(range(1, 66))


async def test_a_client_from_the_future_is_told_to_start_anew(served: Served):
    served.services.events.happen("job.submitted", job="a")
    async with served.client.ws_connect(served.url(f"{EVENTS}?since=999")) as socket:
        assert await receive(socket, 1) == [{"type": "events.reset", "seq": 1}]
        served.services.events.happen("job.submitted", job="b")
        assert [event["seq"] for event in await receive(socket, 1)] == [2]


@pytest.mark.parametrize("kind", ["websocket", "server-sent"])
async def test_a_client_that_slept_through_more_than_is_kept_is_told_to_start_anew(served: Served, kind: str):
    for job in "abcde":
        served.services.events.happen("job.submitted", job=job)
    del served.services.events.table[:3]
    reset, fourth = {"type": "events.reset", "seq": 5}, {"type": "job.submitted", "job": "d", "seq": 4}
    for since, first in ((2, reset), (3, fourth)):
        if kind == "websocket":
            async with served.client.ws_connect(served.url(f"{EVENTS}?since={since}")) as socket:
                assert await receive(socket, 1) == [first]
            continue
        async with served.client.get(served.url(f"{EVENTS}/stream?since={since}"), headers=bearer()) as answer:
            lines = [await answer.content.readline() for _ in range(5)]
            assert [json.loads(line[6:]) for line in lines if line.startswith(b"data: ")] == [first]


async def test_a_wrong_since_is_refused_before_the_upgrade(served: Served):
    for wrong in ("-1", "x", "1.5"):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await served.client.ws_connect(served.url(f"{EVENTS}?since={wrong}"))
        assert refused.value.status == 422


async def test_a_foreign_page_cannot_open_a_websocket(served: Served):
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await served.client.ws_connect(served.url(EVENTS), origin="http://evil.example")
    assert refused.value.status == 403
    assert served.services.events.open_streams == 0


async def test_without_an_upgrade_it_says_what_it_is(served: Served):
    answer = await served.request("GET", EVENTS, bearer())
    assert (answer.status, answer.json["code"]) == (426, "upgrade_required")
    assert answer.headers["upgrade"] == "websocket"


async def test_the_stream_is_closed_when_the_client_leaves(served: Served):
    socket = await served.client.ws_connect(served.url(EVENTS))
    await until(lambda: served.services.events.open_streams == 1)
    await socket.close()
    await until(lambda: served.services.events.open_streams == 0)


async def test_what_a_client_says_means_nothing_but_pings_are_answered(served: Served):
    async with served.client.ws_connect(served.url(EVENTS), autoping=False) as socket:
        await until(lambda: served.services.events.open_streams)
        await socket.send_str("hello")
        await socket.ping(b"here")
        pong = await socket.receive(timeout=10)
        assert (pong.type, pong.data) == (aiohttp.WSMsgType.PONG, b"here")


async def test_a_message_beyond_all_measure_ends_the_connection(served: Served):
    async with served.client.ws_connect(served.url(EVENTS)) as socket:
        await socket.send_str("x" * 100_000)
        closed = await socket.receive(timeout=10)
        assert closed.type is aiohttp.WSMsgType.CLOSE
        assert closed.data == aiohttp.WSCloseCode.MESSAGE_TOO_BIG


def tiny_window() -> socket.socket:
    """A socket that takes in little before it makes the sender wait."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    return raw


async def unread(served: Served, path: str) -> tuple[socket.socket, asyncio.StreamReader, asyncio.StreamWriter]:
    """A client that asked for a stream and does not read it."""
    raw = tiny_window()
    raw.setblocking(False)
    await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", served.port))
    reader, writer = await asyncio.open_connection(sock=raw, limit=2048)
    lines = [f"GET {path} HTTP/1.1", f"Host: {served.host}", *(f"{k}: {v}" for k, v in bearer().items())]
    if path.startswith(f"{EVENTS}?") or path == EVENTS:
        key = "dGhlIHNhbXBsZSBub25jZQ=="
        lines += [
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {key}",
        ]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    await writer.drain()
    return raw, reader, writer


@pytest.mark.parametrize("path", [EVENTS, f"{EVENTS}/stream"])
async def test_a_client_that_does_not_read_is_let_go_and_others_see_everything(settings, path: str):
    async with serve(settings, events_buffer=50) as served:
        _, _, writer = await unread(served, path)
        await until(lambda: served.services.events.open_streams == 1)
        async with served.client.ws_connect(served.url(EVENTS)) as good:
            await until(lambda: served.services.events.open_streams == 2)
            seen = []
            # in portions, as things happen: a reading client keeps up with each
            while served.services.events.open_streams == 2:
                for _ in range(20):
                    served.services.events.happen("job.state", note="x" * 20_000)
                seen += [event["seq"] for event in await receive(good, 20)]
                assert len(seen) < 20_000, "the client that does not read was never let go"
            assert seen == list(range(1, len(seen) + 1))
            assert served.services.events.open_streams == 1
        writer.transport.abort()


async def test_the_slow_client_is_told_why_and_resumes(settings):
    """Here the network is fine, but all happens in one go: more than may wait."""
    async with serve(settings, events_buffer=10) as served:
        async with served.client.ws_connect(served.url(EVENTS)) as socket:
            await until(lambda: served.services.events.open_streams)
            for _ in range(500):
                served.services.events.happen("job.state")
            seen = []
            while (message := await socket.receive(timeout=10)).type is aiohttp.WSMsgType.TEXT:
                seen.append(json.loads(message.data)["seq"])
            assert message.data == aiohttp.WSCloseCode.TRY_AGAIN_LATER
            last = seen[-1] if seen else 0
            assert f"since={last}" in message.extra
        async with served.client.ws_connect(served.url(f"{EVENTS}?since={last}")) as socket:
            again = await receive(socket, 500 - last)
            assert [*seen, *(event["seq"] for event in again)] == list(range(1, 501))


async def test_progress_that_does_not_fit_is_dropped_and_events_are_kept(settings):
    async with serve(settings, events_buffer=10) as served:
        async with served.client.ws_connect(served.url(EVENTS)) as socket:
            await until(lambda: served.services.events.open_streams)
            served.services.events.happen("job.state", state="running")
            for step in range(500):
                served.services.events.progress(progress=step / 500)
            first = await receive(socket, 1)
            await until(lambda: served.services.events.read == 501)
            served.services.events.happen("job.state", state="done")
            while (event := (await receive(socket, 1))[0])["type"] == "step.progress":
                pass
        assert (first[0]["seq"], event["seq"], event["state"]) == (1, 2, "done")


async def test_the_past_is_read_only_as_fast_as_the_client_takes_it(settings):
    async with serve(settings, events_buffer=10) as served:
        for _ in range(2000):
            served.services.events.happen("job.state", note="x" * 20_000)  # 40 MB in all
        _, reader, writer = await unread(served, f"{EVENTS}?since=0")
        await until(lambda: served.services.events.read > 0)
        read = -1
        while read != served.services.events.read:  # until it stands still
            read = served.services.events.read
            await asyncio.sleep(0.2)
        assert read < 1000
        got = 0
        while got < 2000 * 20_000:  # the client wakes up, and everything is still there
            got += len(await asyncio.wait_for(reader.read(1 << 16), 10))
        assert served.services.events.open_streams == 1
        writer.transport.abort()


async def read_events(content: aiohttp.StreamReader, count: int) -> list[dict[str, str]]:
    """Blocks with data, as a browser would see them (comments and bare ids aside)."""
    found: list[dict[str, str]] = []
    block: dict[str, str] = {}
    while len(found) < count:
        line = (await asyncio.wait_for(content.readline(), 10)).decode().rstrip("\n")
        if line:
            name, _, value = line.partition(":")
            block[name] = value.strip()
        else:
            found += [block] if "data" in block else []
            block = {}
    return found


async def test_server_sent_events_are_the_same_events(served: Served):
    served.services.events.happen("job.submitted", job="a")
    async with served.client.get(served.url(f"{EVENTS}/stream?since=0")) as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        (first,) = await read_events(answer.content, 1)
        assert first["id"] == "1"
        assert json.loads(first["data"]) == {"type": "job.submitted", "job": "a", "seq": 1}
        served.services.events.progress(job="a", progress=0.5)
        served.services.events.happen("job.state", job="a")
        progress, state = await read_events(answer.content, 2)
        assert "id" not in progress  # one cannot resume from it
        assert state["id"] == "2"


async def test_the_last_event_id_counts_more_than_the_address(served: Served):
    for _ in range(5):
        served.services.events.happen("job.state")
    headers = {"Last-Event-ID": "3"}
    async with served.client.get(served.url(f"{EVENTS}/stream?since=0"), headers=headers) as answer:
        assert [event["id"] for event in await read_events(answer.content, 2)] == ["4", "5"]


async def test_a_client_that_saw_no_event_yet_knows_where_it_stands(served: Served):
    served.services.events.happen("job.state")
    async with served.client.get(served.url(f"{EVENTS}/stream")) as answer:
        start = [await asyncio.wait_for(answer.content.readline(), 10) for _ in range(3)]
    assert start == [b"retry: 1000\n", b"id: 1\n", b"\n"]


async def test_a_wrong_last_event_id_is_refused(served: Served):
    for wrong in ("-1", "x", "²", ""):
        answer = await served.request("GET", f"{EVENTS}/stream", {"Last-Event-ID": wrong, **bearer()})
        assert answer.status == 422


async def test_a_quiet_stream_beats(settings):
    async with serve(settings, heartbeat_s=0.05) as served:
        async with served.client.get(served.url(f"{EVENTS}/stream")) as answer:
            lines = [await asyncio.wait_for(answer.content.readline(), 10) for _ in range(6)]
        assert b": beat\n" in lines


async def test_head_does_not_hang_on_a_stream(served: Served):
    answer = await served.request("HEAD", f"{EVENTS}/stream", bearer())
    assert answer.status == 405


async def test_a_stop_says_goodbye_to_every_stream(settings):
    async with serve(settings) as served:
        socket = await served.client.ws_connect(served.url(EVENTS))
        stream = await served.client.get(served.url(f"{EVENTS}/stream"))
        _, _, writer = await unread(served, EVENTS)
        await until(lambda: served.services.events.open_streams == 3)
        await asyncio.wait_for(served.bridge.stop(), 10)
        closed = await socket.receive(timeout=10)
        assert (closed.type, closed.data) == (aiohttp.WSMsgType.CLOSE, aiohttp.WSCloseCode.GOING_AWAY)
        assert await stream.content.read() == b"retry: 1000\nid: 0\n\n"
        assert served.services.events.open_streams == 0
        writer.transport.abort()
