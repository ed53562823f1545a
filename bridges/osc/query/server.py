"""The OSCQuery port: HTTP GET and a WebSocket, nothing that changes anything."""

from __future__ import annotations

import logging
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from aiohttp import web

from bridges.osc import names
from bridges.osc.feedback import Feedback
from bridges.osc.listening import bind
from bridges.osc.namespace import Namespace
from bridges.osc.query.describe import ATTRIBUTES, EXTENSIONS, find, tree
from bridges.osc.query.listener import HEARTBEAT_S, MAX_MESSAGE, Listening
from bridges.osc.settings import OscSettings
from daemon.kernel.addresses import url

log = logging.getLogger(__name__)

MAX_LISTENERS = 32
_STOP_S = 1.0


class QueryServer:
    """know_recipes: brings the namespace up to date before it is described."""

    def __init__(
        self, settings: OscSettings, namespace: Namespace, feedback: Feedback,
        know_recipes: Callable[[], Awaitable[None]],
    ) -> None:  # fmt: skip
        self._settings = settings
        self._namespace = namespace
        self._feedback = feedback
        self._know_recipes = know_recipes
        self._osc_port = 0
        self._runner: web.AppRunner | None = None
        self._sockets: set[web.WebSocketResponse] = set()

    async def start(self, osc_port: int) -> int:
        """Serve; returns the port. Raises AlreadyRunning, BadConfig."""
        host = self._settings.host
        sock = bind(host, self._settings.query_port, socket.SOCK_STREAM, "OSCQuery", "osc.query_port")
        self._osc_port = osc_port
        app = web.Application(middlewares=[self._guard])
        app.router.add_get("/{path:.*}", self._get)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_STOP_S)
        await self._runner.setup()
        await web.SockSite(self._runner, sock).start()
        bound: int = sock.getsockname()[1]
        log.info("OSCQuery on %s", url(host, bound))
        return bound

    async def stop(self) -> None:
        """Idempotent."""
        for open_socket in list(self._sockets):
            await open_socket.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Only those who may send OSC, and no page in a browser that found its way here under another name."""
        admitted = request.remote is not None and self._settings.admits(request.remote)
        if not admitted or not names.is_here(request.host):
            raise web.HTTPForbidden(text="Not from there: see osc.allow in roadie's settings")
        if not names.is_of(request.headers.get("Origin"), request.host):
            raise web.HTTPForbidden(
                text="Not for pages of another server: their Origin header is not this one's"
            )
        return await handler(request)

    async def _get(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._listen(request)
        # Most HTTP libraries write a name without a value with "=".
        attribute = request.query_string.removesuffix("=")
        if attribute and attribute not in ATTRIBUTES:
            return web.Response(status=400, text=f"{attribute[:100]} is not an attribute here")
        if attribute == "HOST_INFO":
            return _json(self._host_info(request))
        node = find(await self._tree(), request.path)
        if node is None:
            return web.Response(status=404, text=f"there is no address {request.path[:200]}")
        if not attribute:
            return _json(node)
        return _json({attribute: node[attribute]}) if attribute in node else web.Response(status=204)

    async def _tree(self) -> dict[str, Any]:
        await self._know_recipes()
        await self._feedback.look()
        return tree(self._namespace.nodes(), self._feedback.values())

    def _host_info(self, request: web.Request) -> dict[str, Any]:
        assert request.transport is not None
        own, port = request.transport.get_extra_info("sockname")[:2]
        own = own.removeprefix("::ffff:")  # of an IPv4 client
        return {
            "NAME": "roadie", "EXTENSIONS": EXTENSIONS, "OSC_IP": own, "OSC_PORT": self._osc_port,
            "OSC_TRANSPORT": "UDP", "WS_IP": own, "WS_PORT": port,
        }  # fmt: skip

    async def _listen(self, request: web.Request) -> web.StreamResponse:
        if len(self._sockets) >= MAX_LISTENERS:
            return web.Response(status=503, text=f"{MAX_LISTENERS} clients listen already")
        opened = web.WebSocketResponse(heartbeat=HEARTBEAT_S, max_msg_size=MAX_MESSAGE)
        await opened.prepare(request)
        self._sockets.add(opened)
        try:
            await Listening(opened, self._feedback).run()
        finally:
            self._sockets.discard(opened)
        return opened


def _json(value: object) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), content_type="application/json")
