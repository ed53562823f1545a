"""Reads the metadata chunks of a WAV back: the layouts are those of the specifications that
`daemon.audio.chunk_bodies` names, written down here a second time."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from xml.etree import ElementTree as Xml

from daemon.audio import chunk_bodies as bodies
from daemon.audio.chunks import Chunk

_BEXT = struct.Struct("<256s32s32s10s8sQH64s5h180s")
_NO_LOUDNESS = 0x7FFF
_SMPL = struct.Struct("<9I")
_SMPL_LOOP = struct.Struct("<6I")
_CUE_POINT = struct.Struct("<II4sIII")
_ACID = struct.Struct("<IHHfIHHf")


def parse_bext(chunk: Chunk) -> bodies.Bext:
    fields = _BEXT.unpack_from(chunk.body)
    description, originator, reference, date, time = (_text(field) for field in fields[:5])
    return bodies.Bext(
        description,
        originator,
        reference,
        date,
        time,
        time_reference_frames=fields[5],
        loudness_lufs=_from_hundredths(fields[8], fields[6]),
        true_peak_dbtp=_from_hundredths(fields[10], fields[6]),
        coding_history=_text(chunk.body[_BEXT.size :]),
    )


def parse_smpl(chunk: Chunk) -> bodies.Sampler:
    fields = _SMPL.unpack_from(chunk.body)
    count = min(fields[7], (len(chunk.body) - _SMPL.size) // _SMPL_LOOP.size)
    loops = [_SMPL_LOOP.unpack_from(chunk.body, _SMPL.size + i * _SMPL_LOOP.size) for i in range(count)]
    rate = round(1e9 / fields[2]) if fields[2] else 0
    cents = 100 * fields[4] / (1 << 32)  # above the note
    return bodies.Sampler(fields[3], rate, tuple(bodies.Loop(loop[2], loop[3]) for loop in loops), cents)


def parse_cue(chunks: Sequence[Chunk]) -> list[bodies.Marker]:
    """Markers from all chunks of a file, in the order of the `cue ` chunk."""
    points = next((chunk.body for chunk in chunks if chunk.id == b"cue "), b"")
    labels: dict[int, str] = {}
    lengths: dict[int, int] = {}
    for chunk in chunks:
        for name, body in bodies.info_parts(chunk.body) if chunk.list_type == b"adtl" else ():
            if name == b"labl" and len(body) > 4:
                labels[int.from_bytes(body[:4], "little")] = _text(body[4:])
            elif name == b"ltxt" and len(body) >= 8:
                lengths[int.from_bytes(body[:4], "little")] = int.from_bytes(body[4:8], "little")
    found = [
        _CUE_POINT.unpack_from(points, at)
        for at in range(4, len(points) - _CUE_POINT.size + 1, _CUE_POINT.size)
    ]
    return [bodies.Marker(point[5], labels.get(point[0], ""), lengths.get(point[0])) for point in found]


def parse_info(chunk: Chunk) -> dict[str, str]:
    return {name.decode("latin-1"): _text(body) for name, body in bodies.info_parts(chunk.body)}


def parse_acid(chunk: Chunk) -> bodies.Acid:
    flags, root, _, _, beats, denominator, numerator, bpm = _ACID.unpack_from(chunk.body)
    note = root if flags & 2 else None
    return bodies.Acid(bool(flags & 1), beats, bpm, note, (numerator, denominator))


def parse_ixml_user(chunk: Chunk) -> dict[str, str]:
    user = Xml.fromstring(chunk.body.rstrip(b"\0")).find("USER")
    return {} if user is None else {element.tag: element.text or "" for element in user}


def _text(raw: bytes) -> str:
    return raw.split(b"\0", 1)[0].decode("utf-8")


def _from_hundredths(value: int, version: int) -> float | None:
    return None if version < 2 or value == _NO_LOUDNESS else value / 100
