"""Bodies of the metadata chunks of WAV, as roadie writes them.

Sources: bext EBU Tech 3285 v2; smpl and cue, LIST adtl and LIST INFO of the Multimedia Programming Interface and
Data Specifications 1.0 (Microsoft, IBM 1991) and its 1994 supplement; acid as libsndfile and REAPER read it;
iXML 2.0 (gallery.co.uk/ixml).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from daemon.audio.chunks import Chunk
from daemon.kernel.errors import BadParameter

_BEXT = struct.Struct("<256s32s32s10s8sQH64s5h180s")
_NO_LOUDNESS = 0x7FFF
_SMPL = struct.Struct("<9I")
_SMPL_LOOP = struct.Struct("<6I")
_AUDIBLE_CENTS = 5.0
_CUE_POINT = struct.Struct("<II4sIII")
_ACID = struct.Struct("<IHHfIHHf")
_ACID_ONE_SHOT, _ACID_ROOT, _ACID_STRETCH = 1, 2, 4
_REGION_PURPOSE = b"rgn "


@dataclass(frozen=True, slots=True)
class Bext:
    """Broadcast extension. time_reference_frames: position on the timeline since midnight. loudness_lufs and
    true_peak_dbtp: None when not stated."""

    description: str = ""
    originator: str = ""
    originator_reference: str = ""
    date: str = ""  # YYYY-MM-DD
    time: str = ""  # HH:MM:SS
    time_reference_frames: int = 0
    loudness_lufs: float | None = None
    true_peak_dbtp: float | None = None
    coding_history: str = ""


@dataclass(frozen=True, slots=True)
class Loop:
    """start_frame, end_frame: first and last frame played (the end is inclusive)."""

    start_frame: int
    end_frame: int


@dataclass(frozen=True, slots=True)
class Sampler:
    """root_note: MIDI number at which the sample sounds as recorded. cents: of the sample from that note, -50..50."""

    root_note: int
    rate_hz: int
    loops: tuple[Loop, ...] = ()
    cents: float = 0.0


@dataclass(frozen=True, slots=True)
class Marker:
    """A cue point; a region when length_frames is given."""

    frame: int
    label: str = ""
    length_frames: int | None = None


@dataclass(frozen=True, slots=True)
class Acid:
    """Loop information that DAWs stretch by. beats and bpm are 0 for a one-shot."""

    one_shot: bool
    beats: int = 0
    bpm: float = 0.0
    root_note: int | None = None
    meter: tuple[int, int] = (4, 4)


def bext(value: Bext) -> Chunk:
    loudness = [_hundredths(value.loudness_lufs), _NO_LOUDNESS, _hundredths(value.true_peak_dbtp)]
    head = _BEXT.pack(
        _ascii(value.description, 256),
        _ascii(value.originator, 32),
        _ascii(value.originator_reference, 32),
        _ascii(value.date, 10),
        _ascii(value.time, 8),
        value.time_reference_frames,
        2,
        b"",
        *loudness,
        _NO_LOUDNESS,
        _NO_LOUDNESS,
        b"",
    )
    return Chunk(b"bext", head + value.coding_history.encode("ascii", "replace"))


def smpl(value: Sampler) -> Chunk:
    period_ns = round(1e9 / value.rate_hz)
    note, fraction = _unity(value)
    body = _SMPL.pack(0, 0, period_ns, note, fraction, 0, 0, len(value.loops), 0)
    for index, loop in enumerate(value.loops):
        body += _SMPL_LOOP.pack(index, 0, loop.start_frame, loop.end_frame, 0, 0)
    return Chunk(b"smpl", body)


def _unity(value: Sampler) -> tuple[int, int]:
    """(note, fraction above it, of which 2**32 are a semitone): what is below a note is above the one before. Readers
    that know no fraction would be off by all of it, so what nobody hears is left out."""
    cents = value.cents if abs(value.cents) >= _AUDIBLE_CENTS else 0.0
    note, fraction = divmod(100 * value.root_note + cents, 100)
    return max(int(note), 0), round(fraction / 100 * (1 << 32))


def cue(markers: Sequence[Marker]) -> list[Chunk]:
    """The `cue ` chunk and the LIST adtl with labels and region lengths."""
    points = struct.pack("<I", len(markers))
    notes = b"adtl"
    for number, marker in enumerate(markers, start=1):
        points += _CUE_POINT.pack(number, marker.frame, b"data", 0, 0, marker.frame)
        if marker.label:
            notes += sub_chunk(b"labl", struct.pack("<I", number) + marker.label.encode("utf-8") + b"\0")
        if marker.length_frames is not None:
            notes += sub_chunk(
                b"ltxt", struct.pack("<II4s4H", number, marker.length_frames, _REGION_PURPOSE, 0, 0, 0, 0)
            )
    return [Chunk(b"cue ", points), Chunk(b"LIST", notes)]


def info(values: Mapping[str, str]) -> Chunk:
    """LIST INFO from ids such as INAM, IART, ISFT to texts (UTF-8)."""
    body = b"INFO"
    for name, text in values.items():
        if len(name) != 4 or not name.isascii():
            raise BadParameter(f"{name!r} is not a four-letter INFO id")
        body += sub_chunk(name.encode("ascii"), text.encode("utf-8") + b"\0")
    return Chunk(b"LIST", body)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a LIST: its bytes stand in the list's body from start to end, padding included."""

    name: bytes
    text: bytes
    start: int
    end: int

    @property
    def padded(self) -> bool:
        return (self.end - self.start) % 2 == 0


