"""Whether a file is as long as its own header says, for containers whose decoders take a cut one without a word."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from daemon.audio.binary import open_binary, shown
from daemon.kernel.errors import UnreadableAudio

_W64_HEADER_BYTES = 24
_CAF_HEADER_BYTES = 12


def check_whole(path: Path, container: str) -> None:
    """Raises UnreadableAudio when the file ends before the place that its header names."""
    find = _FINDERS.get(container)
    if find is None:
        return
    with open_binary(path) as file:
        there = file.seek(0, 2)
        end = find(file, there)
    if end is not None and end > there:
        raise UnreadableAudio(f"truncated: it ends at byte {there} of {end}", where=shown(path))


def _at(file: BinaryIO, start: int, count: int) -> bytes:
    file.seek(start)
    return file.read(count)


def _au_end(file: BinaryIO, there: int) -> int | None:  # noqa: ARG001 - each finder has the same signature
    head = _at(file, 4, 8)
    size = int.from_bytes(head[4:], "big")
    return None if size == 0xFFFFFFFF else int.from_bytes(head[:4], "big") + size


def _avi_end(file: BinaryIO, there: int) -> int | None:  # noqa: ARG001
    return 8 + int.from_bytes(_at(file, 4, 4), "little")


def _w64_end(file: BinaryIO, there: int) -> int | None:
    """Sony Wave64: chunks of a GUID and a u64 size that counts both, on 8-byte borders."""
    at = 40
    while at + _W64_HEADER_BYTES <= there:
        head = _at(file, at, _W64_HEADER_BYTES)
        size = max(_W64_HEADER_BYTES, int.from_bytes(head[16:], "little"))
        if head.startswith(b"data"):
            return at + size
        at += -(-size // 8) * 8
    return None


def _caf_end(file: BinaryIO, there: int) -> int | None:
    """Core Audio Format: chunks of a name and an i64 size, -1 for data that runs to the end."""
    at = 8
    while at + _CAF_HEADER_BYTES <= there:
        head = _at(file, at, _CAF_HEADER_BYTES)
        size = int.from_bytes(head[4:], "big", signed=True)
        if size < 0:
            return None
        at += _CAF_HEADER_BYTES + size
    return at


def _mp4_end(file: BinaryIO, there: int) -> int | None:
    """ISO/IEC 14496-12: boxes of a u32 size (1: a u64 follows, 0: to the end) and a name."""
    at = 0
    while at + 8 <= there:
        head = _at(file, at, 16)
        size = int.from_bytes(head[:4], "big")
        size = int.from_bytes(head[8:16], "big") if size == 1 else size
        if size < 8:
            return None
        at += size
    return at


def _matroska_end(file: BinaryIO, there: int) -> int | None:  # noqa: ARG001
    """RFC 8794: the EBML header, then a Segment; all ones in its size mean that nobody knows it."""
    header_size, at = _vint(file, 4)
    if header_size is None or _at(file, at + header_size, 4) != b"\x18\x53\x80\x67":
        return None
    size, start = _vint(file, at + header_size + 4)
    return None if size is None else start + size


def _vint(file: BinaryIO, at: int) -> tuple[int | None, int]:
    """(value, place after it) of a variable-length number."""
    data = _at(file, at, 8)
    length = 9 - data[0].bit_length() if data and data[0] else 9
    if len(data) < length:
        return None, at
    value = int.from_bytes(data[:length], "big") & ((1 << 7 * length) - 1)
    return (None if value == (1 << 7 * length) - 1 else value), at + length


_FINDERS: dict[str, Callable[[BinaryIO, int], int | None]] = {
    "au": _au_end,
    "avi": _avi_end,
    "w64": _w64_end,
    "caf": _caf_end,
    "mp4": _mp4_end,
    "matroska": _matroska_end,
}
