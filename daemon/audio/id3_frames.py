"""Filling ID3 tags in the version they came in: no frame that stands there is lost or changed, except those that give
way to new ones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mutagen.id3 import COMM, TBPM, TCON, TIT2, TKEY, TPE1, TXXX

from daemon.audio.id3_raw import RawTag, parse
from daemon.audio.tag_facts import AND, NOBODYS, Own, Tags

_NEW_VERSION = 3
"""Which most programs read."""


def new_tag(tags: Tags) -> bytes:
    """A tag with nothing else in it."""
    return RawTag(_NEW_VERSION, ()).with_frames([*_facts(tags), *_comment(tags)]).data()


def with_earlier(old: bytes, earlier: Iterable[Any]) -> RawTag:
    """The tag `old`, or a new one where it is empty, with the frames of an ID3v1 tag that it lacks: a program that
    finds the newer tag reads the older no more. Raises MutagenError for a tag that cannot be read."""
    tag = parse(old) if old else RawTag(_NEW_VERSION, ())
    known = {frame.key for frame in tag.frames}
    return tag.with_frames([frame for frame in earlier if frame.HashKey not in known])


def filled(
    old: bytes, tags: Tags, *, overwrite: bool, earlier: Iterable[Any] = (), own: Own = NOBODYS
) -> bytes | None:
    """The tag `old`, or a new one where it is empty, with the tags in it; None when it says all of them already, and
    nothing when no frame is left in it.

    overwrite: also in the place of others, but a comment is added only where there is none of the same description.
    earlier: frames of an ID3v1 tag, as `with_earlier` takes them. own: what roadie wrote there before; where it stands
    unchanged it gives way. Raises MutagenError for a tag that cannot be read.
    """
    tag = with_earlier(old, earlier)
    new = {frame.HashKey: frame for frame in _facts(tags)}
    if not any(frame.key.startswith("COMM::") for frame in tag.frames):
        new |= {frame.HashKey: frame for frame in _comment(tags)}
    again = {frame.HashKey: frame for frame in (*_facts(own.tags), *_comment(own.tags))}
    put, gone = [], []
    for key in dict.fromkeys([*new, *again, *(frame.key for frame in tag.frames if frame.key)]):
        there, fresh, renewed = tag.texts(key), str(new.get(key, "")), str(again.get(key, ""))
        if tag.unread(key) or fresh in there:
            continue
        said = AND.join(there)
        chosen = own.choose(f"ID3 {key}", said, fresh, renewed, overwrite=overwrite)
        if chosen != said:
            if chosen:
                put.append(again[key] if own.holds(f"ID3 {key}", said) else new[key])
            else:
                gone.append(key)
    return tag.with_frames(put, gone).data() if put or gone else None


def _facts(tags: Tags) -> list[Any]:
    frames = [
        kind(encoding=encoding(text), text=[text])
        for kind, text in ((TIT2, tags.title), (TPE1, tags.artist), (TCON, tags.genre), (TKEY, tags.key))
    ]
    frames.append(TBPM(encoding=0, text=[f"{tags.bpm:g}" if tags.bpm else ""]))
    frames += [
        TXXX(encoding=encoding(name + text), desc=name, text=[text]) for name, text in tags.fields.items()
    ]
    return [frame for frame in frames if str(frame)]


def _comment(tags: Tags) -> list[Any]:
    text = tags.comment
    return [COMM(encoding=encoding(text), lang="eng", desc="", text=[text])] if text else []


def encoding(text: str) -> int:
    """ID3v2.3 knows Latin-1 (0) and UTF-16 (1), and v2.4 knows them too."""
    return 0 if text.isascii() else 1