def list_entries(body: bytes) -> list[Entry] | None:
    """The entries of a LIST's body in order; None when they do not fill it to its end. Some programs write no pad byte
    after an odd size: an entry begins where all of the rest can be read from there."""
    stack: list[tuple[int, tuple[Entry, ...]]] = [(4, ())]
    seen: set[int] = set()
    while stack:
        at, found = stack.pop()
        if not body[at:].strip(b"\0"):
            return list(found)
        if at in seen or at + 8 > len(body) or not all(0x20 <= byte < 0x7F for byte in body[at : at + 4]):
            continue
        seen.add(at)
        size = int.from_bytes(body[at + 4 : at + 8], "little")
        end = at + 8 + size
        for pad in (0, 1) if size & 1 else (0,):  # what is put last is tried first
            if end + pad <= len(body):
                entry = Entry(body[at : at + 4], body[at + 8 : end], at, end + pad)
                stack.append((end + pad, (*found, entry)))
    return None


def info_parts(body: bytes) -> list[tuple[bytes, bytes]]:
    """(id, raw text) of each entry of a LIST's body, in order."""
    return [(entry.name, entry.text) for entry in list_entries(body) or ()]


def acid(value: Acid) -> Chunk:
    flags = _ACID_ONE_SHOT if value.one_shot else _ACID_STRETCH
    flags |= _ACID_ROOT if value.root_note is not None else 0
    root = 60 if value.root_note is None else value.root_note
    numerator, denominator = value.meter
    beats = 0 if value.one_shot else value.beats
    return Chunk(b"acid", _ACID.pack(flags, root, 0x8000, 0.0, beats, denominator, numerator, value.bpm))


def ixml(project: str, user: Mapping[str, str], note: str = "") -> Chunk:
    """iXML with a USER element that holds one element for each key (letters, digits and `_`)."""
    rows = []
    for key, value in user.items():
        if not key.replace("_", "").isalnum() or not key.isascii() or key[0].isdigit():
            raise BadParameter(f"{key!r} cannot be an element of iXML")
        rows.append(f"    <{key}>{_xml_text(value)}</{key}>\n")
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<BWFXML>\n  <IXML_VERSION>2.0</IXML_VERSION>\n'
        f"  <PROJECT>{_xml_text(project)}</PROJECT>\n  <NOTE>{_xml_text(note)}</NOTE>\n"
        f"  <USER>\n{''.join(rows)}  </USER>\n</BWFXML>\n"
    )
    return Chunk(b"iXML", text.encode("utf-8"))


def sub_chunk(name: bytes, body: bytes) -> bytes:
    """An entry of a LIST: id, size, body, and a pad byte after an odd size."""
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) & 1)


def _ascii(text: str, size: int) -> bytes:
    return text.encode("ascii", "replace")[:size]


def _xml_text(text: str) -> str:
    return escape("".join(c for c in text if c >= " " or c in "\t\n"))


def _hundredths(value: float | None) -> int:
    return _NO_LOUDNESS if value is None else max(-0x8000, min(_NO_LOUDNESS - 1, round(value * 100)))
