"""How the MIDI bridge is set up."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MidiSettings:
    """name: of our port; on Windows, which has no virtual ports, of the port to open. devices: patterns
    ("Launchpad*") of ports to open besides, whenever they are plugged in. pads_channel: 1 to 16, whose notes play
    the kit. clock: whether MIDI clock, start and stop tell what the DAW does. jack: through JACK, not ALSA."""

    name: str = "roadie"
    devices: tuple[str, ...] = ()
    pads_channel: int = 10
    clock: bool = True
    jack: bool = False
    look_every_s: float = 3.0
