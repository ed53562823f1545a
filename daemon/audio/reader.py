"""Reading audio of any supported kind as float32 blocks, from any frame, without holding the file in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from daemon.audio.av_source import AvSource
from daemon.audio.binary import shown
from daemon.audio.probe import AudioInfo, Probed, identify
from daemon.audio.sndfile_source import SndfileSource
from daemon.kernel.errors import BadParameter, UnreadableAudio
from daemon.kernel.work import Region

Audio = NDArray[np.float32]

BLOCK_FRAMES = 65536
LOUDEST = 2.0**32
"""Times full scale. Integers of 32 bits that someone stored as floats are still below; what lies beyond is damage,
and its powers would overflow in every step."""


class FrameSource(Protocol):
    """A decoder of one open file."""

    def seek(self, frame: int) -> None: ...

    def read(self, frames: int) -> Audio: ...

    def close(self) -> None: ...


class AudioReader:
    """One file, or a region of it, read once from start to end. A context manager.

    info: of the whole file. frames: of the region. Iterate `blocks` or call `read`; each begins at the start.
    """

    def __init__(self, path: Path, probed: Probed, region: Region | None) -> None:
        self.info: AudioInfo = probed.info
        self.rate_hz = probed.info.rate_hz
        self.channels = probed.info.channels
        self._path = path
        self._decoder = probed.decoder
        self._start, self.frames = _bounds(path, probed.info, region)
        self._source: FrameSource | None = None

    def blocks(self, block_frames: int = BLOCK_FRAMES) -> Iterator[Audio]:
        """(channels, n) float32 in order, n = `block_frames` except for the last; `frames` in all.

        Raises UnreadableAudio for a damaged or truncated file, and for NaN, infinity and what is beyond `LOUDEST`,
        naming the first frame.
        """
        source = self._restart()
        done = 0
        while done < self.frames:
            block = source.read(min(block_frames, self.frames - done))
            if block.shape[1] == 0:
                raise UnreadableAudio(
                    f"truncated or damaged: its sound ends after {self._start + done} of {self.info.frames} frames",
                    where=shown(self._path),
                )
            self._check_samples(block, self._start + done)
            done += block.shape[1]
            yield block

    def read(self) -> Audio:
        """The whole region, (channels, frames) float32: for what is known to be short."""
        audio = np.empty((self.channels, self.frames), np.float32)
        at = 0
        for block in self.blocks():
            audio[:, at : at + block.shape[1]] = block
            at += block.shape[1]
        return audio

    def _restart(self) -> FrameSource:
        self.close()
        av = self._decoder == "av"
        self._source = AvSource(self._path, self.info.container) if av else SndfileSource(self._path)
        self._source.seek(self._start)
        return self._source

    def _check_samples(self, block: Audio, first_frame: int) -> None:
        if block.max() <= LOUDEST and block.min() >= -LOUDEST:  # NaN is not; two cheap passes
            return
        strange = ~np.isfinite(block).all(axis=0)
        what = "NaN or infinity in its samples"
        if not strange.any():
            strange = (np.abs(block) > LOUDEST).any(axis=0)
            what = f"samples of {np.abs(block).max():.0e} times full scale, which is no sound"
        frame = first_frame + int(strange.argmax())
        raise UnreadableAudio(f"{what}, first at frame {frame}", where=shown(self._path))

    def close(self) -> None:
        if self._source is not None:
            self._source.close()
            self._source = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_audio(path: Path, region: Region | None = None) -> AudioReader:
    """Open a file, or a region of it in its own frames, for reading.

    Raises what `daemon.audio.probe.probe` raises, and BadParameter for a region outside the file.
    """
    return AudioReader(path, identify(path), region)


def _bounds(path: Path, info: AudioInfo, region: Region | None) -> tuple[int, int]:
    if region is None:
        return 0, info.frames
    start = int(region.start)
    length = info.frames - start if region.length is None else int(region.length)
    if start < 0 or length <= 0 or start + length > info.frames:
        raise BadParameter(
            f"region {start}+{length} lies outside the file's {info.frames} frames",
            where=shown(path),
            hint="Give a start and a length within the file",
        )
    return start, length
