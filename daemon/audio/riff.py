"""Walking the chunks of RIFF, RF64 and IFF (AIFF) files without loading them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from daemon.audio.binary import shown
from daemon.kernel.errors import UnreadableAudio

STREAMED_SIZES = frozenset({0xFFFFFFFF, 0x7FFFFFFF, 0x7FFFF000, 0x7FFFF024})
"""Sizes that programs write when they cannot come back to fill in the real one (ffmpeg and sox to a pipe)."""


@dataclass(frozen=True, slots=True)
class ChunkPlace:
    """id: four bytes. start: where its body begins in the file. size: bytes of body that are there.
    claimed: bytes of body that its header promises."""

    id: bytes
    start: int
    size: int
    claimed: int

    @property
    def cut_off(self) -> bool:
        return self.size < self.claimed and self.claimed not in STREAMED_SIZES


@dataclass(frozen=True, slots=True)
class WavFormat:
    """What a `fmt ` chunk says. tag: 1 PCM, 3 float, others compressed (the sub-format's for extensible)."""

    tag: int
    channels: int
    rate_hz: int
    bytes_per_frame: int
    bits: int


def walk(file: BinaryIO, path: Path) -> Iterator[ChunkPlace]:
    """Chunks in order. `file` is a RIFF, RF64, BW64 or FORM file; sizes of RF64 are taken from its ds64 chunk."""
    file.seek(0, 2)
    end = file.tell()
    file.seek(0)
    form = file.read(12)
    if len(form) < 12:
        raise UnreadableAudio(f"truncated: it ends after {len(form)} bytes", where=shown(path))
    order = ">" if form[:4] == b"FORM" else "<"
    long_sizes: dict[bytes, int] = {}
    at = 12
    while at + 8 <= end:
        file.seek(at)
        name, claimed = struct.unpack(f"{order}4sI", file.read(8))
        if claimed == 0xFFFFFFFF and name in long_sizes:
            claimed = long_sizes[name]
        place = ChunkPlace(name, at + 8, min(claimed, end - at - 8), claimed)
        if name == b"ds64" and place.size >= 28:
            long_sizes = _ds64(file.read(place.size))
        yield place
        at = place.start + claimed + (claimed & 1)


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
