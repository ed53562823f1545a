"""Filling ID3 frames, and saving them as the version they came in: no frame that stands there is lost."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from mutagen.id3 import COMM, TBPM, TCON, TIT2, TKEY, TPE1, TXXX

from daemon.audio.tag_facts import Tags


def fill(frames: Any, tags: Tags, *, overwrite: bool) -> bool:
    """Put the tags into frames; returns whether anything changed. overwrite: also in the place of others, but a
    comment is added only where there is none of the same description."""
    before = frames.pprint()
    for kind, text in ((TIT2, tags.title), (TPE1, tags.artist), (TCON, tags.genre), (TKEY, tags.key)):
        _put(frames, kind.__name__, kind(encoding=encoding(text), text=[text]), text, overwrite)
    bpm = f"{tags.bpm:g}" if tags.bpm else ""
    _put(frames, "TBPM", TBPM(encoding=0, text=[bpm]), bpm, overwrite)
    if tags.comment and not any(not frame.desc for frame in frames.getall("COMM")):
        frames.add(COMM(encoding=encoding(tags.comment), lang="eng", desc="", text=[tags.comment]))
    for name, text in tags.fields.items():
        frame = TXXX(encoding=encoding(name + text), desc=name, text=[text])
        _put(frames, f"TXXX:{name}", frame, text, overwrite)
    return bool(frames.pprint() != before)


def _put(frames: Any, name: str, frame: Any, text: str, overwrite: bool) -> None:
    if text and (overwrite or not any(str(there) for there in frames.getall(name))):
        frames.setall(name, [frame])


def encoding(text: str) -> int:
    """ID3v2.3 knows Latin-1 (0) and UTF-16 (1), and v2.4 knows them too."""
    return 0 if text.isascii() else 1


def version_of(head: bytes) -> int:
    """2, 3 or 4 for the ID3v2 tag that begins with `head`; 3, which most programs read, where there is none."""
    return head[3] if len(head) > 3 and head[:3] == b"ID3" and head[3] in (2, 3, 4) else 3


def save_version(frames: Any, version: int) -> int:
    """The version to save as: the one it came in. v2.2 cannot be written any more and becomes v2.3."""
    if version == 2:
        frames.update_to_v23()
    return max(version, 3)


def saved(frames: Any, version: int) -> bytes:
    """The tag alone, without padding: the body of a chunk."""
    body = BytesIO()
    frames.save(body, v1=0, v2_version=save_version(frames, version), padding=lambda _: 0)
    return body.getvalue()
