"""The notes file, a JSON document.

    {"version": 1, "stem": "bass", "mode": "mono", "length_s": 12.5,
     "notes": [{"start_s": 0.31, "end_s": 0.72, "pitch": 40, "velocity": 96, "confidence": 0.83,
                "bends": [[0.31, 4.2], ...]}]}

Times are seconds from the beginning of the audio (of the region, when there was one); pitch is a MIDI number;
velocity is 1..127; confidence is 0..1; a bend is (time in seconds, cents from the pitch), valid until the next.
Notes are sorted by start, then pitch. stem is "" when the file was none; mode is "raw", "mono" or "poly".
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from daemon.engines.protocol import Note
from daemon.kernel.errors import InputError

VERSION = 1


class NoteEntry(msgspec.Struct, frozen=True):
    start_s: float
    end_s: float
    pitch: int
    velocity: int
    confidence: float
    bends: list[tuple[float, float]] = []


class NotesFile(msgspec.Struct, frozen=True):
    version: int
    stem: str
    mode: str
    length_s: float
    notes: list[NoteEntry]


def entry(note: Note) -> NoteEntry:
    """Times to 0.1 ms, bends to 0.1 cent: finer than anything heard, and half the file."""
    return NoteEntry(
        start_s=round(note.start_s, 4),
        end_s=round(note.end_s, 4),
        pitch=note.pitch,
        velocity=note.velocity,
        confidence=round(note.confidence, 4),
        bends=[(round(time_s, 4), round(cents, 1)) for time_s, cents in note.bends],
    )


def write(path: Path, document: NotesFile) -> None:
    path.write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=1))


def read(path: Path) -> NotesFile:
    """Raises InputError for a file that is not a notes file of this version."""
    try:
        document = msgspec.json.decode(path.read_bytes(), type=NotesFile)
    except (msgspec.DecodeError, OSError) as error:
        raise InputError("not a notes file", where=path, why=error) from error
    if document.version != VERSION:
        raise InputError(
            f"a notes file of version {document.version}", where=path, hint="Run the step notes again"
        )
    return document
