"""The identity of an asset: a hash of what sounds, without what is only said about it."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

from daemon.audio import midi_events, mpeg, ogg, riff
from daemon.audio.binary import id3v2_size, open_binary, shown
from daemon.audio.sniff import sniff
from daemon.kernel.errors import DiskError, UnreadableAudio
from daemon.kernel.types import AssetId

_READ_BYTES = 1 << 20
_DIGEST_BYTES = 32
_FLAC_STREAMINFO_BYTES = 34
_FLAC_TEXT_BLOCKS = frozenset({1, 4, 6})  # padding, comments, picture
_MP4_PARENTS = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts"})
_MP4_SOUND = frozenset({b"mdat", b"stsd", b"stts", b"stsz", b"elst"})


class Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...

    def hexdigest(self) -> str: ...


def payload_hash(path: Path) -> AssetId:
    """BLAKE2b-256, in hex, of the payload without metadata: the same before and after tags are written.

    WAV and RF64: `fmt ` and `data`; AIFF: COMM and SSND; FLAC: its PCM MD5 with its format; MPEG audio: the
    frames without ID3, APE and Lyrics3; Ogg: packets without comment headers; MP4: media data and sample tables
    without names; MIDI: the canonical event stream; anything else: every byte.
    Streamed. Raises FileMissing, DiskError, and UnreadableAudio when the file is not what its first bytes say.
    """
    container = sniff(path)
    digest = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    with open_binary(path) as file:
        try:
            _feed(digest, container, file, path)
        except OSError as error:
            raise DiskError("cannot read the file", where=shown(path), why=error) from error
    return AssetId(digest.hexdigest())


def byte_hash(path: Path) -> str:
    """BLAKE2b-256, in hex, of the whole file. Streamed. Raises FileMissing or DiskError."""
    digest = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    with open_binary(path) as file:
        try:
            _add_range(digest, file, 0, None)
        except OSError as error:
            raise DiskError("cannot read the file", where=shown(path), why=error) from error
    return digest.hexdigest()


def _feed(digest: Hash, container: str, file: BinaryIO, path: Path) -> None:
    if container in ("wav", "rf64"):
        digest.update(b"wav\0")
        _add_chunks(digest, file, path, (b"fmt ", b"data"))
    elif container == "aiff":
        digest.update(b"aiff\0")
        _add_chunks(digest, file, path, (b"COMM", b"SSND"))
    elif container == "flac":
        _add_flac(digest, file, path)
    elif container == "mp3":
        digest.update(b"mpeg\0")
        _add_range(digest, file, *mpeg.payload_range(file))
    elif container == "ogg":
        _add_ogg(digest, file)
    elif container == "mp4":
        _add_mp4(digest, file)
    elif container == "midi":
        digest.update(b"midi\0")
        for event in midi_events.canonical(file.read(), path):
            digest.update(event)
    else:
        _add_range(digest, file, 0, None)


def _add_range(digest: Hash, file: BinaryIO, start: int, end: int | None) -> None:
    file.seek(start)
    left = end - start if end is not None else None
    while data := file.read(_READ_BYTES if left is None else min(_READ_BYTES, left)):
        digest.update(data)
        left = None if left is None else left - len(data)


def _add_chunks(digest: Hash, file: BinaryIO, path: Path, names: tuple[bytes, ...]) -> None:
    """The first chunk of each name, in that order, so that their order in the file does not matter."""
    found: dict[bytes, riff.ChunkPlace] = {}
    for place in riff.walk(file, path):
        found.setdefault(place.id, place)
    for name in names:
        if name not in found:
            raise UnreadableAudio(f"damaged: it has no {name.decode()!r} chunk", where=shown(path))
        digest.update(name + struct.pack("<Q", found[name].size))
        _add_range(digest, file, found[name].start, found[name].start + found[name].size)


def _add_flac(digest: Hash, file: BinaryIO, path: Path) -> None:
    digest.update(b"flac\0")
    file.seek(0)
    start = 0
    while size := id3v2_size(file.read(10)):
        start += size
        file.seek(start)
    at = start + 4
    streaminfo, last = b"", False
    while not last:
        file.seek(at)
        header = file.read(4)
        if len(header) < 4:
            raise UnreadableAudio("truncated: its FLAC metadata does not end", where=shown(path))
        last, kind, size = bool(header[0] & 0x80), header[0] & 0x7F, int.from_bytes(header[1:], "big")
        if kind == 0:
            streaminfo = file.read(size)
        at += 4 + size
    if len(streaminfo) < _FLAC_STREAMINFO_BYTES:
        raise UnreadableAudio("damaged: it has no STREAMINFO", where=shown(path))
    digest.update(streaminfo[10:_FLAC_STREAMINFO_BYTES])  # rate, channels, bits, length, MD5 of the PCM
    if not any(streaminfo[18:_FLAC_STREAMINFO_BYTES]):  # an encoder that could not write the MD5
        _add_range(digest, file, at, None)


def _add_ogg(digest: Hash, file: BinaryIO) -> None:
    """Packets in order without comment headers, and the last position of each stream (it trims the end).

    How packets lie in pages does not count: a tag writer lays the first pages out anew.
    """
    digest.update(b"ogg\0")
    file.seek(0)
    streams: dict[int, _OggStream] = {}
    for page in ogg.pages(file):
        stream = streams.setdefault(page.serial, _OggStream())
        for part in stream.sound(page):
            digest.update(part)
        if page.granule >= 0:
            stream.position = page.granule
    for stream in streams.values():
        digest.update(struct.pack("<q", stream.position))


class _OggStream:
    """Takes the header packets of one logical stream apart until all are seen; then whole pages are sound."""

    def __init__(self) -> None:
        self.position = 0
        self._first = b""
        self._headers = 0
        self._wanted = 1
        self._packet = bytearray()

    def sound(self, page: ogg.Page) -> Iterator[bytes]:
        at = 0
        for size in page.lacing:
            if self._headers >= self._wanted:
                yield page.body[at:]
                return
            self._packet += page.body[at : at + size]
            at += size
            if size < 255:  # a packet ends here
                packet = bytes(self._packet)
                self._packet.clear()
                if self._is_sound_header(packet):
                    yield packet
                self._headers += 1

    def _is_sound_header(self, packet: bytes) -> bool:
        if self._headers == 0:
            self._first, self._wanted = packet, _header_packets(packet)
            return True
        if self._first.startswith(b"\x7fFLAC"):
            return not packet or packet[0] & 0x7F not in _FLAC_TEXT_BLOCKS
        return self._headers != 1  # Vorbis, Opus and Speex: the second packet is the comments


def _header_packets(first: bytes) -> int:
    """How many packets before the sound, from a stream's first one: RFC 7845, Vorbis I 4.2, Ogg FLAC mapping."""
    if first.startswith((b"OpusHead", b"Speex   ")):
        return 2
    if first.startswith(b"\x7fFLAC"):
        return 1 + int.from_bytes(first[7:9], "big")
    return 3 if first.startswith(b"\x01vorbis") else 1


def _add_mp4(digest: Hash, file: BinaryIO) -> None:
    """Media data and the tables that say how it sounds; names, covers and byte offsets are left out."""
    digest.update(b"mp4\0")
    file.seek(0, 2)
    for name, start, end in _boxes(file, 0, file.tell()):
        digest.update(name + struct.pack("<Q", end - start))
        _add_range(digest, file, start, end)


def _boxes(file: BinaryIO, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """(name, start, end) of each body that counts, ISO/IEC 14496-12 boxes, depth first."""
    while at + 8 <= end:
        file.seek(at)
        header = file.read(16)
        size, name = struct.unpack_from(">I4s", header)
        body = at + 8
        if size == 1 and len(header) == 16:
            size, body = struct.unpack_from(">Q", header, 8)[0], at + 16
        stop = end if size == 0 else min(end, at + int(size))
        if stop <= at + 7:
            return
        if name in _MP4_PARENTS:
            yield from _boxes(file, body, stop)
        elif name in _MP4_SOUND:
            yield name, body, stop
        at = stop
