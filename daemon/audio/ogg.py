"""Ogg pages (RFC 3533): whether the file is whole, and what Opus skips at its start."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from daemon.audio.binary import open_binary, shown
from daemon.kernel.errors import UnreadableAudio

_HEADER_BYTES = 27
_LARGEST_PAGE_BYTES = _HEADER_BYTES + 255 + 255 * 255


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


def check_whole(path: Path) -> None:
    """Raises UnreadableAudio when the file ends inside a page: decoders pass over that without a word."""
    with open_binary(path) as file:
        file.seek(0, 2)
        end = file.tell()
        start = max(0, end - 2 * _LARGEST_PAGE_BYTES)
        file.seek(start)
        tail = file.read()
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
