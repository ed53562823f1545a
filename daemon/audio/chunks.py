"""Editing the chunks of a WAV file: read them, build new ones, write them without touching the audio.

Chunks that roadie does not know are carried byte for byte and in their order.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from daemon.audio.binary import open_binary, shown
from daemon.audio.riff import ChunkPlace, walk
from daemon.audio.sniff import sniff
from daemon.kernel.errors import InputError, UnreadableAudio

AUDIO_CHUNKS = frozenset({b"fmt ", b"data", b"fact", b"ds64"})
"""What makes the sound and its frame: never edited here."""
_BEFORE_DATA = frozenset({b"bext"})
_COPY_BYTES = 1 << 20
_LIMIT = 0xFFFFFFFF
_DS64_BYTES = 28
_LARGEST_METADATA_BYTES = 256 << 20


@dataclass(frozen=True, slots=True)
class Chunk:
    """id: four bytes. body: without id, size and padding."""

    id: bytes
    body: bytes

    @property
    def list_type(self) -> bytes:
        """`INFO`, `adtl` ... of a LIST chunk, else nothing."""
        return self.body[:4] if self.id == b"LIST" else b""

    @property
    def before_data(self) -> bool:
        return self.id in _BEFORE_DATA

    def framed(self) -> bytes:
        """As it stands in a file: id, size, body, and a pad byte after an odd size."""
        return self.id + struct.pack("<I", len(self.body)) + self.body + b"\0" * (len(self.body) & 1)

    def replaces(self, other: Chunk) -> bool:
        """Whether both say the same kind of thing, so that one takes the place of the other."""
        names = {b"ID3 ": b"id3 "}
        return (names.get(self.id, self.id), self.list_type) == (names.get(other.id, other.id), other.list_type)


def read_chunks(path: Path) -> list[Chunk]:
    """Every chunk but the audio and its frame, in order. Raises UnreadableAudio when it is no WAV."""
    _check_wav(path)
    with open_binary(path) as file:
        return [_load(file, place, path) for place in walk(file, path) if place.id not in AUDIO_CHUNKS]


def write_with_chunks(
    src: Path, dst: Path, chunks: Iterable[Chunk], *, durable: bool = False, riff_limit: int = _LIMIT
) -> None:
    """Copy WAV `src` to the new file `dst` with `chunks` in the place of those of the same kind.

    The other chunks keep order and bytes; new ones go behind the audio, but `bext` before it. A file that
    passes 4 GB becomes RF64. `dst` must not exist; it is removed again when writing fails.
    """
    _check_wav(src)
    with open_binary(src) as file:
        places = list(walk(file, src))
        if any(place.cut_off for place in places if place.id == b"data"):
            raise UnreadableAudio("truncated: its audio is not all there", where=shown(src))
        plan = _plan(file, places, list(chunks), src)
        with dst.open("xb") as out:
            try:
                _write(file, out, plan, riff_limit)
                out.flush()
                if durable:
                    os.fsync(out.fileno())
            except BaseException:
                out.close()
                dst.unlink()
                raise


def _check_wav(path: Path) -> None:
    if (container := sniff(path)) not in ("wav", "rf64"):
        raise InputError(f"only WAV files have these chunks, this is {container}", where=shown(path))


def _load(file: BinaryIO, place: ChunkPlace, path: Path) -> Chunk:
    if place.size > _LARGEST_METADATA_BYTES:
        raise InputError(
            f"its {place.id!r} chunk holds {place.size} bytes, too many to be metadata", where=shown(path)
        )
    file.seek(place.start)
    return Chunk(place.id, file.read(place.size))


def _plan(
    file: BinaryIO, places: Sequence[ChunkPlace], new: list[Chunk], path: Path
) -> list[ChunkPlace | Chunk]:
    """The chunks of the copy in order: places are copied from the source, chunks are written."""
    left = list(new)
    plan: list[ChunkPlace | Chunk] = []
    for place in places:
        if place.id == b"ds64":
            continue  # made anew for the new size
        if place.id in AUDIO_CHUNKS or place.id not in {chunk.id for chunk in new} | {b"ID3 "}:
            plan.append(place)
            continue
        old = _load(file, place, path)
        match = next((chunk for chunk in new if chunk.replaces(old)), None)
        if match is None or match not in left:  # a second one of its kind stays as it is
            plan.append(place)
        else:
            plan.append(match)
            left.remove(match)
    data = next(index for index, part in enumerate(plan) if part.id == b"data")
    early = [chunk for chunk in left if chunk.before_data]
    return plan[:data] + early + plan[data:] + [chunk for chunk in left if not chunk.before_data]


def _size(part: ChunkPlace | Chunk) -> int:
    return part.size if isinstance(part, ChunkPlace) else len(part.body)


def _write(src: BinaryIO, out: BinaryIO, plan: Sequence[ChunkPlace | Chunk], limit: int) -> None:
    riff_bytes = 4 + sum(8 + _size(part) + (_size(part) & 1) for part in plan)
    long = riff_bytes > limit
    if long:
        data = next(part for part in plan if part.id == b"data")
        frames = _frames(src, plan, _size(data))
        ds64 = b"ds64" + struct.pack(
            "<IQQQI", _DS64_BYTES, riff_bytes + 8 + _DS64_BYTES, _size(data), frames, 0
        )
        out.write(b"RF64\xff\xff\xff\xffWAVE" + ds64)
    else:
        out.write(b"RIFF" + struct.pack("<I", riff_bytes) + b"WAVE")
    for part in plan:
        size = _size(part)
        out.write(part.id + struct.pack("<I", _LIMIT if long and part.id == b"data" else size))
        if isinstance(part, Chunk):
            out.write(part.body)
        else:
            _copy(src, out, part)
        out.write(b"\0" * (size & 1))


def _frames(src: BinaryIO, plan: Sequence[ChunkPlace | Chunk], data_bytes: int) -> int:
    place = next(part for part in plan if part.id == b"fmt " and isinstance(part, ChunkPlace))
    src.seek(place.start + 12)
    align = int(struct.unpack("<H", src.read(2))[0])
    return data_bytes // max(1, align)


def _copy(src: BinaryIO, out: BinaryIO, place: ChunkPlace) -> None:
    src.seek(place.start)
    left = place.size
    while left and (data := src.read(min(_COPY_BYTES, left))):
        out.write(data)
        left -= len(data)
