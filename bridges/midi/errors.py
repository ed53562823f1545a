"""Why there is no MIDI."""

from __future__ import annotations

from daemon.kernel.errors import RoadieError


class NoMidi(RoadieError):
    """This system has no MIDI, or none that we may use; everything else works."""

    code = "no_midi"
