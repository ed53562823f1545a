"""What is too much of a sender is dropped by the kernel, where it can: Linux, for IPv4.

A datagram that is shed in Python costs a system call, a few objects and twice the interpreter's lock, which at ten
thousand a second is what everyone else waits for. A socket filter (classic BPF, `man 7 socket`, SO_ATTACH_FILTER)
costs the daemon nothing: it drops what a spent sender goes on sending, of the kinds that are spent, and lets all else
through. It stands for REST_S, in which the sender's allowance fills up a little, and goes.
"""

from __future__ import annotations

import asyncio
import ctypes
import ipaddress
import logging
import socket
import struct
import sys
from collections.abc import Iterable, Sequence

from bridges.osc.flood import REST

log = logging.getLogger(__name__)

REST_S = 1.0
"""Each time it opens, what arrives until the sender is spent again has to be shed in Python."""
MAX_SENDERS = 16
"""Of one program; those beyond are shed in Python."""

_ATTACH, _DETACH = 26, 27  # SO_ATTACH_FILTER, SO_DETACH_FILTER of asm-generic/socket.h
# linux/bpf_common.h; words and halves at absolute places
_LOAD_WORD, _LOAD_HALF, _LOAD_LENGTH, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x28, 0x80, 0x15, 0x35, 0x06
_IP_SOURCE = 0xFFF0_0000 + 12  # SKF_NET_OFF, then the source in an IPv4 header
_UDP_SOURCE, _UDP_PAYLOAD = 0, 8
_WHOLE = 0xFFFF_FFFF

Sender = tuple[str, int]
"""Host and port."""
Instruction = tuple[int, int, int, int]
"""Code, how many to skip when true, how many when false, and a constant."""


class Gate:
    """kinds: how packets begin that have an allowance of their own (`Flood`)."""

    def __init__(self, sock: socket.socket, kinds: Iterable[bytes]) -> None:
        self._socket = sock
        self._kinds = tuple(kinds)
        self._spent: dict[Sender, set[bytes]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._works = sys.platform == "linux" and sock.family == socket.AF_INET

    def shut(self, sender: Sender, kind: bytes) -> None:
        """Drop this sender's messages of this kind for a moment; on the event loop."""
        if not self._works or (sender not in self._spent and len(self._spent) >= MAX_SENDERS):
            return
        spent = self._spent.setdefault(sender, set())
        if kind in spent:
            return  # it waited in the socket already
        spent.add(kind)
        self._attach()
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(REST_S, self.open)

    def open(self) -> None:
        """Let everything through again. Idempotent."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._spent:
            self._spent.clear()
            self._set(_DETACH, struct.pack("i", 0))

    def _attach(self) -> None:
        program = drops((sender, spent, self._kinds) for sender, spent in self._spent.items())
        code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *each) for each in program))
        self._set(_ATTACH, struct.pack("@HP", len(program), ctypes.addressof(code)))

    def _set(self, option: int, value: bytes) -> None:
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, option, value)
        except OSError as error:  # a kernel or a sandbox without them: it is shed in Python, as elsewhere
            log.info("the system drops no OSC messages for roadie: %s", error)
            self._works = False


def drops(senders: Iterable[tuple[Sender, set[bytes], Sequence[bytes]]]) -> list[Instruction]:
    """The program for (sender, kinds that are spent, all kinds). Whole words of a beginning are compared, so a little
    more than that kind may get through."""
    program: list[Instruction] = []
    for (host, port), spent, kinds in senders:
        if REST in spent:
            body = [each for kind in kinds if kind not in spent for each in _if_begins(kind, _WHOLE)]
            body.append((_RETURN, 0, 0, 0))
        else:
            body = [each for kind in kinds if kind in spent for each in _if_begins(kind, 0)]
        program += [
            (_LOAD_WORD, 0, 0, _IP_SOURCE), (_IF_EQUAL, 0, len(body) + 2, int(ipaddress.IPv4Address(host))),
            (_LOAD_HALF, 0, 0, _UDP_SOURCE), (_IF_EQUAL, 0, len(body), port), *body,
        ]  # fmt: skip
    return [*program, (_RETURN, 0, 0, _WHOLE)]


def _if_begins(kind: bytes, answer: int) -> list[Instruction]:
    """Return `answer` for a payload that begins so."""
    words = [kind[at : at + 4] for at in range(0, len(kind) - 3, 4)]
    left = 2 * len(words) + 1  # to behind the return
    # Loading from behind its end would end the program and drop the packet.
    found: list[Instruction] = [(_LOAD_LENGTH, 0, 0, 0), (_IF_AT_LEAST, 0, left, _UDP_PAYLOAD + 4 * len(words))]
    for number, word in enumerate(words):
        left -= 2
        found.append((_LOAD_WORD, 0, 0, _UDP_PAYLOAD + 4 * number))
        found.append((_IF_EQUAL, 0, left, int.from_bytes(word, "big")))
    return [*found, (_RETURN, 0, 0, answer)]
