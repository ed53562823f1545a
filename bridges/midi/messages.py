"""What goes between the daemon and the process that has the MIDI ports: JSON, one to a line."""

from __future__ import annotations

import msgspec


class Setup(msgspec.Struct, frozen=True):
    """What the process is started with; see `MidiSettings`."""

    name: str
    devices: tuple[str, ...]
    jack: bool
    look_every_s: float


class Send(msgspec.Struct, frozen=True, tag="send"):
    """A message for everything that is connected. The only order there is."""

    data: bytes


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """The first report: our port is there."""


class NoPorts(msgspec.Struct, frozen=True, tag="no_ports"):
    """There is no MIDI, or none any more, as `NoMidi`; the process ends then."""

    what: str
    where: str | None
    why: str | None
    hint: str | None


class Received(msgspec.Struct, frozen=True, tag="received"):
    """One message that arrived. port: the device's name as in `Devices`, or our own port's."""

    port: str
    data: bytes


class Devices(msgspec.Struct, frozen=True, tag="devices"):
    """The devices that are open now, whenever that has changed."""

    names: list[str]


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """A device that cannot be opened, or a port that a message could not be sent to."""

    why: str


Report = Ready | NoPorts | Received | Devices | Refused

encode = msgspec.json.encode
read_order = msgspec.json.Decoder(Send)
read_report = msgspec.json.Decoder(Report)
read_setup = msgspec.json.Decoder(Setup)
