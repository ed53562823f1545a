"""What is too much of a sender is dropped by the kernel, where it can: Linux, for IPv4.

A datagram that is shed in Python costs a system call, a few objects and twice the interpreter's lock, and whoever else
sends stands behind it in the socket. A socket filter (classic BPF, `man 7 socket`, SO_ATTACH_FILTER) costs the daemon
nothing: of the kinds of message that a sender has spent it lets a random share through, and all of everything else.
The share is halved in each second in which it was still too much, and doubled in each other until it is whole again.
"""

from __future__ import annotations

import asyncio
import ctypes
import ipaddress
import logging
import socket
import struct
import sys
from collections.abc import Iterable
from dataclasses import dataclass

from bridges.osc.flood import REST

log = logging.getLogger(__name__)

FIRST_SHARE, LEAST_SHARE = 1 / 16, 1 / 1024
EACH_S = 1.0
MAX_SENDERS = 16
"""Of one program; those beyond are shed in Python."""

_ATTACH, _DETACH = 26, 27  # SO_ATTACH_FILTER, SO_DETACH_FILTER of asm-generic/socket.h
# linux/bpf_common.h; words and halves at absolute places
_LOAD_WORD, _LOAD_HALF, _LOAD_LENGTH, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x28, 0x80, 0x15, 0x35, 0x06
_IP_SOURCE = 0xFFF0_0000 + 12  # SKF_NET_OFF, then the source in an IPv4 header
_UDP_SOURCE, _UDP_PAYLOAD = 0, 8
_RANDOM = 0xFFFF_F000 + 56  # SKF_AD_OFF, SKF_AD_RANDOM

Sender = tuple[str, int]
"""Host and port."""
Instruction = tuple[int, int, int, int]
"""Code, how many to skip when true, how many when false, and a constant."""
_PASS: Instruction = (_RETURN, 0, 0, 0xFFFF_FFFF)
_DROP: Instruction = (_RETURN, 0, 0, 0)


@dataclass(slots=True)
class _Share:
    """cut: within this second."""

    passes: float
    cut: bool = True


class Gate:
    """kinds: how packets begin that have an allowance of their own (`Flood`)."""

    def __init__(self, sock: socket.socket, kinds: Iterable[bytes]) -> None:
        self._socket = sock
        self._kinds = tuple(kinds)
        self._spent: dict[Sender, dict[bytes, _Share]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._works = sys.platform == "linux" and sock.family == socket.AF_INET

    def shut(self, sender: Sender, kind: bytes) -> None:
        """Too much of this kind came from this sender; on the event loop."""
        if not self._works or (sender not in self._spent and len(self._spent) >= MAX_SENDERS):
            return
        shares = self._spent.setdefault(sender, {})
        share = shares.get(kind)
        if share is None:
            shares[kind] = _Share(FIRST_SHARE)
        elif share.cut:
            return  # it waited in the socket already
        else:
            shares[kind] = _Share(max(share.passes / 2, LEAST_SHARE))
        self._attach()
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(EACH_S, self.look)

    def passes(self, sender: Sender, kind: bytes) -> float:
        """The share that is let through."""
        share = self._spent[sender].get(kind) if sender in self._spent else None
        return 1.0 if share is None else share.passes

    def look(self) -> None:
        """Every second: what was not too much any more may be more."""
        for sender, shares in list(self._spent.items()):
            for kind, share in list(shares.items()):
                if not share.cut:
                    share.passes *= 2
                share.cut = False
                if share.passes >= 1:
                    del shares[kind]
            if not shares:
                del self._spent[sender]
        if self._spent:
            self._attach()
            self._timer = asyncio.get_running_loop().call_later(EACH_S, self.look)
        else:
            self.open()

    def open(self) -> None:
        """Let everything through. Idempotent."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._spent.clear()
            self._set(_DETACH, struct.pack("i", 0))

    def _attach(self) -> None:
        program: list[Instruction] = []
        for sender, shares in self._spent.items():
            passes = {kind: share.passes for kind, share in shares.items()}
            program += _for_sender(
                sender, [(kind, passes.get(kind, 1.0)) for kind in self._kinds], passes.get(REST, 1.0)
            )
        program.append(_PASS)
        code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *each) for each in program))
        self._set(_ATTACH, struct.pack("@HP", len(program), ctypes.addressof(code)))

    def _set(self, option: int, value: bytes) -> None:
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, option, value)
        except OSError as error:  # a kernel or a sandbox without them: it is shed in Python, as elsewhere
            log.info("the system drops no OSC messages for roadie: %s", error)
            self._works = False


def _for_sender(sender: Sender, kinds: list[tuple[bytes, float]], rest: float) -> list[Instruction]:
    """What becomes of this sender's packets: (beginning, share that passes) of each kind, and the share of the rest.
    Whole words of a beginning are compared, so a little more than that kind may count as it."""
    body: list[Instruction] = []
    for kind, share in kinds:
        body += _if_begins(kind, _at_random(share))
    body += _at_random(rest)
    host, port = sender
    return [
        (_LOAD_WORD, 0, 0, _IP_SOURCE), (_IF_EQUAL, 0, len(body) + 2, int(ipaddress.IPv4Address(host))),
        (_LOAD_HALF, 0, 0, _UDP_SOURCE), (_IF_EQUAL, 0, len(body), port), *body,
    ]  # fmt: skip


def _at_random(share: float) -> list[Instruction]:
    """Let this share pass and drop the others."""
    if share >= 1:
        return [_PASS]
    return [(_LOAD_WORD, 0, 0, _RANDOM), (_IF_AT_LEAST, 0, 1, int(share * 2**32)), _DROP, _PASS]


def _if_begins(kind: bytes, then: list[Instruction]) -> list[Instruction]:
    """`then`, which ends the program, for a payload that begins so."""
    words = [kind[at : at + 4] for at in range(0, len(kind) - 3, 4)]
    left = 2 * len(words) + len(then)  # to behind it
    # Loading from behind its end would end the program and drop the packet.
    found: list[Instruction] = [(_LOAD_LENGTH, 0, 0, 0), (_IF_AT_LEAST, 0, left, _UDP_PAYLOAD + 4 * len(words))]
    for number, word in enumerate(words):
        left -= 2
        found.append((_LOAD_WORD, 0, 0, _UDP_PAYLOAD + 4 * number))
        found.append((_IF_EQUAL, 0, left, int.from_bytes(word, "big")))
    return [*found, *then]
