"""Walking the chunks of RIFF, RF64 and IFF (AIFF) files without loading them."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from daemon.audio.binary import shown
from daemon.kernel.errors import UnreadableAudio

STREAMED_SIZES = frozenset({0xFFFFFFFF, 0x7FFFFFFF, 0x7FFFF000, 0x7FFFF024})
"""Sizes that programs write when they cannot come back to fill in the real one (ffmpeg and sox to a pipe)."""


_SOUND = {b"FORM": frozenset({b"COMM", b"SSND"})}
_WAV_SOUND = frozenset({b"fmt ", b"data"})
_LOOK_AHEAD_CHUNKS = 8
_HIDING_BYTES = 1 << 20
_EMPTY_BYTES = 1024


@dataclass(frozen=True, slots=True)
class ChunkPlace:
    """id: four bytes. start: where its body begins in the file. size: bytes of body that are there.
    claimed: bytes of body that its header promises. pad: padding bytes behind the body, 0 or 1."""

    id: bytes
    start: int
    size: int
    claimed: int
    pad: int = 0

    @property
    def cut_off(self) -> bool:
        return self.size < self.claimed and self.claimed not in STREAMED_SIZES

    @property
    def end(self) -> int:
        """Where the next chunk begins."""
        return self.start + self.size + self.pad


@dataclass(frozen=True, slots=True)
class Layout:
    """form: `RIFF`, `RF64`, `BW64` or `FORM`. order: of its numbers, as struct writes it. stated_end: where the file
    ends by its own header, which may be wrong. file_end: where it does. What stands between the last of `places` and
    there is no chunk: an ID3v1 tag, or what a program has left behind."""

    form: bytes
    order: str
    places: tuple[ChunkPlace, ...]
    stated_end: int
    file_end: int

    @property
    def end(self) -> int:
        return self.places[-1].end if self.places else 12


@dataclass(frozen=True, slots=True)
class WavFormat:
    """What a `fmt ` chunk says. tag: 1 PCM, 3 float, others compressed (the sub-format's for extensible)."""

    tag: int
    channels: int
    rate_hz: int
    bytes_per_frame: int
    bits: int


def walk(file: BinaryIO, path: Path) -> Iterator[ChunkPlace]:
    """Chunks in order. `file` is a RIFF, RF64, BW64 or FORM file; sizes of RF64 are taken from its ds64 chunk.

    Some programs write no pad byte after an odd size: of the two places where the next chunk may begin, it is the one
    from which chunks follow each other."""
    return _Walk(file, path).places()


def layout(file: BinaryIO, path: Path) -> Layout:
    """All of its chunks and what is around them."""
    walked = _Walk(file, path)
    return Layout(walked.form, walked.order, tuple(walked.places()), walked.stated_end, walked.file_end)


def hides_chunks(file: BinaryIO, path: Path, place: ChunkPlace) -> bool:
    """Whether further chunks, to the end of the file, stand in the body of a chunk that claims more than there is."""
    walked = _Walk(file, path)
    file.seek(place.start)
    body = file.read(min(place.size, _HIDING_BYTES))
    starts = (place.start + found.start() for found in re.finditer(rb"(?=[ -~]{4}[\0-\xff]{4})", body))
    return any(walked.leads_on(start) for start in starts)


class _Walk:
    """One way through the chunks of an open file."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self._file = file
        self.file_end = file.seek(0, 2)
        file.seek(0)
        head = file.read(12)
        if len(head) < 12:
            raise UnreadableAudio(f"truncated: it ends after {len(head)} bytes", where=shown(path))
        self.form = head[:4]
        self.order = ">" if self.form == b"FORM" else "<"
        self.stated_end = 8 + int(struct.unpack(f"{self.order}I", head[4:8])[0])
        self._long_sizes: dict[bytes, int] = {}
        self._sound = _SOUND.get(self.form, _WAV_SOUND)

    def places(self) -> Iterator[ChunkPlace]:
        at: int | None = 12
        left = set(self._sound)
        while at is not None and (place := self._at(at)) is not None:
            if place.id == b"ds64" and place.size >= 28:
                self._read_ds64(place)
            place = replace(place, pad=self._pad(place))
            self._file.seek(place.start)
            yield place
            left.discard(place.id)
            at = place.start + place.claimed + place.pad
            if not left and self._is_over(at):
                at = None

    def leads_on(self, at: int, chunks: int = _LOOK_AHEAD_CHUNKS) -> bool:
        """Whether chunks follow each other from `at` on: to the end, or as many as these."""
        if at in (self.file_end, self.stated_end) or chunks == 0:
            return True
        place = self._at(at)
        if place is None or not self._regular(place):
            return False
        end = place.start + place.claimed
        return any(self.leads_on(end + pad, chunks - 1) for pad in ((1, 0) if place.claimed & 1 else (0,)))

    def _at(self, at: int) -> ChunkPlace | None:
        """What the eight bytes at `at` say, taken as the header of a chunk."""
        if at + 8 > self.file_end:
            return None
        self._file.seek(at)
        name, claimed = struct.unpack(f"{self.order}4sI", self._file.read(8))
        if claimed == 0xFFFFFFFF and name in self._long_sizes:
            claimed = self._long_sizes[name]
        return ChunkPlace(name, at + 8, min(claimed, self.file_end - at - 8), claimed)

    def _regular(self, place: ChunkPlace | None) -> bool:
        """Whether it looks like a chunk: a name that can be printed, and a size that fits. Sound may be cut off."""
        if place is None or not all(0x20 <= byte < 0x7F for byte in place.id):
            return False
        return place.size == place.claimed or place.id in self._sound

    def _pad(self, place: ChunkPlace) -> int:
        end = place.start + place.claimed
        if not place.claimed & 1 or end >= self.file_end:
            return 0
        for follows in (self.leads_on, lambda at: self._regular(self._at(at))):
            for pad in (1, 0):
                if follows(end + pad):
                    return pad
        return 1

    def _is_over(self, at: int) -> bool:
        """Whether what stands at `at`, the sound being passed, belongs to the chunks no more. A header that names
        another end than the file's is believed only where a chunk ends there."""
        if at == self.stated_end:
            return not self._chunk_leads_on(at)
        if self._only_zeros(at):
            return True
        return not at < self.stated_end <= self.file_end and not self._regular(self._at(at))

    def _only_zeros(self, at: int) -> bool:
        """Whether so much is empty that it is silence, of which the header does not say that it is sound: taken for
        chunks, they would be millions without name and body."""
        self._file.seek(at)
        return self._file.read(_EMPTY_BYTES) == bytes(_EMPTY_BYTES)

    def _chunk_leads_on(self, at: int) -> bool:
        """As `leads_on`, where `at` itself is the stated end."""
        place = self._at(at)
        return place is not None and self._regular(place) and self.leads_on(place.start + place.claimed)

    def _read_ds64(self, place: ChunkPlace) -> None:
        self._file.seek(place.start)
        body = self._file.read(place.size)
        self._long_sizes = _ds64(body)
        self.stated_end = 8 + int(struct.unpack_from("<Q", body)[0])


def _ds64(body: bytes) -> dict[bytes, int]:
    """Sizes by chunk id (EBU Tech 3306: riffSize, dataSize, sampleCount, table of further chunks)."""
    _, data, _, count = struct.unpack_from("<QQQI", body)
    sizes = {b"data": int(data)}
    for index in range(min(count, (len(body) - 28) // 12)):
        name, size = struct.unpack_from("<4sQ", body, 28 + 12 * index)
        sizes[name] = int(size)
    return sizes


def wav_format(body: bytes, path: Path) -> WavFormat:
    """Parse a `fmt ` chunk. Raises UnreadableAudio for one that is too short."""
    if len(body) < 16:
        raise UnreadableAudio("damaged: its fmt chunk is too short", where=shown(path))
    tag, channels, rate, _, align, bits = struct.unpack_from("<HHIIHH", body)
    if tag == 0xFFFE and len(body) >= 26:
        tag = struct.unpack_from("<H", body, 24)[0]
    return WavFormat(tag, channels, rate, align, bits)
