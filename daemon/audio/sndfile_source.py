"""Decoding through libsndfile: PCM of every kind, FLAC, Vorbis, Opus in Ogg, MPEG audio."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from daemon.audio import ogg
from daemon.audio.binary import open_binary, shown
from daemon.audio.ogg_in_wav import Part, open_ogg_part
from daemon.kernel.errors import DiskError, UnreadableAudio

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


_LOSSY = frozenset(name for name, (_, bits, _) in _CODECS.items() if bits is None)
_PREROLL_FRAMES = 32 * 1152
"""Decoded and dropped after a seek in a lossy stream: the state of its decoder (overlap, MPEG's bit reservoir of
up to 511 bytes, Opus's convergence) comes from before the place sought."""
_SKIP_FRAMES = 65536


class _Sequential(soundfile.SoundFile):  # type: ignore[misc]
    """soundfile seeks after each read of a file that can seek, by which lossy decoders lose their state (an MP3
    read in blocks comes out damaged). One that says it cannot is read straight on; `seek` itself still works."""

    part: Part | None = None
    """What it reads, where that is not a whole file."""

    def seekable(self) -> bool:
        return False

    def close(self) -> None:
        try:
            super().close()
        finally:
            if self.part is not None:
                self.part.close()


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
        """Make the next `read` begin at `frame`, to the sample."""
        if frame == 0:
            return
        target = self._seekable(frame)
        try:
            if target:
                self._file.seek(target)
        except soundfile.LibsndfileError as error:
            raise UnreadableAudio(
                f"cannot seek to frame {frame}", where=shown(self._path), why=error
            ) from error
        skip = frame - target
        while skip > 0 and (dropped := self.read(min(skip, _SKIP_FRAMES)).shape[1]):
            skip -= dropped

    def _seekable(self, frame: int) -> int:
        """A place at or before `frame` from which libsndfile decodes rightly."""
        if self._file.subtype not in _LOSSY:
            return frame
        target = frame - _PREROLL_FRAMES
        if self._file.format == "OGG":
            # libsndfile counts back from the end of a page, and the last one's end is trimmed: it would be off
            target = min(target, ogg.last_page_start(self._path) - 1 - _PREROLL_FRAMES)
        return max(0, target)

    def read(self, frames: int) -> NDArray[np.float32]:
        """(channels, n), n = `frames` except at the end, where it is less and at last 0."""
        try:
            block = self._file.read(frames, dtype="float32", always_2d=True)
        except soundfile.LibsndfileError as error:
            raise UnreadableAudio("damaged or truncated", where=shown(self._path), why=error) from error
        if self._file.part is not None:
            _refuse_disk(self._file.part, self._path)
        return np.ascontiguousarray(block.T)

    def close(self) -> None:
        self._file.close()


def _open(path: Path) -> _Sequential:
    open_binary(path).close()  # a missing or forbidden file is named as such, not as a bad format
    # bytes, because a name on POSIX need not be UTF-8
    name = str(path) if sys.platform == "win32" else os.fsencode(path)
    try:
        return _Sequential(name)
    except soundfile.LibsndfileError as error:
        inner = _open_part(path)
        if inner is not None:
            return inner
        raise UnreadableAudio("cannot be decoded", where=shown(path), why=error.error_string) from error


def _open_part(path: Path) -> _Sequential | None:
    """The Ogg stream in a WAV file."""
    part = open_ogg_part(path)
    if part is None:
        return None
    try:
        file = _Sequential(part)
    except BaseException as error:
        part.close()
        _refuse_disk(part, path)
        if isinstance(error, soundfile.LibsndfileError):
            raise UnreadableAudio("cannot be decoded", where=shown(path), why=error.error_string) from error
        raise
    file.part = part
    return file


def _refuse_disk(part: Part, path: Path) -> None:
    if part.problem is not None:
        raise DiskError("cannot read the file", where=shown(path), why=part.problem) from part.problem
