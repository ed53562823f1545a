"""The address that is listened at, the same for UDP, TCP and OSCQuery; and why it cannot be."""

from __future__ import annotations

import errno
import os
import socket

from daemon.kernel.errors import AlreadyRunning, BadConfig

_TRIES = 20
_HOST_ERRORS = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


def family_of(host: str) -> socket.AddressFamily:
    """A name stands for its IPv4 address."""
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def bind(host: str, port: int, kind: socket.SocketKind, what: str, setting: str) -> socket.socket:
    """A socket that does not block. setting: which of roadie's decides the port. Raises AlreadyRunning when another
    program has it, BadConfig when the host cannot be bound."""
    family = family_of(host)
    try:
        sock = socket.socket(family, kind)
    except OSError as error:  # a machine without IPv6
        raise _refused(error, what, host, port, setting) from error
    try:
        sock.setblocking(False)
        if family == socket.AF_INET6:
            # "::" is everywhere, IPv4 too, which some systems and asyncio take it not to be.
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        # Elsewhere, and for datagrams, this would let two programs share it.
        if kind is socket.SOCK_STREAM and os.name == "posix":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        if kind is socket.SOCK_STREAM:
            sock.listen()
    except OSError as error:
        sock.close()
        raise _refused(error, what, host, port, setting) from error
    return sock


def bind_udp(host: str, port: int) -> socket.socket:
    """As `bind`."""
    return bind(host, port, socket.SOCK_DGRAM, "OSC", "osc.port")


def bind_both(host: str, port: int) -> tuple[socket.socket, socket.socket]:
    """(for UDP, for TCP) at one port; for port 0, one that is free for both. Raises as `bind`."""
    tries = _TRIES if port == 0 else 1
    while True:
        udp = bind_udp(host, port)
        try:
            return udp, bind(host, udp.getsockname()[1], socket.SOCK_STREAM, "OSC (TCP)", "osc.port")
        except BaseException as error:
            udp.close()
            tries -= 1
            if not isinstance(error, AlreadyRunning) or not tries:
                raise


def _refused(error: OSError, what: str, host: str, port: int, setting: str) -> AlreadyRunning | BadConfig:
    if error.errno == errno.EADDRINUSE:
        return AlreadyRunning(
            f"the {what} port is taken", where=f"{host}:{port}",
            hint=f"Another roadie or another program listens there: end it, or run `roadie config set {setting} 0` "
            "for any free port",
        )  # fmt: skip
    if isinstance(error, socket.gaierror) or error.errno in _HOST_ERRORS:
        hint = "Set osc.host to an address of this machine, or leave it out"
    else:
        hint = f"Name another port: roadie config set {setting} 7711"
    return BadConfig(
        f"{what} cannot be listened for here", where=f"{host}:{port}", why=error.strerror, hint=hint
    )
