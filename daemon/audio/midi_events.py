"""A Standard MIDI File as its canonical event stream: what it plays, not how its bytes were laid out."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from pathlib import Path

import mido

from daemon.audio.binary import open_binary, shown
from daemon.kernel.errors import UnreadableAudio

_NAMES = frozenset(
    {"text", "copyright", "track_name", "instrument_name", "device_name", "sequencer_specific", "end_of_track"}
)
"""Meta events that say something about the music without being part of it."""


def canonical(data: bytes, path: Path) -> Iterator[bytes]:
    """Type and resolution, then for each track its events with absolute ticks, without running status.

    A note-on of velocity 0 is a note-off. Raises UnreadableAudio for a file that is no whole MIDI file.
    """
    midi = _parse(data, path)
    yield struct.pack("<HHH", midi.type, midi.ticks_per_beat & 0xFFFF, len(midi.tracks))
    for index, track in enumerate(midi.tracks):
        yield struct.pack("<4sH", b"trk\0", index)
        tick = 0
        for message in track:
            tick += message.time
            if message.is_meta and message.type in _NAMES:
                continue
            if message.type == "note_on" and message.velocity == 0:
                message = mido.Message("note_off", channel=message.channel, note=message.note, velocity=64)  # noqa: PLW2901
            body = bytes(message.bytes())
            yield struct.pack("<QI", tick, len(body)) + body


def length_s(path: Path) -> float:
    """From the start to the last event, in seconds, by the file's own tempo map."""
    with open_binary(path) as file:
        midi = _parse(file.read(), path)
    try:
        return float(midi.length)
    except ValueError as error:  # type 2: tracks that do not play together have no common length
        raise UnreadableAudio("a MIDI file of type 2 has no length", where=shown(path), why=error) from error


def _parse(data: bytes, path: Path) -> mido.MidiFile:
    try:
        midi = mido.MidiFile(file=io.BytesIO(data), clip=True)
    except (OSError, EOFError, ValueError, IndexError, KeyError, LookupError) as error:
        why = error if str(error) else "it ends in the middle of a track"
        raise UnreadableAudio("damaged or truncated MIDI file", where=shown(path), why=why) from error
    if not midi.tracks:
        raise UnreadableAudio("the MIDI file has no tracks", where=shown(path))
    return midi
