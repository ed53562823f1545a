"""New facts into the metadata chunks that a WAV has already: what is empty is filled, what is said stays.

Only with `overwrite` do genre, key, tempo and root note take the place of others; comments, titles, cue points, loop
points and everything that roadie does not know stay in any case. What roadie wrote there itself, and nobody changed
since, gives way to what it knows now, and goes where it knows nothing any more.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

import mutagen

from daemon.audio.chunk_bodies import list_entries, sub_chunk
from daemon.audio.chunks import Chunk
from daemon.audio.id3_frames import filled
from daemon.audio.id3_raw import parse
from daemon.audio.places import (
    DESCRIPTION,
    ORIGINATOR,
    UNITY_NOTE,
    bext_text,
    info_texts,
    ixml_texts,
    smpl_texts,
)
from daemon.audio.tag_facts import NOBODYS, Own, Tags

_INFO = b"INFO"
_OVERWRITTEN = frozenset({"IGNR", "IKEY"})
_NO_NOTE = struct.pack("<II", 60, 0)
"""At which every sampler plays a sound as it is."""


def merged(
    old: Sequence[Chunk],
    wanted: Sequence[Chunk],
    tags: Tags,
    overwrite: bool,
    own: Own = NOBODYS,
    again: Sequence[Chunk] = (),
) -> list[Chunk]:
    """The chunks to write with `write_with_chunks`: those of `wanted` that the file lacks, those it has with what was
    missing in them, and those that go. A file with cue points gets no others, nor labels for
    them. tags: for its ID3 chunk. again: the chunks as they are to be in places that are roadie's own."""
    marked = any(chunk.id == b"cue " or chunk.list_type == b"adtl" for chunk in old)
    changed = []
    for new in wanted:
        if not any(new.replaces(chunk) for chunk in old) and not (
            marked and (new.id == b"cue " or new.list_type == b"adtl")
        ):
            changed.append(new)
    for there in _first_of_each_kind(old):
        if _why_left(there) is not None:
            continue
        if there.id.lower() == b"id3 ":
            filled_tag = filled(there.body, tags, overwrite=overwrite, own=own)
            body = there.body if filled_tag is None else filled_tag
        elif (rule := _RULES.get(there.id + there.list_type)) is not None:
            body = rule(there.body, _Words(_body(wanted, there), _body(again, there), own, overwrite))
        else:
            continue
        if body != there.body:
            changed.append(Chunk(there.id, body, gone=not body))
    return changed


def _first_of_each_kind(chunks: Sequence[Chunk]) -> list[Chunk]:
    """Those that `write_with_chunks` replaces."""
    found: list[Chunk] = []
    for chunk in chunks:
        if not any(chunk.replaces(each) for each in found):
            found.append(chunk)
    return found


def _body(chunks: Sequence[Chunk], like: Chunk) -> bytes:
    """Of the chunk of this kind; nothing where there is none."""
    return next((chunk.body for chunk in chunks if like.replaces(chunk)), b"")


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


@dataclass(frozen=True, slots=True)
class _Words:
    """What is to be said in a chunk. new: its body for places that are empty or, with `overwrite`, that are another's;
    again: for those that are roadie's own. Either may be nothing."""

    new: bytes
    again: bytes
    own: Own
    overwrite: bool

    def choose(self, place: str, there: str, new: str, again: str, *, overwritten: bool = False) -> str:
        """overwritten: whether this is a place of which others' words are replaced when it is asked for."""
        return self.own.choose(place, there, new, again, overwrite=self.overwrite and overwritten)


def _bext(old: bytes, words: _Words) -> bytes:
    """Description and originator where there are none, or roadie's own."""
    body = bytearray(old)
    for place, part in (("bext description", DESCRIPTION), ("bext originator", ORIGINATOR)):
        there, new, again = (bext_text(each, part) for each in (old, words.new, words.again))
        chosen = words.choose(place, there, new, again)
        if len(old) >= part.stop and chosen != there:
            body[part] = chosen.encode("latin-1").ljust(part.stop - part.start, b"\0")
    return bytes(body)


