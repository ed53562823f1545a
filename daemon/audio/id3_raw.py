"""ID3v2 tags as bytes: frames are put into a tag, and those that stand there keep every byte, whatever is in them.

Sources: id3.org's ID3v2.2.0, ID3v2.3.0 and ID3v2.4.0 structure documents.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any

import mutagen
from mutagen.id3 import ID3

_UNSYNCHRONISED, _EXTENDED, _FOOTER = 0x80, 0x40, 0x10
_HEADER_BYTES = 10
_SHORT_NAMES = {
    b"TIT2": b"TT2", b"TPE1": b"TP1", b"TALB": b"TAL", b"TCON": b"TCO", b"TKEY": b"TKE", b"TBPM": b"TBP",
    b"COMM": b"COM", b"TXXX": b"TXX", b"TYER": b"TYE", b"TRCK": b"TRK",
}  # fmt: skip
"""What frames that roadie writes are called in ID3v2.2."""


@dataclass(frozen=True, slots=True)
class Frame:
    """raw: header and body, as they stand. key: as mutagen names it (`TXXX:class`), nothing where it cannot read it.
    text: what it says."""

    id: str
    raw: bytes
    key: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class RawTag:
    """version: 2, 3 or 4. rest: what stands behind the last frame: padding, or what nobody can read. plain_sizes: the
    sizes of frames are ordinary numbers, as in v2.3 and, against the standard, in what old programs write as v2.4."""

    version: int
    frames: tuple[Frame, ...]
    rest: bytes = b""
    flags: int = 0
    plain_sizes: bool = True

    def texts(self, key: str) -> list[str]:
        """What the frames of this key say; empty ones say nothing."""
        return [frame.text for frame in self.frames if frame.key == key and frame.text]

    def unread(self, name: str) -> bool:
        """Whether a frame of this name stands there that mutagen cannot read."""
        return any(frame.id == name and not frame.key for frame in self.frames)

    def with_frames(self, new: Sequence[Any], without: Collection[str] = ()) -> RawTag:
        """mutagen's frames instead of those of the same key, behind the others; they take what they need of the tag's
        padding. without: keys of frames that go."""
        added = [Frame(each.FrameID, self._raw(each), each.HashKey, str(each)) for each in new]
        replaced = {frame.key for frame in added} | set(without)
        frames = [frame for frame in self.frames if frame.key not in replaced] + added
        rest = self.rest
        if not rest.strip(b"\0"):
            grown = sum(len(frame.raw) for frame in frames) - sum(len(frame.raw) for frame in self.frames)
            rest = bytes(max(len(rest) - max(grown, 0), 0))
        return replace(self, frames=tuple(frames), rest=rest)

    def data(self) -> bytes:
        """Nothing where no frame is in it: the standard knows no such tag."""
        if not self.frames and not self.rest.strip(b"\0"):
            return b""
        body = b"".join(frame.raw for frame in self.frames) + self.rest
        if len(body) >= 1 << 28:
            raise mutagen.MutagenError("its ID3 tag would be too large")
        return b"ID3" + bytes((self.version, 0, self.flags)) + _as_syncsafe(len(body)) + body

    def _raw(self, frame: Any) -> bytes:
        """A frame of mutagen's as it stands in a tag of this version."""
        if self.version == 4 and self.flags & _UNSYNCHRONISED:
            frame.encoding = 3  # UTF-8 holds no byte that would have to be hidden
        tag, body = ID3(), BytesIO()
        tag.add(frame)
        tag.save(body, v1=0, v2_version=max(self.version, 3), v23_sep=None, padding=lambda _: 0)
        raw = body.getvalue()[_HEADER_BYTES:]
        if self.version == 2:
            return _SHORT_NAMES[raw[:4]] + raw[5:8] + raw[_HEADER_BYTES:]
        if self.version == 4 and self.plain_sizes:
            return raw[:4] + (len(raw) - _HEADER_BYTES).to_bytes(4, "big") + raw[8:]
        return raw


