"""From bytes to messages, and back.

Reading is our own and strict, because whoever can reach the port decides what is read: python-osc's reader takes
quadratic time on a long message, recurses as deep as bundles nest, does not end on an element of negative size, and
goes on after a type that it does not know. Writing is ours because a burst of feedback is written on the event loop,
and python-osc's builder takes some ten times as long. Format: Open Sound Control 1.0.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Argument = int | float | str | bytes | bool | None

BUNDLE = b"#bundle\0"
AT_ONCE = 1
MAX_DEPTH = 8
MAX_MESSAGES = 1024
MAX_ARGUMENTS = 64
"""Far above what any surface sends, and low enough that no datagram is work for long."""
_INT, _FLOAT = struct.Struct(">i"), struct.Struct(">f")
_NTP_EPOCH_S = 2_208_988_800
"""From 1900, where OSC counts from, to 1970."""


class BadPacket(Exception):
    """Not OSC. address: of the message at fault, as far as it could be read."""

    def __init__(self, why: str, address: str = "") -> None:
        self.address = address
        super().__init__(why)


class TooMuch(BadPacket):
    """OSC, but more of it than is read."""


@dataclass(frozen=True, slots=True)
class Message:
    """tags: one letter for each argument, as it was sent. at_s: seconds since 1970, None for at once."""

    address: str
    args: tuple[Argument, ...] = ()
    tags: str = ""
    at_s: float | None = None


def decode(data: bytes) -> list[Message]:
    """The messages of a packet in their order, those of bundles with their time. Raises BadPacket."""
    if not data.startswith(BUNDLE):
        return [_message(data, None)]
    found: list[Message] = []
    waiting: list[tuple[bytes, int, int | None]] = [(data, 0, None)]
    while waiting:
        packet, depth, at = waiting.pop()
        if not packet.startswith(BUNDLE):
            found.append(_message(packet, at))
        elif depth >= MAX_DEPTH:
            raise TooMuch(f"bundles nest deeper than {MAX_DEPTH}")
        else:
            elements, inner = _elements(packet)
            inner = inner if at is None else max(inner, at)  # never before the bundle around it
            # The last in is the first out, so that the order of sending is kept.
            waiting += [(element, depth + 1, inner) for element in reversed(elements)]
        if len(found) + len(waiting) > MAX_MESSAGES:
            raise TooMuch(f"more than {MAX_MESSAGES} messages in one packet")
    return found


def encode(address: str, *args: int | float | str) -> bytes:
    """One message. ints are `i`, floats `f`, text `s`; text that UTF-8 cannot carry is escaped."""
    tags, body = ",", b""
    for value in args:
        if isinstance(value, str):
            tags += "s"
            body += _padded(_sendable(value))
        elif isinstance(value, int):
            tags += "i"
            body += _INT.pack(value)
        else:
            tags += "f"
            body += _FLOAT.pack(value)
    return _padded(address.encode()) + _padded(tags.encode()) + body


def bundle(packets: list[bytes]) -> bytes:
    """Packets to be read together and at once."""
    head = BUNDLE + struct.pack(">Q", AT_ONCE)
    return head + b"".join(struct.pack(">i", len(packet)) + packet for packet in packets)


def _sendable(text: str) -> bytes:
    """File names may hold bytes that are no UTF-8; a NUL would end the string."""
    return text.encode("utf-8", "backslashreplace").replace(b"\0", b"\\0")


def _padded(text: bytes) -> bytes:
    """Ended by a NUL, and by more up to four bytes."""
    return text + b"\0" * (4 - len(text) % 4)


def _elements(packet: bytes) -> tuple[list[bytes], int]:
    if len(packet) < 16:
        raise BadPacket("a bundle without a time tag")
    (at,) = struct.unpack_from(">Q", packet, 8)
    elements: list[bytes] = []
    index = 16
    while index < len(packet):
        if index + 4 > len(packet):
            raise BadPacket("a bundle ends in the middle of a size")
        (size,) = struct.unpack_from(">i", packet, index)
        index += 4
        if size <= 0 or size % 4 or index + size > len(packet):
            raise BadPacket(f"an element of a bundle says that it is {size} bytes long, which cannot be")
        elements.append(packet[index : index + size])
        if len(elements) > MAX_MESSAGES:
            raise TooMuch(f"more than {MAX_MESSAGES} messages in one packet")
        index += size
    return elements, at


def _message(data: bytes, at: int | None) -> Message:
    if not data.startswith(b"/"):
        raise BadPacket("an OSC packet begins with / or #bundle")
    if len(data) % 4:
        raise BadPacket("the size of an OSC packet is a multiple of 4")
    address, index = _text(data, 0, "")
    if index == len(data):
        return Message(address, at_s=_seconds(at))  # very old senders leave the type tags out
    tags, index = _text(data, index, address)
    if not tags.startswith(","):
        raise BadPacket("the type tags do not begin with a comma", address)
    tags = tags[1:]
    if len(tags) > MAX_ARGUMENTS:
        raise TooMuch(f"more than {MAX_ARGUMENTS} arguments", address)
    args: list[Argument] = []
    for tag in tags:
        read = _READ.get(tag)
        if read is None:
            raise BadPacket(f"arguments of type {tag!r} are not understood", address)
        try:
            value, index = read(data, index, address)
        except struct.error as error:
            raise BadPacket("the packet ends in the middle of an argument", address) from error
        args.append(value)
    if index != len(data):
        raise BadPacket("there is more in the packet than its type tags say", address)
    return Message(address, tuple(args), tags, _seconds(at))


def _seconds(at: int | None) -> float | None:
    return None if at is None or at == AT_ONCE else at / 2**32 - _NTP_EPOCH_S


def _text(data: bytes, start: int, address: str) -> tuple[str, int]:
    end = data.find(b"\0", start)
    if end < 0:
        raise BadPacket("a text does not end", address)
    try:
        text = data[start:end].decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadPacket(f"a text is not UTF-8 ({error.reason} at byte {error.start})", address) from error
    after = (end // 4 + 1) * 4
    if after > len(data):
        raise BadPacket("a text is not filled up to four bytes", address)
    return text, after


def _blob(data: bytes, start: int, address: str) -> tuple[bytes, int]:
    (size,) = struct.unpack_from(">i", data, start)
    after = start + 4 + (size + 3) // 4 * 4
    if size < 0 or after > len(data):
        raise BadPacket(f"a blob says that it is {size} bytes long, which cannot be", address)
    return data[start + 4 : start + 4 + size], after


def _number(shape: str) -> Callable[[bytes, int, str], tuple[Any, int]]:
    parser = struct.Struct(shape)

    def read(data: bytes, start: int, _address: str) -> tuple[Any, int]:
        return parser.unpack_from(data, start)[0], start + parser.size

    return read


def _constant(value: Argument) -> Callable[[bytes, int, str], tuple[Any, int]]:
    def read(_data: bytes, start: int, _address: str) -> tuple[Any, int]:
        return value, start

    return read


_READ: dict[str, Callable[[bytes, int, str], tuple[Any, int]]] = {
    "i": _number(">i"), "h": _number(">q"), "f": _number(">f"), "d": _number(">d"), "t": _number(">Q"),
    "r": _number(">I"), "c": _number(">I"), "m": _number(">I"),
    "s": _text, "S": _text, "b": _blob,
    "T": _constant(True), "F": _constant(False), "N": _constant(None),
    "I": _constant(True),  # impulse: something happened, as of a button
}  # fmt: skip