def _info(old: bytes, words: _Words) -> bytes:
    """Texts that are missing go to the end; others keep their bytes and their order."""
    entries = list_entries(old)
    if entries is None:
        return old
    standing, new, again = (info_texts(each) for each in (old, words.new, words.again))
    changed: dict[str, str] = {}
    for name in dict.fromkeys([*standing, *new]):
        there = standing.get(name, "")
        overwritten = name in _OVERWRITTEN
        chosen = words.choose(
            f"INFO {name}", there, new.get(name, ""), again.get(name, ""), overwritten=overwritten
        )
        if chosen != there:
            changed[name] = chosen
    body, at = bytearray(), 0
    for entry in entries:
        name = entry.name.decode("latin-1")
        if name in changed:
            body += old[at : entry.start] + _entry(name, changed[name])
            at = entry.end
    end = entries[-1].end if entries else len(_INFO)
    body += old[at:end]
    more = [_entry(name, text) for name, text in changed.items() if name not in standing]
    if more and entries and at < end and not entries[-1].padded:
        body += b"\0"  # the last one has no pad byte, which readers expect before the next
    return bytes(body) + b"".join(more) + old[end:]


def _entry(name: str, text: str) -> bytes:
    """Of a LIST INFO; nothing for no text."""
    return sub_chunk(name.encode("latin-1"), text.encode("utf-8") + b"\0") if text else b""


def _ixml(old: bytes, words: _Words) -> bytes:
    """Elements of USER that are missing, put into the text as it stands; a text that is no such XML stays as it is."""
    standing, new, again = (ixml_texts(each) for each in (old, words.new, words.again))
    text = old.decode("utf-8")
    head, opened, rest = text.partition("<USER>")
    user, closed, tail = rest.partition("</USER>")
    rows = ""
    for name in dict.fromkeys([*standing, *new]):
        there = standing.get(name, "")
        chosen = words.choose(f"iXML {name}", there, new.get(name, ""), again.get(name, ""), overwritten=True)
        if chosen == there:
            continue
        element = f"<{name}>{escape(chosen)}</{name}>" if chosen else ""
        if name not in standing:
            rows += f"{element}\n"
        elif element:
            user = re.sub(rf"<{name}>[^<]*</{name}>", lambda _, element=element: element, user, count=1)  # type: ignore[misc]
        else:
            user = re.sub(rf"(?:(?<=\n)[ \t]+)?<{name}>[^<]*</{name}>\n?", "", user, count=1)
    if opened and closed:
        text = f"{head}{opened}{user}{rows}{closed}{tail}"
    elif rows and "<USER/>" in text:
        text = text.replace("<USER/>", f"<USER>\n{rows}</USER>", 1)
    elif rows and "</BWFXML>" in text:
        text = text.replace("</BWFXML>", f"<USER>\n{rows}</USER>\n</BWFXML>", 1)
    return text.encode("utf-8")


def _smpl(old: bytes, words: _Words) -> bytes:
    """Loop points stay; the root note is replaced only when asked, or when it is roadie's own. A chunk of which all is
    roadie's own goes when nothing of it is to be said any more."""
    if len(old) < UNITY_NOTE.stop:
        return old
    note, rest = smpl_texts(old)
    new, again = (smpl_texts(body)[0] if body else "" for body in (words.new, words.again))
    if words.own.holds("smpl note", note) and words.own.holds("smpl rest", rest):
        return words.again
    chosen = bytes.fromhex(words.choose("smpl note", note, new, again or _NO_NOTE.hex(), overwritten=True))
    return old[: UNITY_NOTE.start] + chosen + old[UNITY_NOTE.stop :]


def _acid(old: bytes, words: _Words) -> bytes:
    """As a whole."""
    chosen = words.choose("acid", old.hex(), words.new.hex(), words.again.hex(), overwritten=True)
    return bytes.fromhex(chosen)


_RULES: dict[bytes, Callable[[bytes, _Words], bytes]] = {
    b"bext": _bext,
    b"LISTINFO": _info,
    b"iXML": _ixml,
    b"smpl": _smpl,
    b"acid": _acid,
}
"""`cue ` and LIST adtl have no rule: what stands there stays."""
