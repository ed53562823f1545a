"""OSC over TCP, in SLIP frames."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable

from bridges.osc.peers import Peer
from bridges.osc.settings import OscSettings
from bridges.osc.slip import NotSlip, Unframer, frame

log = logging.getLogger(__name__)

MAX_CONNECTIONS = 64
IDLE_S = 3600.0
_CHUNK = 16_384
_UNSENT_BYTES = 1 << 20
"""A client that does not read is let go rather than waited for."""


class Tcp:
    """Closes a connection at the first byte that is not OSC."""

    def __init__(
        self, settings: OscSettings, receive: Callable[[bytes, Peer], None], gone: Callable[[Peer], None]
    ) -> None:
        self._settings = settings
        self._receive = receive
        self._gone = gone
        self._writers: dict[Peer, asyncio.StreamWriter] = {}
        self._server: asyncio.Server | None = None

    async def start(self, sock: socket.socket) -> None:
        """sock: bound and listening."""
        self._server = await asyncio.start_server(self._serve, sock=sock)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            for writer in list(self._writers.values()):
                writer.transport.abort()
            await self._server.wait_closed()

    def send(self, peer: Peer, packet: bytes) -> None:
        writer = self._writers.get(peer)
        if writer is None or writer.is_closing():
            return
        if writer.transport.get_write_buffer_size() > _UNSENT_BYTES:
            writer.transport.abort()
            return
        writer.write(frame(packet))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        name = writer.get_extra_info("peername")
        peer = Peer("tcp", name[0], name[1])
        try:
            if self._settings.admits(peer.host) and len(self._writers) < MAX_CONNECTIONS:
                self._writers[peer] = writer
                await self._read(reader, peer)
        except (NotSlip, ConnectionError, TimeoutError) as error:
            log.info(
                "the OSC connection of %s:%d is closed: %s", peer.host, peer.port, error or "silent too long"
            )
        finally:
            self._writers.pop(peer, None)
            self._gone(peer)
            writer.transport.abort() if writer.is_closing() else writer.close()

    async def _read(self, reader: asyncio.StreamReader, peer: Peer) -> None:
        unframer = Unframer()
        while data := await asyncio.wait_for(reader.read(_CHUNK), IDLE_S):
            for packet in unframer.feed(data):
                self._receive(packet, peer)
            await asyncio.sleep(0)  # a fast sender leaves turns to others
