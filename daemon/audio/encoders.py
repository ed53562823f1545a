"""Writing AIFF, FLAC, Ogg Vorbis and MP3 block by block, through libsndfile."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Literal, Protocol, Self

import numpy as np
import soundfile
from numpy.typing import NDArray

from daemon.audio.binary import shown
from daemon.audio.quantise import BITS, Depth, fits, to_integers
from daemon.kernel.disk import disk_error
from daemon.kernel.errors import BadParameter, DiskError, OverFullScale

Audio = NDArray[np.float32]
Container = Literal["wav", "flac", "aiff", "mp3", "ogg"]

SUFFIXES: dict[Container, str] = {"wav": ".wav", "flac": ".flac", "aiff": ".aiff", "mp3": ".mp3", "ogg": ".ogg"}
LOSSY = frozenset({"mp3", "ogg"})
_SUBTYPES = {"pcm16": "PCM_16", "pcm24": "PCM_24", "float32": "FLOAT", "mp3": "MPEG_LAYER_III", "ogg": "VORBIS"}
_COMPRESSION = {"mp3": 0.0, "ogg": 0.1}
"""libsndfile's scale, 0 the best: LAME at its best variable rate, Vorbis at quality 9."""
_MOST_FRAMES = 65536
_CANNOT = "cannot write the file"
_MOST_CHANNELS = {"flac": 8, "mp3": 2, "ogg": 255}
_MP3_RATES_HZ = frozenset({8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000})


class Writer(Protocol):
    """A file being written block by block: `daemon.audio.writer.WavWriter` or `EncodedWriter`."""

    def write(self, block: Audio) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class _Sink:
    """The file below libsndfile, which neither says why it could not write nor, when it closes a file, that it could
    not. refusal: the first one of the disk; nothing is written after it, also where there is room again."""

    def __init__(self, path: Path) -> None:
        self._file: BinaryIO = path.open("wb")
        self.refusal: OSError | None = None

    def write(self, data: bytes) -> int:
        try:
            if self.refusal is None:
                self._file.write(data)
        except OSError as error:
            self.refusal = error
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        try:
            if self.refusal is None:
                self._file.seek(offset, whence)  # writes what is buffered
        except OSError as error:
            self.refusal = error
        return self.tell()

    def tell(self) -> int:
        return self._file.tell()

    def close(self) -> None:
        try:
            self._file.close()
        except OSError as error:
            self.refusal = self.refusal or error


class EncodedWriter:
    """A file in another container than WAV. Left by an error, or when the disk refuses it, the unfinished file is
    removed.

    depth counts for flac (no float) and aiff. Integers are exact, as `daemon.audio.quantise` makes them.
    """

    def __init__(self, path: Path, rate_hz: int, channels: int, container: Container, depth: Depth) -> None:
        _check(path, rate_hz, channels, container, depth)
        self.path = path
        self._bits = None if container in LOSSY else BITS.get(depth)
        subtype = _SUBTYPES[container if container in LOSSY else depth]
        try:
            self._sink = _Sink(path)
        except OSError as error:
            raise disk_error(_CANNOT, shown(path), error) from error
        try:
            self._file = soundfile.SoundFile(
                self._sink,
                "w",
                rate_hz,
                channels,
                subtype,
                format=container.upper(),
                compression_level=_COMPRESSION.get(container),
                bitrate_mode="VARIABLE" if container == "mp3" else None,
            )
        except soundfile.LibsndfileError as error:
            self._sink.close()
            path.unlink(missing_ok=True)
            raise self._error(error) from error

    def write(self, block: Audio) -> None:
        """Append (channels, n). Raises OverFullScale where an integer depth cannot hold it, DiskFull and DiskError."""
        data = self._samples(np.ascontiguousarray(block.T))
        try:
            for at in range(0, len(data), _MOST_FRAMES):  # libvorbis keeps a whole write on its stack
                self._file.write(data[at : at + _MOST_FRAMES])
        except soundfile.LibsndfileError as error:
            raise self._error(error) from error
        self._check_disk()

    def close(self) -> None:
        """Finish the file. Safe to call twice. Raises DiskFull or DiskError."""
        try:
            self._file.close()
        except soundfile.LibsndfileError as error:
            raise self._error(error) from error
        finally:
            self._sink.close()
        self._check_disk()

    def _check_disk(self) -> None:
        if self._sink.refusal is not None:
            raise self._error(self._sink.refusal) from self._sink.refusal

    def _error(self, error: Exception) -> DiskError:
        """What the disk refused, which libsndfile only sees the consequences of; else what libsndfile says."""
        if self._sink.refusal is not None:
            return disk_error(_CANNOT, shown(self.path), self._sink.refusal)
        return DiskError(_CANNOT, where=shown(self.path), why=error)

    def _samples(self, interleaved: Audio) -> Audio | NDArray[np.int32]:
        if self._bits is None:
            return interleaved
        if not fits(interleaved, self._bits):
            raise OverFullScale(
                f"samples pass full scale at {self._bits} bits",
                where=shown(self.path),
                hint="Write 32-bit float instead",
            )
        # libsndfile keeps the upper bits of an int32
        return np.left_shift(to_integers(interleaved, self._bits), 32 - self._bits)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.close()
        except DiskError:
            self.path.unlink(missing_ok=True)
            if kind is None:
                raise
        if kind is not None:
            self.path.unlink(missing_ok=True)


def _check(path: Path, rate_hz: int, channels: int, container: Container, depth: Depth) -> None:
    if channels > _MOST_CHANNELS.get(container, 1024):
        raise BadParameter(f"{container} cannot hold {channels} channels", where=shown(path), hint="Use wav")
    if container == "mp3" and rate_hz not in _MP3_RATES_HZ:
        raise BadParameter(f"mp3 cannot hold {rate_hz} Hz", where=shown(path), hint="Use wav or flac")
    if container == "flac" and depth == "float32":
        raise BadParameter("flac cannot hold float samples", where=shown(path), hint="Use wav")
