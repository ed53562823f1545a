"""The event stream as one client sees it: bounded, whatever the client does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from enum import Enum
from typing import Any

import msgspec

from bridges.http.ports import EventMessage, Events
from daemon.kernel.types import Json

Send = Callable[[int | None, bytes], Awaitable[None]]
"""Takes (seq, JSON); the seq is None for a message that cannot be resumed from."""


class Ending(Enum):
    """Why a feed ended."""

    LEFT = "the client left"
    TOO_SLOW = "the client did not keep up"
    STOPPING = "roadie is stopping"


class _TooSlow(Exception):
    pass


class Feed:
    """Events of the past are read only as fast as the client takes them. Live ones wait in a queue of bounded
    length: progress that does not fit is dropped, because the next one says more; an event that does not fit
    ends the feed. `last_seq` is where the client may resume. kept: seq of the oldest and of the newest event."""

    def __init__(self, events: Events, since: int | None, kept: tuple[int, int], limit: int) -> None:
        oldest, latest = kept
        self._lost = since is not None and not oldest - 1 <= since <= latest
        self._past_until = latest
        self.last_seq = latest if since is None or self._lost else since
        self._stream = events.stream(self.last_seq)
        self._queue: asyncio.Queue[EventMessage] = asyncio.Queue(limit)

    @classmethod
    async def after(cls, events: Events, since: int | None, limit: int) -> Feed:
        """What comes after `since`; from now on when it is None."""
        return cls(events, since, (await events.oldest(), await events.latest()), limit)

    async def run(self, send: Send, goodbye: asyncio.Event, *watch: Coroutine[Any, Any, None]) -> Ending:
        """Send until the client leaves (sending fails, or a `watch` ends), lags too far, or `goodbye` is set.

        Raises what the event stream raised.
        """
        names = ("pump", "send", "goodbye", *("watch" for _ in watch))
        work = (self._pump(), self._send_all(send), goodbye.wait(), *watch)
        tasks = [asyncio.create_task(coro, name=name) for name, coro in zip(names, work, strict=True)]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            return _ending(next(task for task in tasks if task in done))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _pump(self) -> None:
        try:
            async for message in self._stream:
                await self._put(message)
        finally:
            close = getattr(self._stream, "aclose", None)
            if close is not None:
                await close()

    async def _put(self, message: EventMessage) -> None:
        if message.durable and message.seq <= self._past_until:
            await self._queue.put(message)
            return
        try:
            self._queue.put_nowait(message)
        except asyncio.QueueFull:
            if message.durable:
                raise _TooSlow from None

    async def _send_all(self, send: Send) -> None:
        if self._lost:
            # The table is younger than the client's memory, or what it slept through is not kept any more: it has to
            # load everything anew.
            await send(self.last_seq, _wire(self.last_seq, {"type": "events.reset"}))
        while True:
            message = await self._queue.get()
            await send(message.seq if message.durable else None, _wire(message.seq, message.body))
            self.last_seq = message.seq


def _ending(task: asyncio.Task[Any]) -> Ending:
    error = task.exception()
    if isinstance(error, _TooSlow | TimeoutError):
        return Ending.TOO_SLOW
    if error is not None and not isinstance(error, ConnectionError):
        raise error
    return Ending.STOPPING if task.get_name() in ("goodbye", "pump") else Ending.LEFT


def _wire(seq: int, body: dict[str, Json]) -> bytes:
    return msgspec.json.encode({**body, "seq": seq})
