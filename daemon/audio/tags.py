"""Tags in every container, chosen by its content: ID3, Vorbis comments, MP4 atoms through mutagen; WAV's own chunks."""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path
from typing import Any

import mutagen
from mutagen.aiff import AIFF
from mutagen.flac import FLAC
from mutagen.id3 import ID3, ID3NoHeaderError
from mutagen.mp4 import MP4, MP4FreeForm

from daemon.audio.binary import open_binary, shown
from daemon.audio.chunks import Chunk, read_chunks, write_with_chunks
from daemon.audio.id3_frames import fill, save_version, saved, version_of
from daemon.audio.sniff import sniff
from daemon.audio.tag_facts import Tags
from daemon.kernel.disk import disk_error
from daemon.kernel.errors import InputError, RoadieError, UnreadableAudio

__all__ = ["Tags", "id3_chunk", "write_tags"]

_ITUNES = "----:com.apple.iTunes:"
_ID3V1_BYTES = 128


def write_tags(path: Path, tags: Tags, *, overwrite: bool = True, named: Path | None = None) -> None:
    """Write tags into the file, in place; what it says otherwise stays. Its payload hash does not change.

    overwrite: whether a title, genre, tempo, key or further field takes the place of another; a comment never does.
    named: the file that errors speak of, where `path` is a copy of it.
    Not atomic: a file of the user is tagged as a copy, which then takes its place through the journal.

    Raises InputError for a container that has no tags, UnreadableAudio when mutagen cannot read it, and DiskFull or
    DiskError when the disk refuses it.
    """
    container = sniff(path)
    writers = {"wav": _write_wav, "rf64": _write_wav, "mp3": _write_mp3, "aiff": _write_aiff, "flac": _write_flac,
               "ogg": _write_ogg, "mp4": _write_mp4}  # fmt: skip
    if container not in writers:
        raise InputError(f"roadie writes no tags into {container} files", where=shown(named or path))
    try:
        writers[container](path, tags, overwrite)
    except (mutagen.MutagenError, OSError) as error:
        raise _not_written(error, shown(named or path)) from error


def _not_written(error: BaseException, where: str) -> RoadieError:
    """Mutagen raises its own error from, or in the handling of, one of the disk's."""
    what = "its tags cannot be written"
    disk = error if isinstance(error, OSError) else error.__cause__ or error.__context__
    if isinstance(disk, OSError):
        return disk_error(what, where, disk)
    return UnreadableAudio(what, where=where, why=error)


def id3_chunk(tags: Tags) -> Chunk:
    """The tags as the `id3 ` chunk of a WAV file, ID3v2.3, which most programs read."""
    frames = ID3()
    fill(frames, tags, overwrite=True)
    return Chunk(b"id3 ", saved(frames, 3))


def _write_wav(path: Path, tags: Tags, overwrite: bool) -> None:
    """Its ID3 chunk is filled outside the file and the file written anew: so it is done for RF64 as well."""
    old = next((chunk for chunk in read_chunks(path) if chunk.id.lower() == b"id3 "), None)
    frames = ID3(BytesIO(old.body), translate=version_of(old.body) == 2) if old else ID3()
    if not fill(frames, tags, overwrite=overwrite):
        return
    new = Chunk(old.id if old else b"id3 ", saved(frames, version_of(old.body if old else b"")))
    beside = path.with_name(f".{path.name}.roadie-tagging")
    write_with_chunks(path, beside, [new])
    beside.replace(path)


def _write_mp3(path: Path, tags: Tags, overwrite: bool) -> None:
    """An old ID3v1 tag at the end keeps its bytes: it may hold what the newer tag does not."""
    with open_binary(path) as file:
        version = version_of(file.read(10))
        file.seek(-min(_ID3V1_BYTES, path.stat().st_size), os.SEEK_END)
        tail = file.read(_ID3V1_BYTES)
    try:
        frames = ID3(path, translate=version == 2)
    except ID3NoHeaderError:
        frames = ID3()
    if not fill(frames, tags, overwrite=overwrite):
        return
    frames.save(path, v1=1, v2_version=save_version(frames, version))
    if tail.startswith(b"TAG"):
        with path.open("r+b") as file:
            file.seek(-_ID3V1_BYTES, os.SEEK_END)
            file.write(tail)


def _write_aiff(path: Path, tags: Tags, overwrite: bool) -> None:
    file = AIFF(path)
    version = 3
    if file.tags is None:
        file.add_tags()
    else:
        version = file.tags.version[1]
        file = AIFF(path, translate=version == 2)
    if fill(file.tags, tags, overwrite=overwrite):
        file.tags.save(path, v2_version=save_version(file.tags, version))


def _write_flac(path: Path, tags: Tags, overwrite: bool) -> None:
    _write_vorbis(FLAC(path), tags, overwrite)


def _write_ogg(path: Path, tags: Tags, overwrite: bool) -> None:
    file = mutagen.File(path)
    if file is None:
        raise UnreadableAudio("an Ogg stream that roadie cannot tag", where=shown(path))
    _write_vorbis(file, tags, overwrite)


def _write_vorbis(file: Any, tags: Tags, overwrite: bool) -> None:
    if file.tags is None:
        file.add_tags()
    changed = False
    for name, text in _comments(tags).items():
        if name in file.tags and (not overwrite or name == "COMMENT"):
            continue
        if file.tags.get(name) != [text]:
            file.tags[name], changed = [text], True
    if changed:
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
    values |= {name.upper(): text for name, text in tags.fields.items() if name.upper() not in values}
    return {name: text for name, text in values.items() if text}


def _write_mp4(path: Path, tags: Tags, overwrite: bool) -> None:
    file = MP4(path)
    if file.tags is None:
        file.add_tags()
    wanted: dict[str, Any] = {}
    names = {"\xa9nam": tags.title, "\xa9ART": tags.artist, "\xa9cmt": tags.comment, "\xa9gen": tags.genre}
    wanted |= {name: [text] for name, text in names.items() if text}
    if tags.bpm:
        wanted["tmpo"] = [round(tags.bpm)]
    for name, text in {"initialkey": tags.key, **tags.fields}.items():
        if text:
            wanted[_ITUNES + name] = [MP4FreeForm(text.encode("utf-8"))]
    atoms: Any = file.tags
    changed = False
    for name, value in wanted.items():
        if name in atoms and (not overwrite or name == "\xa9cmt"):
            continue
        if atoms.get(name) != value:
            atoms[name], changed = value, True
    if changed:
        file.save()
