"""The names under which this daemon may be addressed."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable

_HTTP_PORT = 80


def allowed_hosts(host: str, port: int, extra: Iterable[str]) -> frozenset[str]:
    """Every `Host` header, in lower case, that names a daemon bound to `host` and `port`.

    A page that made its own name point at this machine (DNS rebinding) sends that name, which is not here.
    """
    names = {host.lower(), *(name.lower() for name in extra)}
    if _is_loopback(host) or _is_any(host):
        names |= {"127.0.0.1", "localhost", "::1"}
    if _is_any(host):
        names |= _own_names()
    bare = {_bracketed(name) for name in names if not _is_any(name)}
    with_port = {f"{name}:{port}" for name in bare}
    return frozenset(with_port | bare if port == _HTTP_PORT else with_port)


def is_loopback_name(host_header: str) -> bool:
    """True for a `Host` header that names this very machine by its loopback name or address."""
    name = host_header.rsplit(":", 1)[0] if not host_header.endswith("]") else host_header
    return _is_loopback(name.strip("[]"))


def _is_loopback(name: str) -> bool:
    address = _address(name)
    return name.lower() == "localhost" or (address is not None and address.is_loopback)


def _is_any(name: str) -> bool:
    address = _address(name)
    return name == "" or (address is not None and address.is_unspecified)


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def _bracketed(name: str) -> str:
    return f"[{name}]" if ":" in name else name


def _own_names() -> set[str]:
    import psutil  # noqa: PLC0415 - only when bound to every interface

    addresses = {
        entry.address.split("%")[0].lower()
        for entries in psutil.net_if_addrs().values()
        for entry in entries
        if entry.family in (socket.AF_INET, socket.AF_INET6)
    }
    name = socket.gethostname().lower()
    return addresses | {name, f"{name}.local"}
