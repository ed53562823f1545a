"""Byte ranges and conditions of RFC 9110, sections 13 and 14, for one file. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ONE_RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)


@dataclass(frozen=True, slots=True)
class ByteRange:
    """start and end (not included), in bytes; 0 <= start < end <= size of the file."""

    start: int
    end: int


class NotSatisfiable(Exception):
    """No byte of the file lies in the range asked for: 416."""


def parse_range(header: str | None, size_bytes: int) -> ByteRange | None:
    """The part asked for, or None for all of it.

    A header that is malformed, of another unit, or of several ranges is ignored, as the RFC allows. Raises
    NotSatisfiable.
    """
    match = _ONE_RANGE.fullmatch(header.strip().lower()) if header else None
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        return _suffix(int(last), size_bytes)
    start, end = int(first), int(last) + 1 if last else size_bytes
    if end <= start < size_bytes:
        return None  # last before first: malformed
    if start >= size_bytes:
        raise NotSatisfiable
    return ByteRange(start, min(end, size_bytes))


def _suffix(length: int, size_bytes: int) -> ByteRange:
    if length == 0 or size_bytes == 0:
        raise NotSatisfiable
    return ByteRange(max(0, size_bytes - length), size_bytes)


def etag_matches(header: str, etag: str, *, weak: bool) -> bool:
    """Whether a list of entity tags ("a", W/"b", or *) names `etag` (quoted, strong)."""
    if header.strip() == "*":
        return True
    tags = [tag.strip() for tag in header.split(",")]
    return any((tag.removeprefix("W/") if weak else tag) == etag for tag in tags)
