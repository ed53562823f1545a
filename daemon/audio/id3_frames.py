"""Filling ID3 tags in the version they came in: no frame that stands there is lost or changed, except those that give
way to new ones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mutagen.id3 import COMM, TBPM, TCON, TIT2, TKEY, TPE1, TXXX

from daemon.audio.id3_raw import RawTag, parse
from daemon.audio.tag_facts import Tags

_NEW_VERSION = 3
"""Which most programs read."""


def new_tag(tags: Tags) -> bytes:
    """A tag with nothing else in it."""
    return RawTag(_NEW_VERSION, ()).with_frames(_wanted(RawTag(_NEW_VERSION, ()), tags, overwrite=True)).data()


def filled(old: bytes, tags: Tags, *, overwrite: bool, earlier: Iterable[Any] = ()) -> bytes | None:
    """The tag `old`, or a new one where it is empty, with the tags in it; None when it says all of them already.

    overwrite: also in the place of others, but a comment is added only where there is none of the same description.
    earlier: frames of an ID3v1 tag, which go in as well: a program that finds the newer tag reads the older no more.
    Raises MutagenError for a tag that cannot be read.
    """
    tag = parse(old) if old else RawTag(_NEW_VERSION, ())
    known = {frame.key for frame in tag.frames}
    tag = tag.with_frames([frame for frame in earlier if frame.HashKey not in known])
    new = _wanted(tag, tags, overwrite=overwrite)
    return tag.with_frames(new).data() if new else None


def _wanted(tag: RawTag, tags: Tags, *, overwrite: bool) -> list[Any]:
    """The frames that the tag lacks."""
    frames = [
        kind(encoding=encoding(text), text=[text])
        for kind, text in ((TIT2, tags.title), (TPE1, tags.artist), (TCON, tags.genre), (TKEY, tags.key))
    ]
    frames.append(TBPM(encoding=0, text=[f"{tags.bpm:g}" if tags.bpm else ""]))
    frames += [
        TXXX(encoding=encoding(name + text), desc=name, text=[text]) for name, text in tags.fields.items()
    ]
    wanted = [frame for frame in frames if _is_new(tag, frame, overwrite)]
    if tags.comment and not any(frame.key.startswith("COMM::") for frame in tag.frames):
        wanted.append(COMM(encoding=encoding(tags.comment), lang="eng", desc="", text=[tags.comment]))
    return wanted


def _is_new(tag: RawTag, frame: Any, overwrite: bool) -> bool:
    said = tag.texts(frame.HashKey)
    if not str(frame) or tag.unread(frame.HashKey):
        return False
    return str(frame) not in said if overwrite else not said


def encoding(text: str) -> int:
    """ID3v2.3 knows Latin-1 (0) and UTF-16 (1), and v2.4 knows them too."""
    return 0 if text.isascii() else 1
