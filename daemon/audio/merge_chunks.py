"""New facts into the metadata chunks that a WAV has already: what is empty is filled, what is said stays.

Only with `overwrite` do genre, key, tempo and root note take the place of others; comments, titles, cue points, loop
points and everything that roadie does not know stay in any case.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Sequence
from io import BytesIO

import mutagen
from mutagen.id3 import ID3

from daemon.audio.chunk_bodies import info_parts, sub_chunk
from daemon.audio.chunks import Chunk
from daemon.audio.id3_frames import fill, saved, version_of
from daemon.audio.tag_facts import Tags

_DESCRIPTION, _ORIGINATOR = slice(0, 256), slice(256, 288)
_UNITY_NOTE_AT = 12
_OVERWRITTEN = frozenset({b"IGNR", b"IKEY"})


def merged(old: Sequence[Chunk], wanted: Sequence[Chunk], tags: Tags, overwrite: bool) -> list[Chunk]:
    """The chunks to write with `write_with_chunks`: those of `wanted` that the file lacks, and those it has with what
    was missing in them. A file with cue points gets no others, nor labels for them. tags: for its ID3 chunk."""
    marked = any(chunk.id == b"cue " or chunk.list_type == b"adtl" for chunk in old)
    changed = []
    for new in wanted:
        there = next((chunk for chunk in old if new.replaces(chunk)), None)
        if there is None:
            if not (marked and (new.id == b"cue " or new.list_type == b"adtl")):
                changed.append(new)
            continue
        if new.id == b"id3 ":
            body = _id3(there.body, tags, overwrite)
        else:
            rule = _RULES.get(new.id + new.list_type)
            body = there.body if rule is None else rule(there.body, new.body, overwrite)
        if body != there.body:
            changed.append(Chunk(there.id, body))
    return changed


def _bext(old: bytes, new: bytes, overwrite: bool) -> bytes:  # noqa: ARG001 - a description is never replaced
    """Description and originator where there are none."""
    body = bytearray(old)
    for field in (_DESCRIPTION, _ORIGINATOR):
        if len(old) >= field.stop and not old[field].strip(b"\0 "):
            body[field] = new[field]
    return bytes(body)


def _info(old: bytes, new: bytes, overwrite: bool) -> bytes:
    """Texts that are missing go to the end; others keep their bytes and their order."""
    fresh = dict(info_parts(new))
    body, said = bytearray(old[:4]), set()
    for name, text in info_parts(old):
        said.add(name)
        body += sub_chunk(name, fresh[name] if overwrite and name in _OVERWRITTEN and name in fresh else text)
    for name, text in fresh.items():
        if name not in said:
            body += sub_chunk(name, text)
    return bytes(body) if said else old[:4] + new[4:]


def _ixml(old: bytes, new: bytes, overwrite: bool) -> bytes:
    """Elements of USER that are missing, put into the text as it stands; a text that is no such XML stays as it is."""
    try:
        text = old.decode("utf-8")
        fresh = re.findall(r"<(\w+)>([^<]*)</\1>", _between(new.decode("utf-8"), "<USER>", "</USER>"))
    except UnicodeDecodeError:
        return old
    user = _between(text, "<USER>", "</USER>")
    rows = ""
    for name, value in fresh:
        pattern = re.compile(rf"(<{name}>)[^<]*(</{name}>)")
        if not pattern.search(user):
            rows += f"<{name}>{value}</{name}>\n"
        elif overwrite:
            replaced = pattern.sub(lambda found, value=value: f"{found[1]}{value}{found[2]}", user, count=1)  # type: ignore[misc]
            text, user = text.replace(user, replaced, 1), replaced
    if rows and "</USER>" in text:
        text = text.replace("</USER>", f"{rows}</USER>", 1)
    elif rows and "<USER/>" in text:
        text = text.replace("<USER/>", f"<USER>\n{rows}</USER>", 1)
    elif rows and "</BWFXML>" in text:
        text = text.replace("</BWFXML>", f"<USER>\n{rows}</USER>\n</BWFXML>", 1)
    return text.encode("utf-8")


def _between(text: str, start: str, end: str) -> str:
    return text.partition(start)[2].partition(end)[0]


def _smpl(old: bytes, new: bytes, overwrite: bool) -> bytes:
    """Loop points stay; the root note is replaced only when asked."""
    if not overwrite or len(old) < _UNITY_NOTE_AT + 4:
        return old
    note = struct.unpack_from("<I", new, _UNITY_NOTE_AT)[0]
    return old[:_UNITY_NOTE_AT] + struct.pack("<I", note) + old[_UNITY_NOTE_AT + 4 :]


def _whole(old: bytes, new: bytes, overwrite: bool) -> bytes:
    return new if overwrite else old


def _id3(old: bytes, tags: Tags, overwrite: bool) -> bytes:
    """A tag that cannot be read stays as it is."""
    try:
        frames = ID3(BytesIO(old), translate=version_of(old) == 2)
    except mutagen.MutagenError:
        return old
    return saved(frames, version_of(old)) if fill(frames, tags, overwrite=overwrite) else old


_RULES: dict[bytes, Callable[[bytes, bytes, bool], bytes]] = {
    b"bext": _bext,
    b"LISTINFO": _info,
    b"iXML": _ixml,
    b"smpl": _smpl,
    b"acid": _whole,
}
"""`cue ` and LIST adtl have no rule: what stands there stays."""
