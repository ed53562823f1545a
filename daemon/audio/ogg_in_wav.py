"""WAV files whose data is an Ogg stream, as five samples of lmms are (their format tag is 0x674F; mmreg.h has six such
tags). No decoder that we have knows them. The stream is looked for whatever the tag says; one that begins with its
headers, as in the first of the three modes, is an ordinary one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from daemon.audio.binary import open_binary
from daemon.audio.riff import ChunkPlace, walk

_PAGE = b"OggS"


class Part:
    """Bytes start to start + size of an open file, as a file for reading. Closes it.

    libsndfile reads it, which has no use for an exception: `problem` keeps it.
    """

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        self._file = file
        self._start = start
        self._size = size
        self._at = 0
        self.problem: OSError | None = None

    def read(self, count: int = -1) -> bytes:
        left = max(0, self._size - self._at)
        try:
            self._file.seek(self._start + self._at)
            data = self._file.read(left if count < 0 else min(count, left))
        except OSError as error:
            self.problem = error
            return b""
        self._at += len(data)
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = max(0, offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence])
        return self._at

    def tell(self) -> int:
        return self._at

    def close(self) -> None:
        self._file.close()


def open_ogg_part(path: Path) -> Part | None:
    """The Ogg stream in the data of a WAV file, open; None where there is none."""
    file = open_binary(path)
    try:
        place = ogg_place(file, path)
    except BaseException:
        file.close()
        raise
    if place is None:
        file.close()
        return None
    return Part(file, place.start, place.size)


def ogg_place(file: BinaryIO, path: Path) -> ChunkPlace | None:
    """Where the Ogg stream in an open WAV file is, None where there is none. Raises UnreadableAudio, OSError."""
    file.seek(0)
    for place in walk(file, path) if file.read(4) == b"RIFF" else ():
        if place.id == b"data":
            return place if file.read(len(_PAGE)) == _PAGE else None
    return None
