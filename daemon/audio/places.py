"""The places of a file where something is said of its sound, each with the text that stands in it."""

from __future__ import annotations

import re
import struct
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from xml.sax.saxutils import unescape

import mutagen
from mutagen.apev2 import APEv2
from mutagen.id3 import TCON

from daemon.audio.chunk_bodies import info_parts
from daemon.audio.chunks import Chunk, read_chunks
from daemon.audio.id3_frames import with_earlier
from daemon.audio.id3_raw import RawTag, parse
from daemon.audio.mp3_tag import mp3_tag
from daemon.audio.sniff import sniff
from daemon.audio.tag_facts import AND

GENRE, CLASS, BPM, KEY, ROOT_NOTE = FACTS = ("genre", "class", "bpm", "key", "root_note")
_NAMES = {
    "tcon": GENRE, "tbpm": BPM, "tkey": KEY, "initialkey": KEY, "tempo": BPM, "tmpo": BPM, "\xa9gen": GENRE,
    "ignr": GENRE, **{fact: fact for fact in FACTS},
}  # fmt: skip
"""Of ID3 frames, their free texts, Vorbis comments, MP4 atoms, INFO and iXML, in small letters."""
_ITUNES = "----:com.apple.itunes:"
_ACID_ROOT = 2
_ACID_TEMPO_AT = 20
DESCRIPTION, ORIGINATOR = slice(0, 256), slice(256, 288)
UNITY_NOTE = slice(12, 20)  # with the part of a semitone above it


@dataclass(frozen=True, slots=True)
class Place:
    """name: of one place of the file, the same in every file of its kind. text: all that stands there, several texts
    with AND between them; hexadecimal where it is no text. says: (one of FACTS, the text) for each that it is about."""

    name: str
    text: str
    says: tuple[tuple[str, str], ...] = ()


def places(path: Path) -> list[Place]:
    """Every place but those that say nothing. A part of the file that cannot be read has none."""
    return [place for place in _places(path) if place.text]


def texts_of(found: Iterable[Place]) -> dict[str, str]:
    """What stands where, by the names of the places."""
    return {place.name: place.text for place in found}


def _places(path: Path) -> Iterator[Place]:
    container = sniff(path)
    if container in ("wav", "rf64", "aiff"):
        yield from _of_chunks(read_chunks(path))
    elif container == "mp3":
        with suppress(mutagen.MutagenError):  # its other tag is read all the same
            yield from _of_frames(with_earlier(*mp3_tag(path)), "ID3")
        yield from _of_mutagen(lambda: APEv2(path), "APEv2")
    else:
        yield from _of_mutagen(lambda: getattr(mutagen.File(path), "tags", None), "tag")


def _of_chunks(chunks: Iterable[Chunk]) -> Iterator[Place]:
    """Of several chunks of a kind, writing changes the first alone."""
    count: Counter[tuple[bytes, bytes]] = Counter()
    for chunk in chunks:
        kind = (chunk.id.lower(), chunk.list_type)
        count[kind] += 1
        for place in _of_chunk(chunk):
            yield place if count[kind] == 1 else replace(place, name=f"{place.name} {count[kind]}")


def _of_chunk(chunk: Chunk) -> Iterator[Place]:
    body = chunk.body
    if chunk.list_type == b"INFO":
        yield from (_text(f"INFO {name}", name, text) for name, text in info_texts(body).items())
    elif chunk.id == b"iXML":
        yield from (_text(f"iXML {name}", name, text) for name, text in ixml_texts(body).items())
    elif chunk.id == b"bext":
        yield Place("bext description", bext_text(body, DESCRIPTION))
        yield Place("bext originator", bext_text(body, ORIGINATOR))
    elif chunk.id == b"smpl" and len(body) >= UNITY_NOTE.stop:
        note, fraction = struct.unpack("<II", body[UNITY_NOTE])
        says = ((ROOT_NOTE, f"{note + fraction / (1 << 32):g}"),) if note else ()
        at_note, rest = smpl_texts(body)
        yield Place("smpl note", at_note, says)
        yield Place("smpl rest", rest)
    elif chunk.id == b"acid":
        yield Place("acid", body.hex(), tuple(_acid(body)))
    elif chunk.id == b"cue " or chunk.list_type == b"adtl":
        yield Place("cue" if chunk.id == b"cue " else "cue labels", body.hex())
    elif chunk.id.lower() == b"id3 ":
        try:
            yield from _of_frames(parse(body), "ID3")
        except mutagen.MutagenError:
            return


def bext_text(body: bytes, part: slice) -> str:
    return body[part].strip(b"\0 ").decode("latin-1")


def info_texts(body: bytes) -> dict[str, str]:
    """Of a LIST INFO's body, by the ids of its entries."""
    return _joined(
        (name.decode("latin-1"), text.rstrip(b"\0").decode("utf-8", "surrogateescape"))
        for name, text in info_parts(body)
    )


def ixml_texts(body: bytes) -> dict[str, str]:
    """Of the USER element of an iXML's body, by the names of the elements in it."""
    user = body.partition(b"<USER>")[2].partition(b"</USER>")[0].decode("utf-8", "surrogateescape")
    return _joined((name, unescape(text)) for name, text in re.findall(r"<(\w+)>([^<]*)</\1>", user))


def smpl_texts(body: bytes) -> tuple[str, str]:
    """(its root note, all the rest) of a sampler chunk's body."""
    return body[UNITY_NOTE].hex(), (body[: UNITY_NOTE.start] + body[UNITY_NOTE.stop :]).hex()


def _joined(texts: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for name, text in texts:
        found.setdefault(name, []).append(text)
    return {name: AND.join(several) for name, several in found.items()}


def _acid(body: bytes) -> Iterator[tuple[str, str]]:
    if len(body) < _ACID_TEMPO_AT + 4:
        return
    flags, note = struct.unpack_from("<IH", body)
    tempo = struct.unpack_from("<f", body, _ACID_TEMPO_AT)[0]
    if flags & _ACID_ROOT:
        yield ROOT_NOTE, str(note)
    if tempo > 0:
        yield BPM, f"{tempo:g}"


def _of_frames(tag: RawTag, prefix: str) -> Iterator[Place]:
    for key in dict.fromkeys(frame.key for frame in tag.frames if frame.key):
        text = AND.join(tag.texts(key))
        name = key.removeprefix("TXXX:")
        if key == "TCON":  # numbers of genres, too
            yield Place(f"{prefix} {key}", text, _says(name, TCON(encoding=3, text=text.split(AND)).genres))
        else:
            yield _text(f"{prefix} {key}", name, text)


def _of_mutagen(read: Any, prefix: str) -> Iterator[Place]:
    try:
        tags: Mapping[str, Any] = read() or {}
        yield from (_text(f"{prefix} {name}", name, tag_text(value)) for name, value in tags.items())
    except mutagen.MutagenError:
        return


def tag_text(value: Any) -> str:
    """What mutagen has of a Vorbis comment, an MP4 atom or an APEv2 item, as the text of a place."""
    return AND.join(
        text.decode("utf-8", "surrogateescape") if isinstance(text, bytes) else str(text)
        for text in (value if isinstance(value, list) else [value])
    )


def _text(place: str, name: str, text: str) -> Place:
    return Place(place, text, _says(name, text.split(AND)))


def _says(name: str, texts: Iterable[str]) -> tuple[tuple[str, str], ...]:
    fact = _NAMES.get(name.lower().removeprefix(_ITUNES))
    stripped = (text.strip("\0 ") for text in texts)
    return () if fact is None else tuple((fact, text) for text in stripped if text)
