"""The protocol of one connection: who says nothing is let go, and what is no HTTP gets a problem as well."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

from aiohttp import web
from aiohttp.http_exceptions import LineTooLong

from bridges.http.headers import add_security_headers
from bridges.http.problems import refuse, response_of, unexpected_problem
from bridges.http.refusals import BadRequest, HeadersTooLarge
from bridges.http.settings import Limits

log = logging.getLogger(__name__)

T = TypeVar("T")


class Protocol(web.RequestHandler):
    """aiohttp's own waits forever for a first request, and answers malformed ones as plain text before the
    application sees them.

    gone: done when the connection has ended."""

    __slots__ = ("_limits", "_served", "_silence", "gone")

    def __init__(self, served: web.Server, limits: Limits, *, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(
            served,
            loop=loop,
            access_log=None,  # type: ignore[arg-type]  # None is how aiohttp is told to keep none
            keepalive_timeout=limits.keep_alive_s,
            lingering_time=limits.linger_s,
            auto_decompress=False,
        )
        self._served = served
        self._limits = limits
        self._silence: asyncio.TimerHandle | None = None
        self.gone: asyncio.Future[None] = loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if len(self._served.connections) > self._limits.at_once:
            self.force_close()
            return
        loop = asyncio.get_running_loop()
        self._silence = loop.call_later(self._limits.first_request_s, self.force_close)

    def connection_lost(self, exc: BaseException | None) -> None:
        self.heard()
        if not self.gone.done():
            self.gone.set_result(None)
        super().connection_lost(exc)

    def heard(self) -> None:
        """A whole request came; from now on aiohttp's own keep-alive limits the silence."""
        if self._silence is not None:
            self._silence.cancel()
            self._silence = None

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        if self.gone.done() and isinstance(exc, ConnectionError):
            raise exc  # nobody is left to tell, and nothing went wrong
        if request.writer.output_size > 0:  # an answer is on its way already: only the connection can end
            raise ConnectionError("the answer had begun when it failed") from exc
        self.heard()
        response = self._problem(status, exc, message)
        add_security_headers(response)
        response.force_close()
        return response

    def _problem(self, status: int, exc: BaseException | None, message: str | None) -> web.Response:
        if isinstance(exc, LineTooLong):
            return refuse(HeadersTooLarge("the request line or a header is too long"))
        if status < 500:
            log.debug("malformed request: %s", message)
            return refuse(BadRequest("the request is malformed"))
        return response_of(unexpected_problem(exc or RuntimeError(message), "answering"))


async def while_there(request: web.Request, work: Coroutine[Any, Any, T]) -> T:
    """Await `work`, which is cancelled when the client goes: only for what must not go on without it, since most of
    what was asked for is wanted all the same. Raises ConnectionResetError then."""
    protocol = request.protocol
    assert isinstance(protocol, Protocol)  # as the bridge connects them
    task = asyncio.create_task(work)

    def leave(_: object) -> None:
        task.cancel()

    protocol.gone.add_done_callback(leave)
    try:
        return await task
    except asyncio.CancelledError:
        if protocol.gone.done():
            raise ConnectionResetError("the client has gone") from None
        raise
    finally:
        protocol.gone.remove_done_callback(leave)
