"""Where a file says that it begins on a timeline, in containers that have no broadcast extension of their own.

Such a file was made from a Broadcast WAV: ffmpeg keeps the number as the tag TIME_REFERENCE (a Vorbis comment, or a
TXXX frame of ID3), `flac --keep-foreign-metadata` keeps the whole `bext` chunk in an application block "riff".
Frames since midnight at the file's own rate, as in EBU Tech 3285.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mutagen
from mutagen.aiff import AIFF
from mutagen.flac import FLAC
from mutagen.id3 import ID3
from mutagen.oggopus import OggOpus

TAG = "time_reference"
BEXT_OFFSET = 338
"""Of the number in the body of a `bext` chunk: 64 bits, little-endian."""
_LONGEST_S = 366 * 24 * 3600
"""The number counts from midnight, and recorders that run for days count on; nothing records for a year. Programs that
know no place write all bits set, or leave what stood in memory."""
_APPLICATION_BLOCK, _RIFF_BLOCK = 2, b"riff"
_MOST_DIGITS = 18


def of_bext(body: bytes) -> int | None:
    """The number in the body of a `bext` chunk; None when the body is too short for one."""
    if len(body) < BEXT_OFFSET + 8:
        return None
    return int(struct.unpack_from("<Q", body, BEXT_OFFSET)[0])


def plausible(frames: int | None, rate_hz: float) -> int | None:
    """The number, or None where no session can have got that far: then it is no place on a timeline."""
    return frames if frames is not None and 0 <= frames <= _LONGEST_S * rate_hz else None


def tagged(path: Path, container: str) -> int | None:
    """What the tags of a FLAC, Ogg, MP3 or AIFF file say; None when they say nothing that is a number of frames.

    Damaged tags say nothing: whether the sound can be read is for its decoder to tell.
    """
    look = _LOOKS.get(container)
    try:
        return None if look is None else look(path)
    except (mutagen.MutagenError, struct.error, ValueError):
        return None


def _flac(path: Path) -> int | None:
    file = FLAC(path)
    for block in file.metadata_blocks:
        data = getattr(block, "data", b"")
        if block.code == _APPLICATION_BLOCK and data[:8] == _RIFF_BLOCK + b"bext":
            return of_bext(data[12:])  # behind the chunk's id and size
    return _comment(file)


def _ogg(path: Path) -> int | None:
    """Not of Opus, whose rate is 48 kHz whatever rate the number was counted at."""
    file = mutagen.File(path)
    return None if file is None or isinstance(file, OggOpus) else _comment(file)


def _comment(file: Any) -> int | None:
    return None if file.tags is None else _number((file.tags.get(TAG) or [""])[0])


def _id3(tags: Any) -> int | None:
    frames = [] if tags is None else tags.getall("TXXX")
    texts = [frame.text[0] for frame in frames if frame.desc.lower() == TAG and frame.text]
    return _number(texts[0]) if texts else None


def _number(text: object) -> int | None:
    said = str(text).strip()
    return int(said) if said.isascii() and said.isdigit() and len(said) <= _MOST_DIGITS else None


_LOOKS: dict[str, Callable[[Path], int | None]] = {
    "flac": _flac,
    "ogg": _ogg,
    "mp3": lambda path: _id3(ID3(path)),
    "aiff": lambda path: _id3(AIFF(path).tags),
}
