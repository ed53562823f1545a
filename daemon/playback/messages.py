"""What goes between the daemon and the playing process: JSON, one to a line."""

from __future__ import annotations

import msgspec


class Play(msgspec.Struct, frozen=True, tag="play"):
    """One file from its start, instead of whatever plays. serial: names it in reports. gain: linear."""

    serial: int
    path: str
    gain: float = 1.0


class Pad(msgspec.Struct, frozen=True):
    """A file on a MIDI note, for velocities from low to high."""

    note: int
    path: str
    low: int = 1
    high: int = 127


class Kit(msgspec.Struct, frozen=True, tag="kit"):
    """What the keys play from now on."""

    serial: int
    pads: list[Pad]


class Hit(msgspec.Struct, frozen=True, tag="hit"):
    """A key of the kit, struck. velocity: 1 to 127."""

    note: int
    velocity: int


class Stop(msgspec.Struct, frozen=True, tag="stop"):
    """Silence, without a click."""


Order = Play | Kit | Hit | Stop


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """The first report. latency_s: from a rendered block to the output, as the system tells it."""

    device: str
    rate_hz: int
    latency_s: float


class NoOutput(msgspec.Struct, frozen=True, tag="no_output"):
    """The first report where nothing can be heard. The process ends then."""

    why: str
    hint: str


class Begun(msgspec.Struct, frozen=True, tag="begun"):
    """A Play or a Kit can be heard, or a Play was overtaken by another or a Stop. failed: files of pads that cannot be
    heard, and why."""

    serial: int
    failed: dict[str, str] = {}


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    serial: int
    code: str
    message: str


Report = Ready | NoOutput | Begun | Failed

encode = msgspec.json.encode
read_order = msgspec.json.Decoder(Order)
read_report = msgspec.json.Decoder(Report)
