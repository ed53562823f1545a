"""What happens, as it happens: over a WebSocket, or as server-sent events."""

from __future__ import annotations

import asyncio
from typing import Annotated

import msgspec
from aiohttp import WSCloseCode, WSMessage, web

from bridges.http.feed import Ending, Feed
from bridges.http.refusals import Invalid, UpgradeRequired
from bridges.http.table import Call
from daemon.services.types import Request

_CLOSE_CODES = {
    Ending.TOO_SLOW: WSCloseCode.TRY_AGAIN_LATER,
    Ending.STOPPING: WSCloseCode.GOING_AWAY,
}
_GOODBYE_S = 1.0
_MAX_MESSAGE_FROM_CLIENT = 4096


class EventsQuery(Request, frozen=True):
    """since: the last `seq` seen; everything after it comes first, or `events.reset` where that is not kept any more:
    what is known is to be loaded anew. Absent: only what happens from now on."""

    since: Annotated[int, msgspec.Meta(ge=0)] | None = None


async def websocket(call: Call[EventsQuery, None]) -> web.StreamResponse:
    """One JSON event per message. Closes with 1013 when the client lags too far, with 1001 when roadie stops;
    in both cases it may come back with `since`."""
    settings = call.context.settings
    socket = web.WebSocketResponse(
        heartbeat=settings.heartbeat_s,
        timeout=_GOODBYE_S,
        max_msg_size=_MAX_MESSAGE_FROM_CLIENT,
        compress=False,
    )
    if not socket.can_prepare(call.request).ok:
        raise UpgradeRequired("this is a WebSocket", hint="Or use /api/v1/events/stream", headers=_UPGRADE)
    feed = await Feed.after(call.services.events, call.query.since, settings.events_buffer)
    await socket.prepare(call.request)

    async def send(_: int | None, data: bytes) -> None:
        async with asyncio.timeout(settings.send_timeout_s):
            await socket.send_str(data.decode())

    ending = Ending.STOPPING
    try:
        with call.context.streams.opened() as goodbye:
            ending = await feed.run(send, goodbye, _read_away(socket))
    finally:
        await _close(call.request, socket, ending, feed.last_seq)
    return socket


_UPGRADE = {"Upgrade": "websocket", "Connection": "Upgrade"}


async def _read_away(socket: web.WebSocketResponse) -> None:
    """Reading is what answers pings and notices the close; what a client says here means nothing."""
    message: WSMessage
    async for message in socket:
        del message


async def _close(request: web.Request, socket: web.WebSocketResponse, ending: Ending, seq: int) -> None:
    """Say why, if the client still reads; never wait for one that does not."""
    if ending is Ending.LEFT and socket.closed:
        return
    code = _CLOSE_CODES.get(ending, WSCloseCode.OK)
    try:
        async with asyncio.timeout(_GOODBYE_S):
            await socket.close(code=code, message=f"{ending.value}; resume with since={seq}".encode())
    except (TimeoutError, ConnectionError):
        if request.transport is not None:
            request.transport.abort()


async def server_sent(call: Call[EventsQuery, None]) -> web.StreamResponse:
    """The same as server-sent events; `id:` is the `seq`, so a browser resumes by itself (Last-Event-ID)."""
    settings = call.context.settings
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
    feed = await Feed.after(call.services.events, _since(call), settings.events_buffer)
    await response.prepare(call.request)
    writing = asyncio.Lock()

    async def write(data: bytes) -> None:
        async with asyncio.timeout(settings.send_timeout_s), writing:
            await response.write(data)

    async def send(seq: int | None, data: bytes) -> None:
        identity = b"" if seq is None else b"id: %d\n" % seq
        await write(identity + b"data: " + data + b"\n\n")

    async def beat() -> None:
        """A comment now and then: it keeps the connection, and shows when the client has gone."""
        while True:
            await asyncio.sleep(settings.heartbeat_s)
            await write(b": beat\n\n")

    # An id without data is remembered by the client and told to nobody: even a client that saw no event resumes.
    await write(b"retry: 1000\nid: %d\n\n" % feed.last_seq)
    with call.context.streams.opened() as goodbye:
        ending = await feed.run(send, goodbye, beat())
    if ending is Ending.TOO_SLOW and call.request.transport is not None:
        call.request.transport.abort()
    return response


def _since(call: Call[EventsQuery, None]) -> int | None:
    """Last-Event-ID, which a browser sends when it comes back, counts more than the address it first used."""
    said = call.request.headers.get("Last-Event-ID")
    if said is None:
        return call.query.since
    if not (said.isascii() and said.isdigit()):
        raise Invalid("is not a seq", where="Last-Event-ID")
    return int(said)
