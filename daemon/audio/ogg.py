"""Ogg pages (RFC 3533): whether the file is whole, and what Opus skips at its start."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from daemon.audio.binary import open_binary, shown
from daemon.kernel.errors import UnreadableAudio

_HEADER_BYTES = 27
_LARGEST_PAGE_BYTES = _HEADER_BYTES + 255 + 255 * 255


class Readable(Protocol):
    """A file, or a part of one."""

    def read(self) -> bytes: ...

    def seek(self, offset: int, whence: int = ..., /) -> int: ...


@dataclass(frozen=True, slots=True)
class Page:
    """flags: 1 continued packet, 2 first page, 4 last page. granule: position after the last packet that ends
    here, -1 when none does. lacing: segment sizes. body: its bytes."""

    flags: int
    granule: int
    serial: int
    lacing: bytes
    body: bytes


def pages(file: BinaryIO) -> Iterator[Page]:
    """Whole pages in order, from where `file` stands; ends at the first byte that is no page."""
    while True:
        header = file.read(_HEADER_BYTES)
        if len(header) < _HEADER_BYTES or header[:4] != b"OggS":
            return
        flags, granule, serial, _, _, count = struct.unpack_from("<BqIIIB", header, 5)
        lacing = file.read(count)
        body = file.read(sum(lacing))
        if len(lacing) < count or len(body) < sum(lacing):
            return
        yield Page(flags, granule, serial, lacing, body)


def last_page_start(path: Path) -> int:
    """Granule position at which the last page begins to sound, 0 when it is the only one."""
    tail = _tail(path)
    granules: list[int] = []
    at = len(tail)
    while len(granules) < 2 and (at := tail.rfind(b"OggS", 0, at)) >= 0:
        if len(tail) - at >= _HEADER_BYTES:
            granule = int(struct.unpack_from("<q", tail, at + 6)[0])
            granules += [granule] if granule >= 0 else []
    return granules[1] if len(granules) == 2 else 0


def _tail(path: Path) -> bytes:
    with open_binary(path) as file:
        return _end_of(file)


def _end_of(file: Readable) -> bytes:
    end = file.seek(0, 2)
    file.seek(max(0, end - 3 * _LARGEST_PAGE_BYTES))
    return file.read()


def check_whole(path: Path) -> None:
    """Raises UnreadableAudio when the file ends inside a page: decoders pass over that without a word."""
    with open_binary(path) as file:
        check_stream(file, path)


def check_stream(file: Readable, path: Path) -> None:
    """As `check_whole`, of a stream inside the file."""
    tail = _end_of(file)
    at = tail.rfind(b"OggS")
    lacing = (
        tail[at + _HEADER_BYTES :][: tail[at + _HEADER_BYTES - 1]]
        if 0 <= at <= len(tail) - _HEADER_BYTES
        else b""
    )
    if at < 0:
        return
    missing = at + _HEADER_BYTES > len(tail) or len(lacing) < tail[at + _HEADER_BYTES - 1]
    if missing or at + _HEADER_BYTES + len(lacing) + sum(lacing) > len(tail):
        raise UnreadableAudio("truncated: it ends inside an Ogg page", where=shown(path))


def pre_skip(path: Path) -> int:
    """Frames at 48 kHz that an Opus stream's first page says to drop (RFC 7845), 0 for other codecs."""
    with open_binary(path) as file:
        first = next(pages(file), None)
    if first is None or not first.body.startswith(b"OpusHead"):
        return 0
    return int(struct.unpack_from("<H", first.body, 10)[0])
