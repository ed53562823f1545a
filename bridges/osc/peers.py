"""Who sends: an address and port over UDP, or a connection over TCP."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class Peer(NamedTuple):
    """transport: "udp" or "tcp". A tuple, because one is made for every datagram that is read."""

    transport: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"OSC from {self.host}, port {self.port}"


class Outlet(Protocol):
    """Where packets leave. Never blocks and never raises: OSC promises no delivery."""

    def send(self, peer: Peer, packet: bytes) -> None: ...
