"""Tags in every container, chosen by its content: ID3, Vorbis comments, MP4 atoms through mutagen; WAV's own chunks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import mutagen
from mutagen.aiff import AIFF
from mutagen.flac import FLAC
from mutagen.id3 import COMM, ID3, TBPM, TCON, TIT2, TKEY, TPE1, TXXX
from mutagen.mp3 import MP3
from mutagen.mp4 import MP4, MP4FreeForm
from mutagen.wave import WAVE

from daemon.audio.binary import shown
from daemon.audio.chunks import Chunk, read_chunks, write_with_chunks
from daemon.audio.sniff import sniff
from daemon.kernel.errors import InputError, UnreadableAudio

_ITUNES = "----:com.apple.iTunes:"


@dataclass(frozen=True, slots=True)
class Tags:
    """What a file says about itself. None and "" are not written. fields: further names and texts."""

    title: str = ""
    artist: str = ""
    comment: str = ""
    genre: str = ""
    bpm: float | None = None
    key: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


def write_tags(path: Path, tags: Tags) -> None:
    """Write tags into the file, in place; what it says otherwise stays. Its payload hash does not change.

    Not atomic: a file of the user is tagged as a copy, which then takes its place through the journal.

    Raises InputError for a container that has no tags, UnreadableAudio when mutagen cannot read it.
    """
    container = sniff(path)
    try:
        if container in ("wav", "mp3", "aiff"):
            _write_id3(path, container, tags)
        elif container == "rf64":
            _write_rf64(path, tags)
        elif container in ("flac", "ogg"):
            _write_vorbis(path, container, tags)
        elif container == "mp4":
            _write_mp4(path, tags)
        else:
            raise InputError(f"roadie writes no tags into {container} files", where=shown(path))
    except mutagen.MutagenError as error:
        raise UnreadableAudio("its tags cannot be written", where=shown(path), why=error) from error


def id3_chunk(tags: Tags) -> Chunk:
    """The tags as the `id3 ` chunk of a WAV file, ID3v2.3, which most programs read."""
    frames = ID3()
    _fill_id3(frames, tags)
    return _chunk(frames)


def _chunk(frames: Any) -> Chunk:
    frames.update_to_v23()
    body = BytesIO()
    frames.save(body, v1=0, v2_version=3, padding=lambda _: 0)
    return Chunk(b"id3 ", body.getvalue())


def _write_id3(path: Path, container: str, tags: Tags) -> None:
    kinds: dict[str, Any] = {"wav": WAVE, "mp3": MP3, "aiff": AIFF}
    file = kinds[container](path)
    if file.tags is None:
        file.add_tags()
    _fill_id3(file.tags, tags)
    file.save(v2_version=3)


def _write_rf64(path: Path, tags: Tags) -> None:
    """mutagen does not know RF64, so its ID3 chunk is filled outside the file and the file written anew."""
    old = next((chunk for chunk in read_chunks(path) if chunk.id.lower() == b"id3 "), None)
    frames = ID3(BytesIO(old.body)) if old else ID3()
    _fill_id3(frames, tags)
    beside = path.with_name(f".{path.name}.roadie-tagging")
    write_with_chunks(path, beside, [_chunk(frames)])
    beside.replace(path)


def _fill_id3(frames: Any, tags: Tags) -> None:
    for kind, text in ((TIT2, tags.title), (TPE1, tags.artist), (TCON, tags.genre), (TKEY, tags.key)):
        if text:
            frames.setall(kind.__name__, [kind(encoding=_encoding(text), text=[text])])
    if tags.bpm:
        frames.setall("TBPM", [TBPM(encoding=0, text=[f"{tags.bpm:g}"])])
    if tags.comment:
        frames.setall(
            "COMM", [COMM(encoding=_encoding(tags.comment), lang="eng", desc="", text=[tags.comment])]
        )
    for name, text in tags.fields.items():
        frames.setall(f"TXXX:{name}", [TXXX(encoding=_encoding(name + text), desc=name, text=[text])])


def _encoding(text: str) -> int:
    """ID3v2.3 knows Latin-1 (0) and UTF-16 (1)."""
    return 0 if text.isascii() else 1


def _write_vorbis(path: Path, container: str, tags: Tags) -> None:
    file: Any = FLAC(path) if container == "flac" else mutagen.File(path)
    if file is None:
        raise UnreadableAudio("an Ogg stream that roadie cannot tag", where=shown(path))
    if file.tags is None:
        file.add_tags()
    for name, text in _comments(tags).items():
        file.tags[name] = [text]
    file.save()


def _comments(tags: Tags) -> dict[str, str]:
    values = {
        "TITLE": tags.title,
        "ARTIST": tags.artist,
        "COMMENT": tags.comment,
        "GENRE": tags.genre,
        "BPM": f"{tags.bpm:g}" if tags.bpm else "",
        "KEY": tags.key,  # read by REAPER
        "INITIALKEY": tags.key,  # read by DJ software
    }
    values.update({name.upper(): text for name, text in tags.fields.items()})
    return {name: text for name, text in values.items() if text}


def _write_mp4(path: Path, tags: Tags) -> None:
    file = MP4(path)
    if file.tags is None:
        file.add_tags()
    atoms: Any = file.tags
    names = {"\xa9nam": tags.title, "\xa9ART": tags.artist, "\xa9cmt": tags.comment, "\xa9gen": tags.genre}
    for name, text in names.items():
        if text:
            atoms[name] = [text]
    if tags.bpm:
        atoms["tmpo"] = [round(tags.bpm)]
    for name, text in {"initialkey": tags.key, **tags.fields}.items():
        if text:
            atoms[_ITUNES + name] = [MP4FreeForm(text.encode("utf-8"))]
    file.save()
