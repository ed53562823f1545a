"""What this machine is called in the network."""

from __future__ import annotations

import ipaddress
import socket


def machine() -> str:
    """Its own name, without a domain, in lower case."""
    return socket.gethostname().partition(".")[0].lower()


def announced() -> str:
    """The name that zeroconf gives roadie's addresses."""
    return f"roadie-{machine()}.local"


def is_here(host: str) -> bool:
    """Whether a Host header names an address or this machine itself: a page that got its own name to point here
    (DNS rebinding) names neither."""
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    name = name.strip("[]").lower().removesuffix(".")
    if name in ("localhost", machine(), socket.gethostname().lower(), f"{machine()}.local", announced()):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def is_of(origin: str | None, host: str) -> bool:
    """Whether an Origin header is that of this very server, as some WebSocket libraries send it, or there is none:
    a page of another's names its own."""
    return origin is None or origin.lower() in (f"http://{host.lower()}", f"https://{host.lower()}")
