"""The HTTP bridge: binds, serves, stops."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from dataclasses import replace

from aiohttp import web

from bridges.http.dispatch import build_app
from bridges.http.guard import Guard
from bridges.http.hosts import allowed_hosts
from bridges.http.open_streams import OpenStreams
from bridges.http.ports import Services
from bridges.http.protocol import Protocol
from bridges.http.routes import ROUTES
from bridges.http.sessions import Sessions
from bridges.http.settings import HttpSettings
from bridges.http.table import Context
from daemon.kernel.clock import Clock
from daemon.kernel.errors import AlreadyRunning, BadConfig

log = logging.getLogger(__name__)

_BACKLOG = 128


class HttpBridge:
    """Serves the route table. One start and one stop, on one event loop."""

    def __init__(self, services: Services, settings: HttpSettings, clock: Clock) -> None:
        self._services = services
        self._settings = settings
        self._sessions = Sessions(clock)
        self._streams = OpenStreams()
        self._runner: web.AppRunner | None = None
        self._server: asyncio.Server | None = None

    async def start(self) -> tuple[str, int]:
        """Bind and serve; returns (host, port), the port being the real one.

        Raises AlreadyRunning when the port is taken, BadConfig when the host cannot be bound.
        """
        listening = _bind(self._settings.host, self._settings.port)
        host, port = listening.getsockname()[:2]
        guard = self._guard(port)
        context = Context(
            self._services, replace(self._settings, port=port), self._sessions, guard, self._streams
        )
        app = build_app(ROUTES, context)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=self._settings.stop_timeout_s)
        await self._runner.setup()
        self._server = await self._listen(self._runner, listening)
        log.info("HTTP on http://%s:%d", host, port)
        return self._settings.host, port

    def _guard(self, port: int) -> Guard:
        hosts = allowed_hosts(self._settings.host, port, self._settings.allow_hosts)
        return Guard(hosts, port, self._settings.token, self._sessions)

    async def _listen(self, runner: web.AppRunner, listening: socket.socket) -> asyncio.Server:
        """Not aiohttp's own site, so that the protocol is ours and answers malformed requests as problems."""
        loop, served = asyncio.get_running_loop(), runner.server
        assert served is not None  # set up above

        def connect() -> Protocol:
            return Protocol(served, self._settings.limits, loop=loop)

        return await loop.create_server(connect, sock=listening, backlog=_BACKLOG)

    async def stop(self) -> None:
        """Take no more connections, say goodbye to open streams, wait `stop_timeout_s` for the rest. Idempotent."""
        server, runner = self._server, self._runner
        self._server = self._runner = None
        if server is not None:
            server.close()
        self._streams.close_all()
        if runner is not None:
            await runner.cleanup()
        if server is not None:
            await server.wait_closed()


def _bind(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=_family(host), backlog=_BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise AlreadyRunning(
                "the port is taken",
                where=f"{host}:{port}",
                hint="Another roadie or another program listens there: end it, or use --port",
            ) from error
        raise BadConfig(
            "cannot listen here", where=f"{host}:{port}", why=error.strerror, hint="Check --host"
        ) from error


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
