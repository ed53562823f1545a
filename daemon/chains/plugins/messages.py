"""What goes through the pipe between a host and its child: MessagePack, so that nothing a plug-in does to the child's
memory can make the host run anything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from daemon.kernel.errors import ErrorInfo


class Setup(msgspec.Struct, frozen=True, tag=True):
    """The first order: the chain that this child plays. {} for a child that only describes."""

    chain: dict[str, Any]


class Render(msgspec.Struct, frozen=True, tag=True):
    """See `daemon.chains.sound_file.Sound`. region: (start, length) in frames."""

    serial: int
    path: str
    out: str
    region: tuple[int, int | None] | None
    sound_class: str | None
    exact: bool


class Sing(msgspec.Struct, frozen=True, tag=True):
    """Play a MIDI file with the chain's instrument, then the rest of the chain."""

    serial: int
    path: str
    out: str
    rate_hz: int
    channels: int


class Names(msgspec.Struct, frozen=True, tag=True):
    """Which plug-ins a file has."""

    serial: int
    path: str


class Describe(msgspec.Struct, frozen=True, tag=True):
    serial: int
    path: str
    name: str


class Settings(msgspec.Struct, frozen=True, tag=True):
    """Write the settings that the chain's only plug-in has to `out`: as .vstpreset, else raw."""

    serial: int
    out: str


Order = Setup | Render | Sing | Names | Describe | Settings


class At(msgspec.Struct, frozen=True, tag=True):
    """A sign of life. plugin: whose turn it is from now on, "" for roadie's own work; None for no change."""

    fraction: float | None = None
    plugin: str | None = None


class Done(msgspec.Struct, frozen=True, tag=True):
    """answer: as plain data; what it is depends on the order."""

    serial: int
    answer: Any


class Failed(msgspec.Struct, frozen=True, tag=True):
    """fault: (plugin, file) when it was a plug-in's fault."""

    serial: int
    error: ErrorInfo
    fault: tuple[str, str] | None = None


Report = At | Done | Failed


def pack(message: Sequence[Order] | Report) -> bytes:
    """Orders go many at a time, reports one by one: each is a message."""
    return msgspec.msgpack.encode(message)


# made once: making one takes five times as long as reading a message
_orders: msgspec.msgpack.Decoder[list[Order]] = msgspec.msgpack.Decoder(list[Order])
_reports: msgspec.msgpack.Decoder[Report] = msgspec.msgpack.Decoder(Report)


def unpack_orders(data: bytes) -> list[Order]:
    return _orders.decode(data)


def unpack_report(data: bytes) -> Report:
    """Raises msgspec.MsgspecError for what is none."""
    return _reports.decode(data)
