"""Datagrams in and out."""

from __future__ import annotations

import asyncio
import socket
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any, cast

from bridges.osc.gate import Gate
from bridges.osc.peers import Peer
from bridges.osc.settings import OscSettings

_BUFFER_BYTES = 4 * 2**20
"""Asked of the system, which may give less: what arrives while the loop is busy waits there."""

_LARGEST = 65_536
_AT_ONCE_S = 0.001

Receive = Callable[[bytes, Peer], object]


class Udp(asyncio.DatagramProtocol):
    """Reads what has arrived each time round the event loop, but not for long, so a flood takes its turn among
    everything else; what does not fit into the system's buffer meanwhile is lost, as datagrams are."""

    def __init__(self, settings: OscSettings, receive: Receive, kinds: Iterable[bytes]) -> None:
        """kinds: how packets begin that have an allowance of their own."""
        self._admits = settings.admits
        self._receive = receive
        self._kinds = kinds
        self._transport: asyncio.DatagramTransport | None = None
        self._known: dict[str, bool] = {}
        self._more: socket.socket | None = None
        self._gate: Gate | None = None

    def listens_at(self, sock: socket.socket) -> None:
        """The socket that the event loop reads, to read on from. On Windows a read of its own is always under way."""
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        self._gate = Gate(sock, self._kinds)
        if sys.platform != "win32":
            self._more = sock

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)  # it is one, though not in its ancestry

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        self._take(data, addr)
        if self._more is None:
            return
        # A turn of the event loop costs more than a datagram: under a flood, waiting ones are taken with the first.
        until_s = time.monotonic() + _AT_ONCE_S
        while time.monotonic() < until_s:
            try:
                self._take(*self._more.recvfrom(_LARGEST))
            except OSError:  # nothing more, or news of a port that is gone
                return

    def _take(self, data: bytes, addr: tuple[Any, ...]) -> None:
        host = addr[0]
        admitted = self._known.get(host)
        if admitted is None:
            if len(self._known) > 1024:
                self._known.clear()
            admitted = self._known[host] = self._admits(host)
        if admitted:  # others get no answer: it would tell them that something is here
            self._receive(data, Peer("udp", host, addr[1]))

    def shut(self, peer: Peer, kind: bytes) -> None:
        """This sender sends more of a kind than it may."""
        if self._gate is not None and peer.transport == "udp":
            self._gate.shut((peer.host, peer.port), kind)

    def passes(self, peer: Peer, kind: bytes) -> float:
        """The share of a sender's kind that is read."""
        if self._gate is None or peer.transport != "udp":
            return 1.0
        return self._gate.passes((peer.host, peer.port), kind)

    def error_received(self, exc: Exception) -> None:
        """A port that nobody listens at any more says so; the subscription ends by itself."""

    def send(self, peer: Peer, packet: bytes) -> None:
        transport = self._transport
        # What waits for a full network grows without bound otherwise: feedback is worth nothing later.
        if transport is not None and not transport.is_closing() and peer.port and _writable(transport):
            transport.sendto(packet, (peer.host, peer.port))

    def close(self) -> None:
        if self._gate is not None:
            self._gate.open()
        if self._transport is not None:
            self._transport.close()


def _writable(transport: asyncio.DatagramTransport) -> bool:
    waiting: int = transport.get_write_buffer_size()  # type: ignore[attr-defined]  # there, but not in the stubs
    return waiting < _BUFFER_BYTES
