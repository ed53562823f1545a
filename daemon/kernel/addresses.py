"""How an address where something listens is written, and asked from this machine."""

from __future__ import annotations

_LOOPBACK_FOR = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - read, never bound


def reached_at(host: str) -> str:
    """Where this machine reaches what listens at `host`: every interface is a place to listen at, none to ask."""
    return _LOOPBACK_FOR.get(host, host)


def url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
