"""New facts into the metadata chunks that a WAV has already: what is empty is filled, what is said stays.

Only with `overwrite` do genre, key, tempo and root note take the place of others; comments, titles, cue points, loop
points and everything that roadie does not know stay in any case. What roadie wrote there itself, and nobody changed
since, gives way to what it knows now.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import mutagen

from daemon.audio.chunk_bodies import Entry, info_parts, list_entries, sub_chunk
from daemon.audio.chunks import Chunk
from daemon.audio.id3_frames import filled
from daemon.audio.id3_raw import parse
from daemon.audio.tag_facts import Tags

_DESCRIPTION, _ORIGINATOR = slice(0, 256), slice(256, 288)
_UNITY_NOTE = slice(12, 20)  # with the part of a semitone above it
_INFO = b"INFO"
_OVERWRITTEN = frozenset({b"IGNR", b"IKEY"})


@dataclass(frozen=True, slots=True)
class Own:
    """What roadie wrote into the file before."""

    chunks: Sequence[Chunk] = ()
    tags: Tags = field(default_factory=Tags)

    def body(self, like: Chunk) -> bytes:
        """Of the chunk that it wrote of this kind; empty when it wrote none."""
        return next((chunk.body for chunk in self.chunks if like.replaces(chunk)), b"")


NOTHING = Own()


def merged(
    old: Sequence[Chunk], wanted: Sequence[Chunk], tags: Tags, overwrite: bool, own: Own = NOTHING
) -> list[Chunk]:
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
        if _why_left(there) is not None:
            continue
        if new.id == b"id3 ":
            body = filled(there.body, tags, overwrite=overwrite, own=own.tags) or there.body
        else:
            rule = _RULES.get(new.id + new.list_type)
            body = there.body if rule is None else rule(there.body, new.body, own.body(new), overwrite)
        if body != there.body:
            changed.append(Chunk(there.id, body))
    return changed


def left_alone(old: Sequence[Chunk], wanted: Sequence[Chunk]) -> list[str]:
    """A reason for each chunk that `merged` leaves as it is because it cannot be read."""
    there = [next((chunk for chunk in old if new.replaces(chunk)), None) for new in wanted]
    return [why for chunk in there if chunk is not None and (why := _why_left(chunk)) is not None]


def _why_left(chunk: Chunk) -> str | None:
    name = f"{chunk.id.decode('latin-1').strip()} {chunk.list_type.decode('latin-1')}".strip()
    if not chunk.whole:
        return f"its {name} chunk is cut off, so it stays as it is"
    if chunk.list_type == b"INFO" and list_entries(chunk.body) is None:
        return f"the entries of its {name} chunk cannot be told apart, so it stays as it is"
    if chunk.id == b"iXML" and not _is_utf8(chunk.body):
        return "its iXML chunk is not UTF-8, so it stays as it is"
    if chunk.id.lower() == b"id3 ":
        try:
            parse(chunk.body)
        except mutagen.MutagenError as error:
            return f"{error}, so it stays as it is"
    return None


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _bext(old: bytes, new: bytes, own: bytes, overwrite: bool) -> bytes:  # noqa: ARG001 - another's is never replaced
    """Description and originator where there are none, or roadie's own."""
    body = bytearray(old)
    for part in (_DESCRIPTION, _ORIGINATOR):
        if len(old) >= part.stop and (not old[part].strip(b"\0 ") or old[part] == own[part]):
            body[part] = new[part]
    return bytes(body)


def _info(old: bytes, new: bytes, own: bytes, overwrite: bool) -> bytes:
    """Texts that are missing go to the end; others keep their bytes and their order."""
    entries = list_entries(old)
    if entries is None:
        return old
    fresh, before = dict(info_parts(new)), dict(info_parts(own))

    def gives_way(entry: Entry) -> bool:
        if not entry.text.strip(b"\0 ") or entry.text == before.get(entry.name):
            return True
        return overwrite and entry.name in _OVERWRITTEN

    body, at = bytearray(), 0
    for entry in entries:
        if entry.name in fresh and entry.text != fresh[entry.name] and gives_way(entry):
            body += old[at : entry.start] + sub_chunk(entry.name, fresh[entry.name])
            at = entry.end
    end = entries[-1].end if entries else len(_INFO)
    body += old[at:end]
    more = [sub_chunk(name, text) for name, text in fresh.items() if name not in {one.name for one in entries}]
    if more and entries and at < end and not entries[-1].padded:
        body += b"\0"  # the last one has no pad byte, which readers expect before the next
    return bytes(body) + b"".join(more) + old[end:]


def _ixml(old: bytes, new: bytes, own: bytes, overwrite: bool) -> bytes:
    """Elements of USER that are missing, put into the text as it stands; a text that is no such XML stays as it is."""
    text = old.decode("utf-8")
    fresh, before = _user_elements(new), dict(_user_elements(own))
    user = _between(text, "<USER>", "</USER>")
    rows = ""
    for name, value in fresh:
        pattern = re.compile(rf"(<{name}>)([^<]*)(</{name}>)")
        there = pattern.search(user)
        if there is None:
            rows += f"<{name}>{value}</{name}>\n"
        elif overwrite or there[2] == before.get(name):
            replaced = pattern.sub(lambda found, value=value: f"{found[1]}{value}{found[3]}", user, count=1)  # type: ignore[misc]
            text, user = text.replace(user, replaced, 1), replaced
    if rows and "</USER>" in text:
        text = text.replace("</USER>", f"{rows}</USER>", 1)
    elif rows and "<USER/>" in text:
        text = text.replace("<USER/>", f"<USER>\n{rows}</USER>", 1)
    elif rows and "</BWFXML>" in text:
        text = text.replace("</BWFXML>", f"<USER>\n{rows}</USER>\n</BWFXML>", 1)
    return text.encode("utf-8")


def _user_elements(body: bytes) -> list[tuple[str, str]]:
    """Of an iXML chunk that roadie made."""
    return re.findall(r"<(\w+)>([^<]*)</\1>", _between(body.decode("utf-8"), "<USER>", "</USER>"))


def _between(text: str, start: str, end: str) -> str:
    return text.partition(start)[2].partition(end)[0]


def _smpl(old: bytes, new: bytes, own: bytes, overwrite: bool) -> bytes:
    """Loop points stay; the root note is replaced only when asked, or when it is roadie's own."""
    if len(old) < _UNITY_NOTE.stop or not (overwrite or old[_UNITY_NOTE] == own[_UNITY_NOTE]):
        return old
    return old[: _UNITY_NOTE.start] + new[_UNITY_NOTE] + old[_UNITY_NOTE.stop :]


def _whole(old: bytes, new: bytes, own: bytes, overwrite: bool) -> bytes:
    return new if overwrite or old == own else old


_RULES: dict[bytes, Callable[[bytes, bytes, bytes, bool], bytes]] = {
    b"bext": _bext,
    b"LISTINFO": _info,
    b"iXML": _ixml,
    b"smpl": _smpl,
    b"acid": _whole,
}
"""`cue ` and LIST adtl have no rule: what stands there stays."""
