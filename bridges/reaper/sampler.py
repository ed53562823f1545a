"""ReaSamplOmatic5000 as it stands in a project: a header, its state, and the name of its preset, each in base64.

The state is undocumented. What is known of it, from projects that REAPER wrote: the sample's path in UTF-8, a zero
byte, then its first sixteen parameters as little-endian doubles in the order in which the plug-in lists them (0 volume,
1 pan, 2 gain for minimum velocity, 3 and 4 the note range, 5 and 6 its pitch, 7 MIDI channel, 8 voices, 9 attack,
10 release, 11 obey note-offs, 12 loop, 13 and 14 start and end of the sample, 15 pitch offset), then its mode as a
32-bit number (1: plays as recorded, whichever note), and a tail that is kept as REAPER writes it for a new one.
"""

from __future__ import annotations

import base64
import struct
from pathlib import Path

from bridges.reaper.rpp_text import block, quoted

NAME = "VSTi: ReaSamplOmatic5000 (Cockos)"
_ID = "1920167789<56535472736F6D72656173616D706C6F>"
"""By this number REAPER finds the plug-in; its file is called differently on each system."""
_FILE = "reasamplomatic.dll"
_AS_RECORDED = 1
_LINE = 96  # bytes: 128 characters of base64, as REAPER breaks lines
_HEADER = bytes.fromhex("6d6f7372ee5eedfe000000000200000001000000000000000200000000000000")
_REST = (0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.016010673782521682, 1.0, 0.00025, 0.0)
_PRESET = base64.b64encode(bytes.fromhex("000010000000")).decode()


def state(sample: Path, note: int) -> bytes:
    """A sample on one MIDI note, played to its end as it was recorded."""
    parameters = (
        1.0, 0.5, 1.0, note / 127, note / 127, 0.5, 0.5, 0.0, 0.2, 0.0005, 0.0005, 0.0, 0.0, 0.0, 1.0, 0.5,
    )  # fmt: skip
    tail = struct.pack("<iddidi11d", _AS_RECORDED, 0.0, 1.0, 64, 1 / 6, -1, *_REST)
    return str(sample).encode("utf-8", "surrogateescape") + b"\0" + struct.pack("<16d", *parameters) + tail


def sample_of(content: bytes) -> Path:
    """The sample that a state names."""
    return Path(content.partition(b"\0")[0].decode("utf-8", "surrogateescape"))


def chunk(sample: Path, note: int, title: str) -> list[str]:
    """The plug-in's block in an FX chain. title: what the FX list calls it."""
    content = state(sample, note)
    header = _HEADER + struct.pack("<I", len(content)) + bytes.fromhex("0100000000001000")
    parts = [content[at : at + _LINE] for at in range(0, len(content), _LINE)]
    lines = [base64.b64encode(part).decode() for part in (header, *parts)]
    return block(f'VST {quoted(NAME)} {_FILE} 0 {quoted(title)} {_ID} ""', [*lines, _PRESET])
