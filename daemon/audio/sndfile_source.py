"""Decoding through libsndfile: PCM of every kind and FLAC.

It also knows lossy files, and tells their exact length; but soundfile seeks after each read, and its MPEG decoder
loses its bit reservoir by that: read in blocks, an MP3 comes out damaged. Those are decoded through PyAV.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from daemon.audio.binary import open_binary, shown
from daemon.kernel.errors import UnreadableAudio

_CODECS = {
    "PCM_S8": ("pcm8", 8, False),
    "PCM_U8": ("pcm8", 8, False),
    "PCM_16": ("pcm16", 16, False),
    "PCM_24": ("pcm24", 24, False),
    "PCM_32": ("pcm32", 32, False),
    "FLOAT": ("float32", 32, True),
    "DOUBLE": ("float64", 64, True),
    "VORBIS": ("vorbis", None, False),
    "OPUS": ("opus", None, False),
    "MPEG_LAYER_I": ("mp1", None, False),
    "MPEG_LAYER_II": ("mp2", None, False),
    "MPEG_LAYER_III": ("mp3", None, False),
}


@dataclass(frozen=True, slots=True)
class Described:
    rate_hz: int
    channels: int
    frames: int
    codec: str
    bits: int | None
    is_float: bool


def describe(path: Path) -> Described:
    """What libsndfile says of the file. Raises UnreadableAudio with its reason."""
    with _open(path) as file:
        codec, bits, is_float = _CODECS.get(file.subtype, (file.subtype.lower(), None, False))
        if file.format == "FLAC":
            codec = "flac"
        frames = file.frames
        return Described(
            file.samplerate, file.channels, frames if 0 <= frames < 1 << 62 else 0, codec, bits, is_float
        )


class SndfileSource:
    """Frames of a file in order. Not to be shared between threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = _open(path)

    def seek(self, frame: int) -> None:
        """Make the next `read` begin at `frame`."""
        try:
            self._file.seek(frame)
        except soundfile.LibsndfileError as error:
            raise UnreadableAudio(
                f"cannot seek to frame {frame}", where=shown(self._path), why=error
            ) from error

    def read(self, frames: int) -> NDArray[np.float32]:
        """(channels, n), n = `frames` except at the end, where it is less and at last 0."""
        try:
            block = self._file.read(frames, dtype="float32", always_2d=True)
        except soundfile.LibsndfileError as error:
            raise UnreadableAudio("damaged or truncated", where=shown(self._path), why=error) from error
        return np.ascontiguousarray(block.T)

    def close(self) -> None:
        self._file.close()


def _open(path: Path) -> soundfile.SoundFile:
    open_binary(path).close()  # a missing or forbidden file is named as such, not as a bad format
    # bytes, because a name on POSIX need not be UTF-8
    name = str(path) if sys.platform == "win32" else os.fsencode(path)
    try:
        return soundfile.SoundFile(name)
    except soundfile.LibsndfileError as error:
        raise UnreadableAudio("cannot be decoded", where=shown(path), why=error.error_string) from error
