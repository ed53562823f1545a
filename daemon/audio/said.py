"""What a file says of its sound already, wherever in it that stands: so that nothing is written that contradicts it."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.sax.saxutils import unescape

import mutagen
from mutagen.apev2 import APEv2
from mutagen.id3 import ID3

from daemon.audio.chunk_bodies import info_parts
from daemon.audio.chunks import Chunk, read_chunks
from daemon.audio.sniff import sniff

GENRE, CLASS, BPM, KEY, ROOT_NOTE = FACTS = ("genre", "class", "bpm", "key", "root_note")
_NAMES = {
    "tcon": GENRE, "tbpm": BPM, "tkey": KEY, "initialkey": KEY, "tempo": BPM, "tmpo": BPM, "\xa9gen": GENRE,
    "ignr": GENRE, **{fact: fact for fact in FACTS},
}  # fmt: skip
"""Of ID3 frames, their free texts, Vorbis comments, MP4 atoms, INFO and iXML, in small letters."""
_ITUNES = "----:com.apple.itunes:"
_ACID_ROOT = 2
_SMPL_NOTE_AT, _SMPL_FRACTION_AT, _ACID_TEMPO_AT = 12, 16, 20
_ROUNDED = 0.51
"""Some places hold a whole number of beats per minute."""


def said(path: Path) -> dict[str, list[str]]:
    """The texts that a file has for each of FACTS. A part of it that cannot be read says nothing."""
    found: dict[str, list[str]] = {}
    for name, text in _texts(path):
        fact = _NAMES.get(name.lower().removeprefix(_ITUNES))
        if fact is not None and (text := text.strip("\0 ")):
            found.setdefault(fact, []).append(text)
    return found


def agrees(fact: str, value: object, text: str) -> bool:
    """Whether a text of a file says what `value` does."""
    if fact in (BPM, ROOT_NOTE):
        try:
            return abs(float(str(value)) - float(text)) < _ROUNDED
        except ValueError:
            return False
    if fact == KEY:
        return _key(str(value)) == _key(text)
    return str(value).casefold() == text.casefold()


def _key(text: str) -> str:
    """`A minor` and `Amin` as `Am`."""
    return re.sub(r"\s*(?:major|maj)$", "", re.sub(r"\s*(?:minor|min)$", "m", text.strip()))


def _texts(path: Path) -> Iterator[tuple[str, str]]:
    container = sniff(path)
    if container in ("wav", "rf64"):
        for chunk in read_chunks(path):
            yield from _of_chunk(chunk)
        return
    readers = (_id3, APEv2) if container == "mp3" else (_tags,)
    for read in readers:
        try:
            tags = read(path)
        except mutagen.MutagenError:
            continue
        yield from _of_frames(tags) if isinstance(tags, ID3) else _of_comments(tags or {})


def _id3(path: Path) -> ID3:
    return ID3(path, translate=False)


def _tags(path: Path) -> Any:
    return getattr(mutagen.File(path), "tags", None)


def _of_chunk(chunk: Chunk) -> Iterator[tuple[str, str]]:
    body = chunk.body
    if chunk.list_type == b"INFO":
        yield from (
            (name.decode("latin-1"), text.decode("utf-8", "replace")) for name, text in info_parts(body)
        )
    elif chunk.id == b"iXML":
        user = body.partition(b"<USER>")[2].partition(b"</USER>")[0].decode("utf-8", "replace")
        yield from ((name, unescape(value)) for name, value in re.findall(r"<(\w+)>([^<]*)</\1>", user))
    elif chunk.id == b"smpl" and len(body) >= _SMPL_FRACTION_AT + 4:
        note, fraction = struct.unpack_from("<II", body, _SMPL_NOTE_AT)
        yield from [(ROOT_NOTE, f"{note + fraction / (1 << 32):g}")] if note else []
    elif chunk.id == b"acid" and len(body) >= _ACID_TEMPO_AT + 4:
        flags, note = struct.unpack_from("<IH", body)
        tempo = struct.unpack_from("<f", body, _ACID_TEMPO_AT)[0]
        yield from [(ROOT_NOTE, str(note))] if flags & _ACID_ROOT else []
        yield from [(BPM, f"{tempo:g}")] if tempo > 0 else []
    elif chunk.id.lower() == b"id3 ":
        try:
            yield from _of_frames(ID3(BytesIO(body), translate=False))
        except mutagen.MutagenError:
            return


def _of_frames(frames: ID3) -> Iterator[tuple[str, str]]:
    for frame in frames.values():
        name = frame.desc if frame.FrameID == "TXXX" else frame.FrameID
        texts = frame.genres if frame.FrameID == "TCON" else getattr(frame, "text", ())
        yield from ((name, str(text)) for text in texts)


def _of_comments(tags: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, texts in tags.items():
        for text in texts if isinstance(texts, list) else [texts]:
            yield name, text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
