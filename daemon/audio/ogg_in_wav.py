"""WAV files whose data is an Ogg stream, as five samples of lmms are: format tags 0x674F to 0x6751, 0x676F to 0x6771
(mmreg.h: Ogg Vorbis, modes 1 to 3). No decoder that we have knows them; where the stream begins with its headers, as in
mode 1, it is an ordinary one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from daemon.audio.binary import open_binary
from daemon.audio.riff import walk

_PAGE = b"OggS"


class Part:
    """Bytes start to start + size of an open file, as a file for reading. Closes it."""

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        self._file = file
        self._start = start
        self._size = size
        self._at = 0

    def read(self, count: int = -1) -> bytes:
        left = max(0, self._size - self._at)
        self._file.seek(self._start + self._at)
        data = self._file.read(left if count < 0 else min(count, left))
        self._at += len(data)
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def close(self) -> None:
        self._file.close()


def open_ogg_part(path: Path) -> Part | None:
    """The Ogg stream in the data of a WAV file, open; None where there is none."""
    file = open_binary(path)
    try:
        for place in walk(file, path) if file.read(4) == b"RIFF" else ():
            if place.id == b"data":
                if file.read(len(_PAGE)) == _PAGE:
                    return Part(file, place.start, place.size)
                break
    except BaseException:
        file.close()
        raise
    file.close()
    return None
