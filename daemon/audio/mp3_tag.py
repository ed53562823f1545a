"""The ID3 tags of an MP3 file: the newer one at its start, the older one at its end."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, BinaryIO

from mutagen.id3 import ParseID3v1

from daemon.audio.binary import open_binary
from daemon.audio.id3_raw import tag_bytes

_ID3V1_BYTES = 128
_ID3V2_HEADER_BYTES = 10


def mp3_tag(path: Path) -> tuple[bytes, list[Any]]:
    """As `read_tag`."""
    with open_binary(path) as file:
        return read_tag(file)


def read_tag(file: BinaryIO) -> tuple[bytes, list[Any]]:
    """(the ID3v2 tag that the file begins with, empty where it has none; frames of the ID3v1 tag at its end)."""
    file.seek(0)
    head = file.read(_ID3V2_HEADER_BYTES)
    length = tag_bytes(head) if head.startswith(b"ID3") and len(head) == _ID3V2_HEADER_BYTES else 0
    file.seek(0)
    tag = file.read(length)
    file.seek(-min(_ID3V1_BYTES, file.seek(0, os.SEEK_END)), os.SEEK_END)
    return tag, _id3v1(file.read(_ID3V1_BYTES), 4 if head[3:4] == b"\4" else 3)


def _id3v1(data: bytes, version: int) -> list[Any]:
    """The frames of an ID3v1 tag. Its comment is the comment, not one of a kind of its own as mutagen has it."""
    frames = list((ParseID3v1(data, v2_version=version) or {}).values())
    for frame in frames:
        if frame.FrameID == "COMM":
            frame.desc = ""
    return frames
