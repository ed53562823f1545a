"""OSC over TCP, in SLIP frames."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass

from bridges.osc.packet import encode
from bridges.osc.peers import Peer
from bridges.osc.settings import OscSettings
from bridges.osc.slip import NotSlip, Unframer, frame

log = logging.getLogger(__name__)

MAX_CONNECTIONS = 64
MAX_OF_A_HOST = 16
IDLE_S = 3600.0
_CHUNK = 16_384
_UNSENT_BYTES = 1 << 20
"""A client that does not read is let go rather than waited for."""
_GAVE_WAY = (
    "there are too many connections, and this one was silent for longest: it is closed. Subscribe to keep it"
)
_NO_ROOM = "there are too many connections, all of them subscribed: this one is closed. Close one of the others"


@dataclass(slots=True, eq=False)
class _Connection:
    """heard_at_s: when something came of it last, by the event loop's clock."""

    writer: asyncio.StreamWriter
    heard_at_s: float

    def close(self, why: str) -> None:
        """After saying why, to one that reads."""
        if self.writer.transport.get_write_buffer_size():
            self.writer.transport.abort()
        elif not self.writer.is_closing():
            self.writer.write(frame(encode("/roadie/error", "", "busy", why, "")))
            self.writer.close()


class Tcp:
    """Closes a connection at the first byte, or after the first packet, that is not OSC. Connections that say nothing
    keep no other out: each machine has its share, and where it is full the one that was silent for longest gives way,
    unless it is subscribed."""

    def __init__(
        self, settings: OscSettings, receive: Callable[[bytes, Peer], bool], gone: Callable[[Peer], None],
        subscribed_s: Callable[[Peer], float | None],
    ) -> None:  # fmt: skip
        """receive: returns whether a packet was OSC. subscribed_s: for how long a client still is, None when it is
        not."""
        self._settings = settings
        self._receive = receive
        self._gone = gone
        self._subscribed_s = subscribed_s
        self._connections: dict[Peer, _Connection] = {}
        self._server: asyncio.Server | None = None
        self._told_full = False

    async def start(self, sock: socket.socket) -> None:
        """sock: bound and listening."""
        self._server = await asyncio.start_server(self._serve, sock=sock)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            for each in list(self._connections.values()):
                each.writer.transport.abort()
            await self._server.wait_closed()

    def send(self, peer: Peer, packet: bytes) -> None:
        connection = self._connections.get(peer)
        if connection is None or connection.writer.is_closing():
            return
        if connection.writer.transport.get_write_buffer_size() > _UNSENT_BYTES:
            connection.writer.transport.abort()
            return
        connection.writer.write(frame(packet))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        name = writer.get_extra_info("peername")
        peer = Peer("tcp", name[0], name[1])
        connection = _Connection(writer, asyncio.get_running_loop().time())
        try:
            if self._settings.admits(peer.host):
                if self._make_room(peer.host):
                    self._connections[peer] = connection
                    await self._read(reader, peer, connection)
                else:
                    connection.close(_NO_ROOM)
        except (NotSlip, ConnectionError, TimeoutError) as error:
            log.info(
                "the OSC connection of %s:%d is closed: %s",
                peer.host,
                peer.port,
                str(error) or "silent too long",
            )
        finally:
            if self._connections.get(peer) is connection:
                del self._connections[peer]
            self._gone(peer)
            writer.transport.abort() if writer.is_closing() else writer.close()

    async def _read(self, reader: asyncio.StreamReader, peer: Peer, connection: _Connection) -> None:
        unframer = Unframer()
        while data := await self._next(reader, peer):
            connection.heard_at_s = asyncio.get_running_loop().time()
            for packet in unframer.feed(data):
                if not self._receive(packet, peer):
                    raise NotSlip("a packet is not OSC")
            await asyncio.sleep(0)  # a fast sender leaves turns to others

    async def _next(self, reader: asyncio.StreamReader, peer: Peer) -> bytes:
        """What comes next, nothing at the end. Raises TimeoutError when a client is silent that is not subscribed: one
        that is hears, and has nothing to say."""
        wait_s = IDLE_S
        while True:
            limit = asyncio.timeout(wait_s)
            try:
                async with limit:
                    return await reader.read(_CHUNK)
            except TimeoutError:  # of ours, or of a network that is gone
                left_s = self._subscribed_s(peer) if limit.expired() else None
                if left_s is None:
                    raise
                wait_s = left_s

    def _make_room(self, host: str) -> bool:
        """For one more of this machine; whether there is."""
        own = [peer for peer in self._connections if peer.host == host]
        if len(own) >= MAX_OF_A_HOST:
            full = own
        elif len(self._connections) >= MAX_CONNECTIONS:
            full = list(self._connections)
        else:
            return True
        if not self._told_full:
            self._told_full = True
            log.warning(
                "%d OSC connections are open, %d of them of %s: those that are silent and not subscribed give way",
                len(self._connections), len(own), host,
            )  # fmt: skip
        silent = [peer for peer in full if self._subscribed_s(peer) is None]
        if not silent:
            return False
        self._connections.pop(min(silent, key=lambda peer: self._connections[peer].heard_at_s)).close(_GAVE_WAY)
        return True
