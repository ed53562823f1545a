"""Packets in a stream: SLIP (RFC 1055) with END before and after each packet, as OSC 1.1 asks for."""

from __future__ import annotations

from pythonosc.slip import encode as _encode

END, ESC, ESC_END, ESC_ESC = 0xC0, 0xDB, 0xDC, 0xDD
MAX_PACKET = 65_536
"""As much as a datagram can hold."""


class NotSlip(Exception):
    """The stream is something else."""


def frame(packet: bytes) -> bytes:
    framed: bytes = _encode(packet)
    return framed


class Unframer:
    """Takes what arrives, gives whole packets."""

    def __init__(self) -> None:
        self._packet = bytearray()
        self._escaped = False

    def feed(self, data: bytes) -> list[bytes]:
        """Raises NotSlip at the first byte that no OSC packet can have there."""
        found: list[bytes] = []
        for part in _split(data):
            if part == b"\xc0":
                if self._escaped:
                    raise NotSlip("an escape at the end of a packet")
                if self._packet:
                    found.append(bytes(self._packet))
                    self._packet.clear()
            else:
                self._add(part)
        return found

    def _add(self, part: bytes) -> None:
        if not self._packet and part[0] not in b"/#":
            raise NotSlip(f"a packet begins with byte {part[0]:#04x}, which no OSC packet does")
        for number, piece in enumerate(part.split(b"\xdb")):
            rest = piece
            if number or self._escaped:
                if not piece:
                    if self._escaped:
                        raise NotSlip("an escape after an escape")
                    self._escaped = True
                    continue
                if piece[0] not in (ESC_END, ESC_ESC):
                    raise NotSlip(f"byte {piece[0]:#04x} is escaped, which SLIP does not know")
                self._packet.append(END if piece[0] == ESC_END else ESC)
                self._escaped = False
                rest = piece[1:]
            self._packet += rest
        if len(self._packet) > MAX_PACKET:
            raise NotSlip(f"a packet of more than {MAX_PACKET} bytes")


def _split(data: bytes) -> list[bytes]:
    """Runs of bytes and the ENDs between them."""
    parts: list[bytes] = []
    for number, run in enumerate(data.split(b"\xc0")):
        if number:
            parts.append(b"\xc0")
        if run:
            parts.append(run)
    return parts
