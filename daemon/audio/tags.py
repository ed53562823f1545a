"""Tags in every container, chosen by its content: ID3, Vorbis comments, MP4 atoms through mutagen; WAV's own chunks."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import mutagen
from mutagen.flac import FLAC
from mutagen.id3 import ParseID3v1
from mutagen.mp4 import MP4, MP4FreeForm

from daemon.audio.binary import open_binary, shown
from daemon.audio.chunks import Chunk, read_chunks, write_with_chunks
from daemon.audio.id3_frames import filled, new_tag
from daemon.audio.id3_raw import tag_bytes
from daemon.audio.sniff import sniff
from daemon.audio.tag_facts import NO_TAGS, Tags
from daemon.kernel.disk import disk_error
from daemon.kernel.errors import InputError, RoadieError, UnreadableAudio

__all__ = ["Tags", "id3_chunk", "write_tags"]

_ITUNES = "----:com.apple.iTunes:"
_ID3V1_BYTES = 128
_ID3V2_HEADER_BYTES = 10


def write_tags(
    path: Path, tags: Tags, *, overwrite: bool = True, named: Path | None = None, own: Tags = NO_TAGS
) -> None:
    """Write tags into the file, in place; what it says otherwise stays. Its payload hash does not change.

    overwrite: whether a title, genre, tempo, key or further field takes the place of another; a comment never does.
    named: the file that errors speak of, where `path` is a copy of it. own: what roadie wrote there before; where it
    stands unchanged it gives way, a comment too.
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
        writers[container](path, tags, overwrite, own)
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
    return Chunk(b"id3 ", new_tag(tags))


def _write_wav(path: Path, tags: Tags, overwrite: bool, own: Tags) -> None:
    _write_id3_chunk(path, b"id3 ", tags, overwrite, own)


def _write_aiff(path: Path, tags: Tags, overwrite: bool, own: Tags) -> None:
    _write_id3_chunk(path, b"ID3 ", tags, overwrite, own)


def _write_id3_chunk(path: Path, name: bytes, tags: Tags, overwrite: bool, own: Tags) -> None:
    """The chunk is filled outside the file and the file written anew: so it is done for RF64 as well."""
    old = next((chunk for chunk in read_chunks(path) if chunk.id.lower() == b"id3 "), None)
    if old is not None and not old.whole:
        raise mutagen.MutagenError("its ID3 tag is cut off")
    body = filled(old.body if old else b"", tags, overwrite=overwrite, own=own)
    if body is not None:
        beside = _beside(path)
        write_with_chunks(path, beside, [Chunk(old.id if old else name, body)])
        beside.replace(path)


def _write_mp3(path: Path, tags: Tags, overwrite: bool, own: Tags) -> None:
    """What stands behind the first tag keeps its bytes, an old ID3v1 tag at the end too: it may hold what the newer
    does not."""
    with open_binary(path) as file:
        head = file.read(_ID3V2_HEADER_BYTES)
        length = tag_bytes(head) if head.startswith(b"ID3") and len(head) == _ID3V2_HEADER_BYTES else 0
        file.seek(0)
        old = file.read(length)
        file.seek(-min(_ID3V1_BYTES, path.stat().st_size), os.SEEK_END)
        earlier = _id3v1(file.read(_ID3V1_BYTES), 4 if head[3:4] == b"\4" else 3)
        body = filled(old, tags, overwrite=overwrite, earlier=earlier, own=own)
        if body is None:
            return
        file.seek(length)
        beside = _beside(path)
        with beside.open("xb") as out:
            out.write(body)
            shutil.copyfileobj(file, out)
    beside.replace(path)


def _id3v1(data: bytes, version: int) -> list[Any]:
    """The frames of an ID3v1 tag. Its comment is the comment, not one of a kind of its own as mutagen has it."""
    frames = list((ParseID3v1(data, v2_version=version) or {}).values())
    for frame in frames:
        if frame.FrameID == "COMM":
            frame.desc = ""
    return frames


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.roadie-tagging")


def _write_flac(path: Path, tags: Tags, overwrite: bool, own: Tags) -> None:
    _write_vorbis(FLAC(path), tags, overwrite, own)


def _write_ogg(path: Path, tags: Tags, overwrite: bool, own: Tags) -> None:
    file = mutagen.File(path)
    if file is None:
        raise UnreadableAudio("an Ogg stream that roadie cannot tag", where=shown(path))
    _write_vorbis(file, tags, overwrite, own)


def _write_vorbis(file: Any, tags: Tags, overwrite: bool, own: Tags) -> None:
    if file.tags is None:
        file.add_tags()
    changed, before = False, _comments(own)
    for name, text in _comments(tags).items():
        stays = name in file.tags and file.tags[name] != [before.get(name)]
        if stays and (not overwrite or name == "COMMENT"):
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


def _write_mp4(path: Path, tags: Tags, overwrite: bool, own: Tags) -> None:
    file = MP4(path)
    if file.tags is None:
        file.add_tags()
    atoms: Any = file.tags
    changed, before = False, _atoms(own)
    for name, value in _atoms(tags).items():
        stays = name in atoms and atoms[name] != before.get(name)
        if stays and (not overwrite or name == "\xa9cmt"):
            continue
        if atoms.get(name) != value:
            atoms[name], changed = value, True
    if changed:
        file.save()


def _atoms(tags: Tags) -> dict[str, Any]:
    names = {"\xa9nam": tags.title, "\xa9ART": tags.artist, "\xa9cmt": tags.comment, "\xa9gen": tags.genre}
    values: dict[str, Any] = {name: [text] for name, text in names.items() if text}
    if tags.bpm:
        values["tmpo"] = [round(tags.bpm)]
    for name, text in {"initialkey": tags.key, **tags.fields}.items():
        if text:
            values[_ITUNES + name] = [MP4FreeForm(text.encode("utf-8"))]
    return values
