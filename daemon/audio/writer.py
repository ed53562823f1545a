"""Writing WAV block by block: exact integers, RF64 past 4 GB, never clipped."""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from daemon.audio.binary import shown
from daemon.audio.chunks import Chunk
from daemon.audio.quantise import BITS, Depth, fits, to_integers
from daemon.kernel.disk import disk_error
from daemon.kernel.errors import BadParameter, DiskError, OverFullScale

Audio = NDArray[np.float32]

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_GUID_TAIL = bytes.fromhex("000000001000800000aa00389b71")
_RIFF_LIMIT = 0xFFFFFFFF
_DS64_BYTES = 28


class WavWriter:
    """A WAV file being written; a context manager. Left by an error, the unfinished file is removed.

    peak: largest absolute sample so far (linear). frames: written so far. A file that grows past 4 GB becomes
    RF64 (EBU Tech 3306) when it is closed. chunks: metadata, `bext` before the audio, the rest behind it.
    `durable` fsyncs the file when it is closed.
    """

    def __init__(
        self,
        path: Path,
        rate_hz: int,
        channels: int,
        depth: Depth = "float32",
        *,
        chunks: Sequence[Chunk] = (),
        durable: bool = False,
        riff_limit: int = _RIFF_LIMIT,
    ) -> None:
        if rate_hz <= 0 or channels <= 0:
            raise BadParameter(f"cannot write {channels} channels at {rate_hz} Hz", where=shown(path))
        self.path, self.rate_hz, self.channels, self.depth = path, rate_hz, channels, depth
        self.peak = 0.0
        self.frames = 0
        self._durable = durable
        self._riff_limit = riff_limit
        self._sample_bytes = BITS.get(depth, 32) // 8
        self._file: BinaryIO | None = _create(path)
        self._before = b"".join(chunk.framed() for chunk in chunks if chunk.before_data)
        self._after = b"".join(chunk.framed() for chunk in chunks if not chunk.before_data)
        self._put(self._header())

    def write(self, block: Audio) -> None:
        """Append (channels, n) samples.

        Raises OverFullScale when an integer depth cannot hold them, and DiskFull or DiskError.
        """
        if block.ndim != 2 or block.shape[0] != self.channels:
            raise BadParameter(
                f"a block of shape {block.shape} for {self.channels} channels", where=shown(self.path)
            )
        if block.shape[1] == 0:
            return
        self.peak = max(self.peak, float(block.max()), -float(block.min()))
        self._put(self._bytes(block))
        self.frames += block.shape[1]

    def _bytes(self, block: Audio) -> bytes:
        interleaved = np.ascontiguousarray(block.T)
        if self.depth == "float32":
            return interleaved.astype("<f4", copy=False).tobytes()
        bits = BITS[self.depth]
        if not fits(block, bits):
            raise OverFullScale(
                f"a peak of {20 * np.log10(self.peak):+.2f} dBFS cannot be written at {bits} bits",
                where=shown(self.path),
                hint="Write 32-bit float instead",
            )
        integers = to_integers(interleaved, bits)
        if bits == 16:
            return integers.astype("<i2").tobytes()
        return integers.astype("<i4", copy=False).view(np.uint8).reshape(-1, 4)[:, :3].tobytes()

    def close(self) -> None:
        """Finish the header. Safe to call twice."""
        if self._file is None:
            return
        if self.frames * self.channels * self._sample_bytes & 1:
            self._put(b"\0")
        self._put(self._after)
        try:
            self._file.seek(0)
            self._put(self._header())
            self._file.flush()
            if self._durable:
                os.fsync(self._file.fileno())
            self._file.close()
        except OSError as error:
            raise _disk_error(self.path, error) from error
        self._file = None

    def _header(self) -> bytes:
        """Everything before the samples. Its size does not depend on the length: JUNK holds the place of ds64."""
        data_bytes = self.frames * self.channels * self._sample_bytes
        chunks = Chunk(b"fmt ", _format(self.rate_hz, self.channels, self.depth)).framed()
        if self.depth == "float32":
            chunks += Chunk(b"fact", struct.pack("<I", min(self.frames, _RIFF_LIMIT))).framed()
        chunks = self._before + chunks
        riff_bytes = 4 + 8 + _DS64_BYTES + len(chunks) + 8 + data_bytes + (data_bytes & 1) + len(self._after)
        if riff_bytes > self._riff_limit:
            ds64 = b"ds64" + struct.pack("<IQQQI", _DS64_BYTES, riff_bytes, data_bytes, self.frames, 0)
            return b"RF64\xff\xff\xff\xffWAVE" + ds64 + chunks + b"data\xff\xff\xff\xff"
        head = b"RIFF" + struct.pack("<I", riff_bytes) + b"WAVE" + Chunk(b"JUNK", bytes(_DS64_BYTES)).framed()
        return head + chunks + b"data" + struct.pack("<I", data_bytes)

    def _put(self, data: bytes) -> None:
        assert self._file is not None, "the file is closed"
        try:
            self._file.write(data)
        except OSError as error:
            raise _disk_error(self.path, error) from error

    def _abandon(self) -> None:
        if self._file is not None:
            with suppress(OSError):  # a full disk refuses what is buffered once more
                self._file.close()
            self._file = None
            self.path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.close()
        finally:
            self._abandon()


def write_wav(path: Path, audio: Audio, rate_hz: int, depth: Depth = "float32") -> None:
    """Write (channels, frames) as one WAV file. Errors as `WavWriter`."""
    with WavWriter(path, rate_hz, audio.shape[0], depth) as writer:
        writer.write(audio)


def _format(rate_hz: int, channels: int, depth: Depth) -> bytes:
    """Body of the `fmt ` chunk: extensible above two channels, which says where each one sounds."""
    bits = BITS.get(depth, 32)
    align = channels * bits // 8
    tag = _FLOAT if depth == "float32" else _PCM
    core = struct.pack("<IIHH", rate_hz, rate_hz * align, align, bits)
    if channels <= 2:
        return struct.pack("<HH", tag, channels) + core + (b"\0\0" if tag == _FLOAT else b"")
    extension = struct.pack("<HHIH", 22, bits, _speakers(channels), tag) + _GUID_TAIL
    return struct.pack("<HH", _EXTENSIBLE, channels) + core + extension


def _speakers(channels: int) -> int:
    """Microsoft's speaker mask for the usual layouts, 0 (no speakers named) for others."""
    return {3: 0x7, 4: 0x33, 5: 0x37, 6: 0x3F, 7: 0x13F, 8: 0x63F}.get(channels, 0)


def _create(path: Path) -> BinaryIO:
    try:
        return path.open("wb")
    except OSError as error:
        raise _disk_error(path, error) from error


def _disk_error(path: Path, error: OSError) -> DiskError:
    return disk_error("cannot write the file", shown(path), error)
