"""Where in a file its sound stands in one piece: what an edit of its metadata moves and does not change."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from daemon.audio import mpeg, riff
from daemon.audio.binary import id3v2_size, open_binary
from daemon.audio.sniff import sniff


def sound_extent(path: Path) -> tuple[int, int] | None:
    """(start, length) in bytes; None where the sound is in pieces (Ogg) or the container is not known."""
    container = sniff(path)
    with open_binary(path) as file:
        if container in ("wav", "rf64", "aiff"):
            name = b"SSND" if container == "aiff" else b"data"
            place = next((place for place in riff.walk(file, path) if place.id == name), None)
            return None if place is None else (place.start, place.size)
        if container == "mp3":
            start, end = mpeg.payload_range(file)
            return start, end - start
        if container == "flac":
            return _flac(file)
        return _mp4(file) if container == "mp4" else None


def _flac(file: BinaryIO) -> tuple[int, int]:
    """What follows the metadata blocks."""
    at = 0
    file.seek(at)
    while size := id3v2_size(file.read(10)):
        at += size
        file.seek(at)
    at, last = at + 4, False
    while not last:
        file.seek(at)
        header = file.read(4)
        if len(header) < 4:
            break
        last = bool(header[0] & 0x80)
        at += 4 + int.from_bytes(header[1:], "big")
    return at, max(file.seek(0, 2) - at, 0)


def _mp4(file: BinaryIO) -> tuple[int, int] | None:
    """The largest `mdat` box."""
    end = file.seek(0, 2)
    at, best = 0, None
    while at + 8 <= end:
        file.seek(at)
        head = file.read(16)
        size, name = int.from_bytes(head[:4], "big"), head[4:8]
        if size == 1 and len(head) == 16:
            size = int.from_bytes(head[8:], "big")
        size = end - at if size == 0 else size
        if size < 8:
            break
        if name == b"mdat" and (best is None or size > best[1]):
            best = (at, min(size, end - at))
        at += size
    return best
