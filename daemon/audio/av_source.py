"""Decoding through PyAV (FFmpeg's libraries): AAC, ALAC, the sound of video files, and what libsndfile lacks.

A file is only ever opened with the demuxer that its content called for, through a file object: no playlist,
no other protocol, no second file.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np
from numpy.typing import NDArray

from daemon.audio.binary import open_binary, shown
from daemon.kernel.errors import UnreadableAudio

DEMUXERS = {
    "mp4": "mov,mp4,m4a,3gp,3g2,mj2",
    "matroska": "matroska,webm",
    "aac": "aac",
    "avi": "avi",
    "flv": "flv",
    "asf": "asf",
    "mpegps": "mpeg",
    "mpegts": "mpegts",
    "wavpack": "wv",
    "ape": "ape",
    "tta": "tta",
    "wav": "wav",
    "rf64": "wav",
    "w64": "w64",
    "aiff": "aiff",
    "caf": "caf",
    "au": "au",
    "mp3": "mp3",
    "ogg": "ogg",
    "flac": "flac",
}
_EXACT_TIMES = frozenset({"mp4", "mp3", "ogg"})
"""Containers whose packet times are exact to the sample."""
_PREROLL_S = 0.5
_LOSSLESS = {"alac", "flac", "wavpack", "ape", "tta"}
_SCALES = {"u8": 2.0**7, "s16": 2.0**15, "s32": 2.0**31, "s64": 2.0**63}
_TYPES = {"u8": "u1", "s16": "i2", "s32": "i4", "s64": "i8", "flt": "f4", "dbl": "f8"}


@dataclass(frozen=True, slots=True)
class Described:
    rate_hz: int
    channels: int
    frames: int
    codec: str
    bits: int | None
    is_float: bool
    delay_frames: int


@contextmanager
def opened(path: Path, container: str) -> Iterator[tuple[Any, Any]]:
    """(container, first audio stream) of PyAV, open. Its errors become UnreadableAudio."""
    with open_binary(path) as file:
        try:
            # tags are in whatever alphabet their program had; none that matters here has a letter beyond ASCII
            with av.open(file, "r", format=DEMUXERS[container], metadata_errors="replace") as media:
                if not media.streams.audio:
                    raise UnreadableAudio("the file has no sound", where=shown(path), why="no audio track")
                yield media, media.streams.audio[0]
        except (av.error.FFmpegError, EOFError) as error:
            why = (
                "no index (moov): the file is truncated"
                if container == "mp4"
                else getattr(error, "strerror", error)
            )
            raise UnreadableAudio("damaged or truncated", where=shown(path), why=why) from error


def describe(path: Path, container: str) -> Described:
    """Rate, channels and exact length. MP4 gives it in its packets; other containers are decoded once."""
    with opened(path, container) as (media, stream):
        context = stream.codec_context
        if context is None:
            raise UnreadableAudio("cannot be decoded", where=shown(path), why="its codec is unknown")
        rate, channels = int(context.sample_rate or 0), int(context.channels or 0)
        if rate == 0 or channels == 0:
            raise UnreadableAudio("the file has no channels", where=shown(path))
        codec, name = _codec_name(context), context.format.name if context.format else ""
        packed = name.rstrip("p") if name.endswith("p") else name
        lossless = codec in _LOSSLESS or codec.startswith(("pcm", "float"))
        frames, delay = _length(path, container, media, stream)
        bits = _bits(context, packed) if lossless else None
        return Described(rate, channels, frames, codec, bits, codec.startswith("float"), delay)


def _codec_name(context: Any) -> str:
    name = str(context.name)
    if name.startswith("pcm_f"):
        return f"float{name[5:7]}"
    if name.startswith("pcm_") and name[5:7].strip("lb").isdigit():
        return f"pcm{name[5:7].strip('lb').rstrip('_')}"
    return {"mp3float": "mp3"}.get(name, name)


def _bits(context: Any, sample_format: str) -> int | None:
    coded = getattr(context, "bits_per_raw_sample", 0) or getattr(context, "bits_per_coded_sample", 0)
    return int(coded) or {"u8": 8, "s16": 16, "s32": 32, "s64": 64, "flt": 32, "dbl": 64}.get(sample_format)


def _length(path: Path, container: str, media: Any, stream: Any) -> tuple[int, int]:
    if container == "mp4":
        return _mp4_length(path, media, stream)
    source = AvSource(path, container)
    try:
        frames = sum(piece.shape[1] for piece in source.pieces())
    finally:
        source.close()
    return frames, 0


def _mp4_length(path: Path, media: Any, stream: Any) -> tuple[int, int]:
    """(frames after the edit list, frames before it) from packet times: no decoding, exact to the sample.

    FFmpeg's demuxer has the edit list, or iTunes' delay, in the stream's start time. The last packet's duration is
    what the encoder was given, so its padding is not counted.
    """
    unit = Fraction(stream.time_base) * int(stream.codec_context.sample_rate)
    first = end = None
    for packet in media.demux(stream):
        if packet.pts is None:
            continue
        if packet.is_corrupt:
            raise UnreadableAudio("truncated or damaged", where=shown(path), why="a packet is incomplete")
        first = packet.pts if first is None else min(first, packet.pts)
        if not packet.is_discard:
            end = max(end or 0, packet.pts + (packet.duration or 0))
    if first is None or end is None:
        return 0, 0
    heard = first if stream.start_time is None else int(stream.start_time)
    frames, delay = round((end - heard) * unit), round(max(0, heard - first) * unit)
    return _itunes_length(media, frames), delay


def _itunes_length(media: Any, frames: int) -> int:
    """The length that iTunes wrote (iTunSMPB: hex words, of which the second to fourth are delay, padding and
    length), where its last packet still counts the padding."""
    words = str(media.metadata.get("iTunSMPB", "")).split()
    try:
        stated = int(words[3], 16)
    except (IndexError, ValueError):
        return frames
    return stated if 0 < stated <= frames else frames


class AvSource:
    """Frames of the first audio track in order. Not to be shared between threads."""

    def __init__(self, path: Path, container: str) -> None:
        self._path = path
        self._container = container
        self._context = opened(path, container)
        self._media, self._stream = self._context.__enter__()
        self._rate = int(self._stream.codec_context.sample_rate)
        self._channels = int(self._stream.codec_context.channels)
        self._rest: NDArray[np.float32] | None = None
        self._pieces = self.pieces()

    def seek(self, frame: int) -> None:
        """Make the next `read` begin at `frame`, to the sample.

        Where packet times are exact, decoding begins a little before, because a lossy decoder needs what came
        earlier (overlap, MPEG's bit reservoir, Opus's convergence); elsewhere at the start of the file.
        """
        if frame == 0:
            return
        target = frame - int(_PREROLL_S * self._rate)
        if self._container not in _EXACT_TIMES or target < self._rate:
            target = 0
        elif self._container == "mp4":  # it has an index
            unit = self._stream.time_base * self._rate
            self._media.seek(int(target / unit) + (self._stream.start_time or 0), stream=self._stream)
        self._pieces = self._from(frame, target)

    def read(self, frames: int) -> NDArray[np.float32]:
        """(channels, n), n = `frames` except at the end, where it is less and at last 0."""
        got: list[NDArray[np.float32]] = []
        missing = frames
        while missing > 0:
            piece = self._rest if self._rest is not None else next(self._pieces, None)
            self._rest = None
            if piece is None:
                break
            got.append(piece[:, :missing])
            if piece.shape[1] > missing:
                self._rest = piece[:, missing:]
            missing -= got[-1].shape[1]
        return np.concatenate(got, axis=1) if got else np.zeros((self._channels, 0), np.float32)

    def pieces(self) -> Iterator[NDArray[np.float32]]:
        """Decoded frames, one array for each packet's frame."""
        return (piece for _, piece in self._decoded(0))

    def _from(self, frame: int, target: int) -> Iterator[NDArray[np.float32]]:
        """What `_decoded` gives from `target` on, without what lies before `frame`."""
        position = None if target else 0
        for start, piece in self._decoded(target):
            position = start if position is None else position
            skip = frame - position
            position += piece.shape[1]
            if skip < piece.shape[1]:
                yield piece[:, max(0, skip) :]

    def _decoded(self, target: int) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """(position, samples) of each decoded frame; packets that end before `target` are not decoded."""
        try:
            for packet in self._media.demux(self._stream):
                if (
                    target
                    and packet.pts is not None
                    and self._position(packet.pts + (packet.duration or 0)) < target
                ):
                    continue
                for frame in packet.decode():
                    yield self._position(frame.pts or 0), self._array(frame)
        except av.error.FFmpegError as error:
            raise UnreadableAudio(
                "damaged or truncated", where=shown(self._path), why=error.strerror
            ) from error

    def _position(self, pts: int) -> int:
        """A time stamp in frames from the first one that is heard."""
        exact: Fraction = (pts - (self._stream.start_time or 0)) * self._stream.time_base * self._rate
        return round(exact)

    def _array(self, frame: Any) -> NDArray[np.float32]:
        name, planar = frame.format.name, frame.format.is_planar
        kind = name.removesuffix("p") if planar else name
        channels = len(frame.layout.channels)
        if channels != self._channels or frame.sample_rate != self._rate or kind not in _TYPES:
            raise UnreadableAudio(
                "its sound changes channels, rate or format on the way", where=shown(self._path)
            )
        if planar:
            raw = np.stack([np.frombuffer(plane, _TYPES[kind])[: frame.samples] for plane in frame.planes])
        else:
            flat = np.frombuffer(frame.planes[0], _TYPES[kind])
            raw = flat[: frame.samples * channels].reshape(-1, channels).T
        if kind not in _SCALES:
            return np.ascontiguousarray(raw, dtype=np.float32)
        centred = raw.astype(np.float64) - (128.0 if kind == "u8" else 0.0)
        return np.ascontiguousarray(centred / _SCALES[kind], dtype=np.float32)

    def close(self) -> None:
        self._pieces = iter(())
        self._context.__exit__(None, None, None)
