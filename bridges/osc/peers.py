"""Who sends: an address and port over UDP, or a connection over TCP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Peer:
    """transport: "udp" or "tcp"."""

    transport: str
    host: str
    port: int


class Outlet(Protocol):
    """Where packets leave. Never blocks and never raises: OSC promises no delivery."""

    def send(self, peer: Peer, packet: bytes) -> None: ...
