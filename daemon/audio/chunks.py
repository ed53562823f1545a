"""Editing the chunks of a WAV or AIFF file: read them, build new ones, write them without touching the audio.

Chunks that roadie does not know are carried byte for byte and in their order, headers and padding included; so is what
stands behind the last one.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from daemon.audio.binary import open_binary, shown
from daemon.audio.riff import STREAMED_SIZES, ChunkPlace, Layout, hides_chunks, layout
from daemon.audio.sniff import sniff
from daemon.kernel.errors import InputError, UnreadableAudio

AUDIO_CHUNKS = frozenset({b"fmt ", b"data", b"fact", b"ds64"})
"""What makes the sound of a WAV and its frame: never edited here."""
_AIFF_AUDIO_CHUNKS = frozenset({b"COMM", b"SSND", b"FVER"})
_BEFORE_DATA = frozenset({b"bext"})
_COPY_BYTES = 1 << 20
_LIMIT = 0xFFFFFFFF
_LONG_FORMS = frozenset({b"RF64", b"BW64"})
_KINDS = {b"RIFF": "a WAV that is no RF64", b"FORM": "AIFF"}
_AS_RF64 = "Save it as RF64 first, in a program that can"
_DS64_BYTES = 28
_LARGEST_METADATA_BYTES = 256 << 20


@dataclass(frozen=True, slots=True)
class Chunk:
    """id: four bytes. body: without id, size and padding. whole: False when the file ends before the chunk does.
    gone: written, it takes away the one of its kind."""

    id: bytes
    body: bytes
    whole: bool = True
    gone: bool = False

    @property
    def list_type(self) -> bytes:
        """`INFO`, `adtl` ... of a LIST chunk, else nothing."""
        return self.body[:4] if self.id == b"LIST" else b""

    @property
    def before_data(self) -> bool:
        return self.id in _BEFORE_DATA

    def framed(self, order: str = "<") -> bytes:
        """As it stands in a file: id, size, body, and a pad byte after an odd size."""
        size = struct.pack(f"{order}I", len(self.body))
        return self.id + size + self.body + b"\0" * (len(self.body) & 1)

    def replaces(self, other: Chunk) -> bool:
        """Whether both say the same kind of thing, so that one takes the place of the other."""
        names = {b"ID3 ": b"id3 "}
        return (names.get(self.id, self.id), self.list_type) == (names.get(other.id, other.id), other.list_type)


def read_chunks(path: Path) -> list[Chunk]:
    """Every chunk but the audio and its frame, in order. Raises InputError when it is neither WAV nor AIFF."""
    _check_container(path)
    with open_binary(path) as file:
        found = layout(file, path)
        return [_load(file, place, path) for place in found.places if place.id not in _audio_chunks(found)]


def write_with_chunks(
    src: Path, dst: Path, chunks: Iterable[Chunk], *, durable: bool = False, limit: int = _LIMIT
) -> None:
    """Copy `src` to the new file `dst` with `chunks` in the place of those of the same kind, or nothing for
    those that are gone.

    The others keep order and bytes; new ones go behind the audio, but `bext` before it. What stands behind the end of
    the RIFF stays behind it. RF64 and BW64 stay what they are, and so does a RIFF: many programs read nothing else.
    `dst` must not exist; it is removed again when writing fails. limit: of the bytes that a header can say.

    Raises UnreadableAudio for a file of which a part is missing, and InputError for one that is longer than its header
    can say, or would be: both before anything is written.
    """
    _check_container(src)
    with open_binary(src) as file:
        found = layout(file, src)
        _check_whole(file, found, src)
        copy = _Copy(file, found, _plan(file, found, list(chunks), src), limit)
        with dst.open("xb") as out:
            try:
                copy.write(out)
                out.flush()
                if durable:
                    os.fsync(out.fileno())
            except BaseException:
                out.close()
                dst.unlink()
                raise


def _check_container(path: Path) -> None:
    if (container := sniff(path)) not in ("wav", "rf64", "aiff"):
        raise InputError(f"only WAV and AIFF files have these chunks, this is {container}", where=shown(path))


def _audio_chunks(found: Layout) -> frozenset[bytes]:
    return _AIFF_AUDIO_CHUNKS if found.form == b"FORM" else AUDIO_CHUNKS


def _sound(found: Layout) -> bytes:
    return b"SSND" if found.form == b"FORM" else b"data"


def _check_whole(file: BinaryIO, found: Layout, path: Path) -> None:
    """Refuses what could not be written again without loss."""
    sound = [place for place in found.places if place.id == _sound(found)]
    if not sound:
        raise UnreadableAudio("damaged: it has no chunk with sound", where=shown(path))
    if any(place.cut_off for place in sound):
        raise UnreadableAudio("truncated: its audio is not all there", where=shown(path))
    too_long = found.form not in _LONG_FORMS and found.file_end > 8 + _LIMIT
    if too_long or sound[0].claimed == sound[0].size == _LIMIT:
        raise InputError(
            "it is longer than the 4 GB that its header can say, so nobody can tell where its sound ends",
            where=shown(path), hint=_AS_RF64,
        )  # fmt: skip
    if sound[0].claimed == 0 and (found.end < found.file_end or found.places[-1].cut_off):
        raise UnreadableAudio("damaged: its header says nothing of the sound behind it", where=shown(path))
    last = found.places[-1]
    if last.cut_off and last.id != b"LIST" and hides_chunks(file, path, last):  # a list is made of such parts
        raise UnreadableAudio(
            f"damaged: its {last.id!r} chunk claims {last.claimed} bytes, and other chunks stand among them",
            where=shown(path),
        )


def _load(file: BinaryIO, place: ChunkPlace, path: Path) -> Chunk:
    if place.size > _LARGEST_METADATA_BYTES:
        raise InputError(
            f"its {place.id!r} chunk holds {place.size} bytes, too many to be metadata", where=shown(path)
        )
    file.seek(place.start)
    return Chunk(place.id, file.read(place.size), whole=not place.cut_off)


def _plan(file: BinaryIO, found: Layout, new: list[Chunk], path: Path) -> list[ChunkPlace | Chunk]:
    """The chunks of the copy in order: places are copied from the source, chunks are written."""
    left = list(new)
    names = ({chunk.id for chunk in new} | {b"ID3 "}) - _audio_chunks(found)
    plan: list[ChunkPlace | Chunk] = []
    for place in found.places:
        if place.cut_off or place.id not in names:
            plan.append(place)
            continue
        old = _load(file, place, path)
        match = next((chunk for chunk in new if chunk.replaces(old)), None)
        if match is None or match not in left:  # a second one of its kind stays as it is
            plan.append(place)
        else:
            plan += [] if match.gone else [match]
            left.remove(match)
    data = next(index for index, part in enumerate(plan) if part.id == _sound(found))
    end = len(plan) - found.places[-1].cut_off  # readers take what follows a chunk that is cut off for its body
    early = [chunk for chunk in left if chunk.before_data and not chunk.gone]
    late = [chunk for chunk in left if not (chunk.before_data or chunk.gone)]
    return plan[:data] + early + plan[data:end] + late + plan[end:]


class _Copy:
    """One file, written as planned."""

    def __init__(self, src: BinaryIO, found: Layout, plan: Sequence[ChunkPlace | Chunk], limit: int) -> None:
        self._src = src
        self._found = found
        self._plan = plan
        own = max((index for index, part in enumerate(plan) if isinstance(part, Chunk)), default=0)
        self._pads = [
            _pad(part) or int(index < own and _size(part) & 1) for index, part in enumerate(plan)
        ]  # a pad byte that is missing is put before what roadie writes: most readers expect it, and find nothing else
        inside = found.stated_end - found.end if found.end < found.stated_end <= found.file_end else 0
        body = sum(8 + _size(part) + pad for part, pad in zip(plan, self._pads, strict=True))
        self._form_bytes = 4 + body + inside
        if found.form not in _LONG_FORMS and self._form_bytes > limit:
            raise InputError(
                f"with these tags it would pass 4 GB, which {_KINDS[found.form]} cannot hold",
                where=shown(Path(src.name)), hint=_AS_RF64,
            )  # fmt: skip

    def write(self, out: BinaryIO) -> None:
        out.write(self._head())
        for part, pad in zip(self._plan, self._pads, strict=True):
            if isinstance(part, Chunk):
                out.write(part.framed(self._found.order))
                continue
            out.write(self._header(part))
            if part.id == b"ds64" and part.size >= _DS64_BYTES:
                self._src.seek(part.start)
                out.write(struct.pack("<Q", self._form_bytes) + self._src.read(part.size)[8:])
                self._transfer(out, part.start + part.size, part.pad)
            else:
                self._transfer(out, part.start, part.size + part.pad)
            out.write(b"\0" * (pad - part.pad))
        self._transfer(out, self._found.end, self._found.file_end - self._found.end)

    def _head(self) -> bytes:
        form = self._found.form
        self._src.seek(8)
        kind = self._src.read(4)
        size = _LIMIT if form in _LONG_FORMS else self._form_bytes
        return form + struct.pack(f"{self._found.order}I", size) + kind

    def _header(self, place: ChunkPlace) -> bytes:
        """As it stands, but with the size of a stream whose header was never filled in."""
        self._src.seek(place.start - 8)
        header = self._src.read(8)
        if place.claimed in STREAMED_SIZES and place.size < place.claimed:
            return place.id + struct.pack(f"{self._found.order}I", place.size)
        return header

    def _transfer(self, out: BinaryIO, start: int, length: int) -> None:
        self._src.seek(start)
        left = length
        while left and (data := self._src.read(min(_COPY_BYTES, left))):
            out.write(data)
            left -= len(data)


def _size(part: ChunkPlace | Chunk) -> int:
    return part.size if isinstance(part, ChunkPlace) else len(part.body)


def _pad(part: ChunkPlace | Chunk) -> int:
    return part.pad if isinstance(part, ChunkPlace) else len(part.body) & 1
