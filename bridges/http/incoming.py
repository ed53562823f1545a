"""Bodies that are streamed: arriving bytes, never all of them at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from aiohttp import web

from bridges.http.refusals import BodyTooSlow

CHUNK_BYTES = 256 * 1024


async def read_within(read: Callable[[int], Awaitable[bytes]], idle_s: float) -> bytes:
    """Up to CHUNK_BYTES; b"" at the end. Raises BodyTooSlow when nothing arrives for `idle_s`."""
    try:
        async with asyncio.timeout(idle_s):
            return await read(CHUNK_BYTES)
    except TimeoutError as error:
        raise BodyTooSlow("the upload stood still", why=f"nothing came for {idle_s:g} s") from error


class Arriving:
    """A resumable body. It ends where the connection broke or stood still, so that everything before that is
    kept; `broken` says afterwards that it was so."""

    def __init__(self, request: web.Request, idle_s: float) -> None:
        self._request = request
        self._idle_s = idle_s
        self.broken: Exception | None = None

    async def chunks(self) -> AsyncIterator[bytes]:
        while True:
            try:
                chunk = await read_within(self._request.content.read, self._idle_s)
            except (ConnectionError, web.RequestPayloadError, BodyTooSlow) as error:
                self.broken = error
                return
            if not chunk:
                return
            yield chunk
