"""How the HTTP bridge is set up."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Limits:
    """Of connections. at_once: how many. first_request_s: within which a new one must have sent the head of its
    request. keep_alive_s: how long one may be silent between requests. linger_s: how long what still arrives
    of a refused body is read away, so that the client sees the answer."""

    at_once: int = 512
    first_request_s: float = 30.0
    keep_alive_s: float = 75.0
    linger_s: float = 2.0


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """port: 0 takes any free one. token: 256 bits as hex. spool: folder of our own for uploads on their way.
    allow_hosts: further names under which a browser may reach this daemon ("studio.local"), without port."""

    host: str
    port: int
    token: str
    spool: Path
    allow_hosts: tuple[str, ...] = ()
    max_json_bytes: int = 8 * 2**20
    max_upload_bytes: int = 64 * 2**30
    body_idle_s: float = 60.0
    """A body from which nothing arrives for so long is given up."""
    events_buffer: int = 2048
    """Live events that may wait for one slow client before it is let go."""
    heartbeat_s: float = 20.0
    send_timeout_s: float = 30.0
    stop_timeout_s: float = 3.0
    limits: Limits = Limits()