def tag_bytes(data: bytes) -> int:
    """How long the tag is that `data` begins with, its footer included."""
    return _HEADER_BYTES + _syncsafe(data[6:10]) + (_HEADER_BYTES if data[3] >= 4 and data[5] & _FOOTER else 0)


def parse(data: bytes) -> RawTag:
    """The tag that `data` begins with. An extended header and a footer are left out: they repeat sizes and sums that
    another frame makes untrue. Raises MutagenError for what is no ID3v2 tag or has been cut off."""
    if len(data) < _HEADER_BYTES or data[:3] != b"ID3" or data[3] not in (2, 3, 4):
        raise mutagen.MutagenError("its ID3 tag is of a version that nobody has described")
    version, flags, size = data[3], data[5], _syncsafe(data[6:10])
    body = data[_HEADER_BYTES : _HEADER_BYTES + size]
    if len(body) < size or any(byte & 0x80 for byte in data[6:10]):
        raise mutagen.MutagenError("its ID3 tag is cut off")
    if version == 2 and flags & _EXTENDED:
        raise mutagen.MutagenError("its ID3v2.2 tag is compressed, in a way that nobody has described")
    if version < 4 and flags & _UNSYNCHRONISED:
        body = re.sub(rb"\xff\0", b"\xff", body)
        flags &= ~_UNSYNCHRONISED
    if flags & _EXTENDED and not re.match(rb"[A-Z0-9]{4}", body):
        length = _syncsafe(body[:4]) if version == 4 else 4 + int.from_bytes(body[:4], "big")
        body = body[length:]
    flags &= ~(_EXTENDED | _FOOTER)
    plain = version != 4
    frames, rest = _frames(body, version, flags, plain)
    if rest.strip(b"\0") and version > 2:
        others = _frames(body, version, flags, not plain)
        if not others[1].strip(b"\0"):
            (frames, rest), plain = others, not plain
    return RawTag(version, frames, rest, flags, plain)


def _frames(body: bytes, version: int, flags: int, plain: bool) -> tuple[tuple[Frame, ...], bytes]:
    """Frames as far as they follow each other, and what is behind them."""
    pattern = re.compile(rb"[A-Z0-9]{3}" if version == 2 else rb"[A-Z0-9]{3}[A-Z0-9 \0]")
    header = 6 if version == 2 else 10
    frames, at = [], 0
    while at + header <= len(body) and (name := pattern.match(body, at)):
        sizes = body[at + len(name[0]) : at + (6 if version == 2 else 8)]
        size = int.from_bytes(sizes, "big") if plain else _syncsafe(sizes)
        if at + header + size > len(body):
            break
        raw = body[at : at + header + size]
        frames.append(_frame(name[0], raw, version, flags, plain))
        at += len(raw)
    return tuple(frames), body[at:]


def _frame(name: bytes, raw: bytes, version: int, flags: int, plain: bool) -> Frame:
    """What mutagen makes of a frame when it is alone in a tag."""
    alone = raw
    if version == 4 and plain:  # read alone, nothing would tell that its size is an ordinary number
        alone = raw[:4] + _as_syncsafe(len(raw) - 10) + raw[8:]
    elif version == 3 and not plain:
        alone = raw[:4] + (len(raw) - 10).to_bytes(4, "big") + raw[8:]
    head = b"ID3" + bytes((version, 0, flags)) + _as_syncsafe(len(alone))
    try:
        found = list(ID3(BytesIO(head + alone), translate=False, load_v1=False).values())
    except (mutagen.MutagenError, ValueError, IndexError, EOFError):
        found = []
    if len(found) != 1:
        return Frame(name.decode("ascii").rstrip("\0 "), raw)
    return Frame(found[0].FrameID, raw, found[0].HashKey, _text_of(found[0]))


def _text_of(frame: Any) -> str:
    return str(frame) if hasattr(frame, "text") else ""


def _syncsafe(data: bytes) -> int:
    value = 0
    for byte in data:
        value = value << 7 | byte & 0x7F
    return value


def _as_syncsafe(value: int) -> bytes:
    return bytes(value >> shift & 0x7F for shift in (21, 14, 7, 0))
