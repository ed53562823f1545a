"""A Standard MIDI File as its canonical event stream: what it plays, not how its bytes were laid out."""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mido

from daemon.audio.binary import open_binary, shown
from daemon.kernel.errors import UnreadableAudio

_NAMES = frozenset(
    {"text", "copyright", "track_name", "instrument_name", "device_name", "sequencer_specific", "end_of_track"}
)
"""Meta events that say something about the music without being part of it."""
_KEY_SIGNATURE = re.compile(rb"\xff\x59\x02(..)", re.DOTALL)
_APART = 2  # type of a file whose tracks are pieces of their own
_DEFAULT_TEMPO = 500_000  # microseconds of a quarter note, until the file says another
_FRAME_RATES = {-24: 24.0, -25: 25.0, -29: 30_000 / 1001, -30: 30.0}
_LONGEST_TICKS = (1 << 28) - 1  # of a number of four bytes with seven bits each


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


def read(path: Path) -> mido.MidiFile:
    """The file as mido reads it. Raises UnreadableAudio for one that is no whole MIDI file, and as `open_binary`."""
    with open_binary(path) as file:
        return _parse(file.read(), path)


def timed(midi: mido.MidiFile, path: Path) -> Iterator[tuple[float, Any]]:
    """Each message of all tracks with its time in seconds from the start. path: for messages.

    The tempo counts from where it stands, but not where the file divides seconds instead of quarter notes. Raises
    UnreadableAudio for tracks that do not play together (type 2), which have no common time.
    """
    if midi.type == _APART:
        raise UnreadableAudio("a MIDI file of type 2, whose tracks do not play together", where=shown(path))
    fixed_s = _smpte_tick_s(midi.ticks_per_beat)
    tick_s = fixed_s or _beat_s(_DEFAULT_TEMPO) / midi.ticks_per_beat
    at_s = 0.0
    for message in midi.merged_track:
        at_s += message.time * tick_s
        yield at_s, message
        if message.type == "set_tempo" and fixed_s is None:
            tick_s = _beat_s(message.tempo) / midi.ticks_per_beat


def length_s(path: Path) -> float:
    """From the start to the last event, in seconds, by the file's own tempo map. Errors as `read` and `timed`."""
    last_s = 0.0
    for last_s, _ in timed(read(path), path):  # noqa: B007
        pass
    return last_s


def _beat_s(tempo: int) -> float:
    return tempo / 1e6


def _smpte_tick_s(division: int) -> float | None:
    """Seconds of a tick where the header's division says frames a second, as a negative upper byte, and ticks a frame
    (Standard MIDI Files 1.0); None where it says ticks a quarter note. 0 ticks, or another rate: ZeroDivisionError,
    KeyError."""
    if division > 0:
        return None
    return 1 / (_FRAME_RATES[division >> 8] * (division & 0xFF))


def _parse(data: bytes, path: Path) -> mido.MidiFile:
    if not data.startswith(b"MThd"):
        raise UnreadableAudio("this is no MIDI file", where=shown(path), why="it does not begin with MThd")
    try:
        midi = mido.MidiFile(file=io.BytesIO(_KEY_SIGNATURE.sub(_legal_key, data)), clip=True)
    except (OSError, EOFError, ValueError, LookupError, struct.error) as error:
        why = error if str(error) else "it ends in the middle of a track"
        raise UnreadableAudio("damaged or truncated MIDI file", where=shown(path), why=why) from error
    if not midi.tracks:
        raise UnreadableAudio("the MIDI file has no tracks", where=shown(path))
    _check_values(midi, path)
    return midi


def _check_values(midi: mido.MidiFile, path: Path) -> None:
    if midi.type not in range(_APART + 1):
        raise UnreadableAudio(
            "damaged MIDI file", where=shown(path), why=f"its type is {midi.type}, not 0 to 2"
        )
    try:
        _smpte_tick_s(midi.ticks_per_beat)
    except (KeyError, ZeroDivisionError) as error:
        raise UnreadableAudio(
            "damaged MIDI file", where=shown(path), why=f"its time division is {midi.ticks_per_beat}"
        ) from error
    if any(message.time > _LONGEST_TICKS for track in midi.tracks for message in track):
        raise UnreadableAudio("damaged MIDI file", where=shown(path), why="a time of more than four bytes")


def _legal_key(found: re.Match[bytes]) -> bytes:
    """C major for a key signature that is none: mido would not read the notes around it."""
    sharps, minor = struct.unpack("bB", found[1])
    return found[0] if -7 <= sharps <= 7 and minor in (0, 1) else found[0][:3] + b"\0\0"
