"""Filling ID3 tags in the version they came in: no frame that stands there is lost or changed, except those that give
way to new ones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mutagen.id3 import COMM, TBPM, TCON, TIT2, TKEY, TPE1, TXXX

from daemon.audio.id3_raw import RawTag, parse
from daemon.audio.tag_facts import NO_TAGS, Tags

_NEW_VERSION = 3
"""Which most programs read."""


def new_tag(tags: Tags) -> bytes:
    """A tag with nothing else in it."""
    return (
        RawTag(_NEW_VERSION, ())
        .with_frames(_wanted(RawTag(_NEW_VERSION, ()), tags, NO_TAGS, overwrite=True))
        .data()
    )


def filled(
    old: bytes, tags: Tags, *, overwrite: bool, earlier: Iterable[Any] = (), own: Tags = NO_TAGS
) -> bytes | None:
    """The tag `old`, or a new one where it is empty, with the tags in it; None when it says all of them already.

    overwrite: also in the place of others, but a comment is added only where there is none of the same description.
    earlier: frames of an ID3v1 tag, which go in as well: a program that finds the newer tag reads the older no more.
    own: what roadie wrote there before; where it stands unchanged it gives way.
    Raises MutagenError for a tag that cannot be read.
    """
    tag = parse(old) if old else RawTag(_NEW_VERSION, ())
    known = {frame.key for frame in tag.frames}
    tag = tag.with_frames([frame for frame in earlier if frame.HashKey not in known])
    new = _wanted(tag, tags, own, overwrite=overwrite)
    return tag.with_frames(new).data() if new else None


def _wanted(tag: RawTag, tags: Tags, own: Tags, *, overwrite: bool) -> list[Any]:
    """The frames that the tag lacks, and those that take the place of roadie's own."""
    before = {frame.HashKey: str(frame) for frame in (*_facts(own), *_comment(own))}
    commented = any(frame.key.startswith("COMM::") for frame in tag.frames)

    def is_new(frame: Any, *, fills: bool, replaces: bool) -> bool:
        """fills: where no frame of its key says anything. replaces: also where another one does."""
        said = tag.texts(frame.HashKey)
        if not str(frame) or tag.unread(frame.HashKey) or str(frame) in said:
            return False
        if not said:
            return fills
        return replaces or said == [before.get(frame.HashKey)]

    facts = [frame for frame in _facts(tags) if is_new(frame, fills=True, replaces=overwrite)]
    return facts + [frame for frame in _comment(tags) if is_new(frame, fills=not commented, replaces=False)]


def _facts(tags: Tags) -> list[Any]:
    frames = [
        kind(encoding=encoding(text), text=[text])
        for kind, text in ((TIT2, tags.title), (TPE1, tags.artist), (TCON, tags.genre), (TKEY, tags.key))
    ]
    frames.append(TBPM(encoding=0, text=[f"{tags.bpm:g}" if tags.bpm else ""]))
    frames += [
        TXXX(encoding=encoding(name + text), desc=name, text=[text]) for name, text in tags.fields.items()
    ]
    return frames


def _comment(tags: Tags) -> list[Any]:
    text = tags.comment
    return [COMM(encoding=encoding(text), lang="eng", desc="", text=[text])] if text else []


def encoding(text: str) -> int:
    """ID3v2.3 knows Latin-1 (0) and UTF-16 (1), and v2.4 knows them too."""
    return 0 if text.isascii() else 1
