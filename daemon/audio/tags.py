"""Tags in every container, chosen by its content: ID3, Vorbis comments, MP4 atoms through mutagen; WAV's own chunks."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mutagen
from mutagen.flac import FLAC
from mutagen.mp4 import MP4, MP4FreeForm

from daemon.audio.binary import open_binary, shown
from daemon.audio.chunks import Chunk, read_chunks, write_with_chunks
from daemon.audio.id3_frames import filled, new_tag
from daemon.audio.mp3_tag import read_tag
from daemon.audio.places import tag_text
from daemon.audio.sniff import sniff
from daemon.audio.tag_facts import NOBODYS, Own, Tags
from daemon.kernel.disk import disk_error
from daemon.kernel.errors import InputError, RoadieError, UnreadableAudio

__all__ = ["Tags", "id3_chunk", "write_tags"]

_ITUNES = "----:com.apple.iTunes:"
_COMMENTS = frozenset({"comment", "\xa9cmt"})
"""Of the user's: never overwritten."""


def write_tags(
    path: Path, tags: Tags, *, overwrite: bool = True, named: Path | None = None, own: Own = NOBODYS
) -> None:
    """Write tags into the file, in place; what it says otherwise stays. Its payload hash does not change.

    overwrite: whether a title, genre, tempo, key or further field takes the place of another; a comment never does.
    named: the file that errors speak of, where `path` is a copy of it. own: what roadie wrote there before; where it
    stands unchanged it gives way, a comment too, and goes where roadie says nothing any more.
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


def _write_wav(path: Path, tags: Tags, overwrite: bool, own: Own) -> None:
    _write_id3_chunk(path, b"id3 ", tags, overwrite, own)


def _write_aiff(path: Path, tags: Tags, overwrite: bool, own: Own) -> None:
    _write_id3_chunk(path, b"ID3 ", tags, overwrite, own)


def _write_id3_chunk(path: Path, name: bytes, tags: Tags, overwrite: bool, own: Own) -> None:
    """The chunk is filled outside the file and the file written anew: so it is done for RF64 as well."""
    old = next((chunk for chunk in read_chunks(path) if chunk.id.lower() == b"id3 "), None)
    if old is not None and not old.whole:
        raise mutagen.MutagenError("its ID3 tag is cut off")
    body = filled(old.body if old else b"", tags, overwrite=overwrite, own=own)
    if body is not None:
        beside = _beside(path)
        write_with_chunks(path, beside, [Chunk(old.id if old else name, body, gone=not body)])
        beside.replace(path)


def _write_mp3(path: Path, tags: Tags, overwrite: bool, own: Own) -> None:
    """What stands behind the first tag keeps its bytes, an old ID3v1 tag at the end too: it may hold what the newer
    does not."""
    with open_binary(path) as file:
        old, earlier = read_tag(file)
        body = filled(old, tags, overwrite=overwrite, earlier=earlier, own=own)
        if body is None:
            return
        file.seek(len(old))
        beside = _beside(path)
        with beside.open("xb") as out:
            out.write(body)
            shutil.copyfileobj(file, out)
    beside.replace(path)


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.roadie-tagging")


def _write_flac(path: Path, tags: Tags, overwrite: bool, own: Own) -> None:
    _write_vorbis(FLAC(path), tags, overwrite, own)


def _write_ogg(path: Path, tags: Tags, overwrite: bool, own: Own) -> None:
    file = mutagen.File(path)
    if file is None:
        raise UnreadableAudio("an Ogg stream that roadie cannot tag", where=shown(path))
    _write_vorbis(file, tags, overwrite, own)


def _write_vorbis(file: Any, tags: Tags, overwrite: bool, own: Own) -> None:
    if file.tags is None:
        file.add_tags()
    changes = _changes(file.tags, _comments(tags), _comments(own.tags), overwrite, own)
    for name, value in changes.items():
        _set(file.tags, name if name in file.tags else name.upper(), value)
    if changes:
        file.save()


def _comments(tags: Tags) -> dict[str, list[str]]:
    """By names in small letters, as mutagen tells them: case makes no other comment."""
    values = {
        "title": tags.title,
        "artist": tags.artist,
        "comment": tags.comment,
        "genre": tags.genre,
        "bpm": f"{tags.bpm:g}" if tags.bpm else "",
        "key": tags.key,  # read by REAPER
        "initialkey": tags.key,  # read by DJ software
    }
    values |= {name.lower(): text for name, text in tags.fields.items() if name.lower() not in values}
    return {name: [text] for name, text in values.items() if text}


def _write_mp4(path: Path, tags: Tags, overwrite: bool, own: Own) -> None:
    file = MP4(path)
    if file.tags is None:
        file.add_tags()
    changes = _changes(file.tags, _atoms(tags), _atoms(own.tags), overwrite, own)
    for name, value in changes.items():
        _set(file.tags, name, value)
    if changes:
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


def _changes(
    standing: Any, new: Mapping[str, Any], again: Mapping[str, Any], overwrite: bool, own: Own
) -> dict[str, Any]:
    """What mutagen's names get another value, None where they go. new: for places that are roadie's to fill. again: for
    those that it has filled."""
    changes: dict[str, Any] = {}
    for name in dict.fromkeys([*new, *again, *standing.keys()]):
        place, there = f"tag {name}", tag_text(standing.get(name, []))
        value = (again if own.holds(place, there) else new).get(name, [])
        chosen = own.choose(
            place, there, tag_text(value), tag_text(value), overwrite=overwrite and name not in _COMMENTS
        )
        if chosen != there:
            changes[name] = value or None
    return changes


def _set(tags: Any, name: str, value: Any) -> None:
    if value is None:
        del tags[name]
    else:
        tags[name] = value
