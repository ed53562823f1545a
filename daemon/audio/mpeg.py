"""MPEG audio frames: where the sound lies between the tags, how long it is exactly, and what the encoder added.

Frame headers after ISO/IEC 11172-3 and 13818-3; the Xing/Info header with LAME's delay and padding after the
"MP3 Info Tag rev 1" specification (gabriel.mp3-tech.org/mp3infotag.html).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from daemon.audio.binary import id3v2_size, open_binary, shown
from daemon.kernel.errors import UnreadableAudio

DECODER_DELAY_FRAMES = 529
"""What an MPEG layer III decoder itself adds: 528 for the hybrid filter bank and 1 (LAME's technical FAQ)."""

_KBPS = {
    (1, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_SEARCH_BYTES = 64 * 1024
_READ_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class FrameHeader:
    """size: bytes of the whole frame. samples: frames of sound (per channel) that it decodes to."""

    version: int  # 3 = MPEG-1, 2 = MPEG-2, 0 = MPEG-2.5
    layer: int
    rate_hz: int
    channels: int
    size: int
    samples: int
    side_bytes: int

    def same_stream(self, other: FrameHeader) -> bool:
        return (self.version, self.layer, self.rate_hz) == (other.version, other.layer, other.rate_hz)


@dataclass(frozen=True, slots=True)
class MpegStream:
    """start, end: byte range of the frames, without tags. frames: sound after delay and padding are removed.
    delay_frames: removed from the start. codec: mp1, mp2 or mp3."""

    start: int
    end: int
    rate_hz: int
    channels: int
    frames: int
    delay_frames: int
    codec: str


@dataclass(frozen=True, slots=True)
class _Info:
    frames: int | None
    delay: int
    padding: int


def parse_header(data: bytes, at: int = 0) -> FrameHeader | None:
    """The frame header at `at`, or None when there is no valid one. Free-format frames are not taken."""
    if at + 4 > len(data) or data[at] != 0xFF or data[at + 1] & 0xE0 != 0xE0:
        return None
    b1, b2, b3 = data[at + 1], data[at + 2], data[at + 3]
    version, layer = b1 >> 3 & 3, 4 - (b1 >> 1 & 3)
    rate_index, bitrate_index = b2 >> 2 & 3, b2 >> 4
    if version == 1 or layer == 4 or rate_index == 3 or not 0 < bitrate_index < 15:
        return None
    rate = _RATES[version][rate_index]
    bits_per_s = _KBPS[1 if version == 3 else 2, layer][bitrate_index - 1] * 1000
    padding, mono = b2 >> 1 & 1, b3 >> 6 == 3
    if layer == 1:
        samples, size = 384, (12 * bits_per_s // rate + padding) * 4
    else:
        samples = 576 if layer == 3 and version != 3 else 1152
        size = samples // 8 * bits_per_s // rate + padding
    side = {True: 17, False: 32}[mono] if version == 3 else {True: 9, False: 17}[mono]
    return FrameHeader(version, layer, rate, 1 if mono else 2, size, samples, side)


def first_frame(head: bytes, run: int = 3) -> int | None:
    """Where the first of `run` frames in a row begins in `head`, or None."""
    at = head.find(b"\xff")
    while 0 <= at < _SEARCH_BYTES:
        if _run_length(head, at, run) >= run:
            return at
        at = head.find(b"\xff", at + 1)
    return None


def _run_length(head: bytes, at: int, wanted: int) -> int:
    first = header = parse_header(head, at)
    count = 0
    while header and first and header.same_stream(first) and count < wanted:
        count += 1
        at += header.size
        if at >= len(head) > 0 and count:  # the file, or what was read of it, ends here
            return wanted if at == len(head) else count
        header = parse_header(head, at)
    return count


def adts_run(head: bytes) -> int:
    """How many AAC frames with ADTS headers (ISO/IEC 13818-7) follow each other from the first byte, up to 3."""
    at = count = 0
    while count < 3 and at + 7 <= len(head) and head[at] == 0xFF and head[at + 1] & 0xF6 == 0xF0:
        size = (head[at + 3] & 3) << 11 | head[at + 4] << 3 | head[at + 5] >> 5
        if size < 7:
            return count
        at, count = at + size, count + 1
    return count


def payload_range(file: BinaryIO) -> tuple[int, int]:
    """Byte range (start, end) without ID3v2 in front and ID3v1, APEv2, Lyrics3 or ID3v2 behind."""
    file.seek(0)
    start = 0
    while size := id3v2_size(file.read(10)):
        start += size
        file.seek(start)
    file.seek(0, 2)
    end = file.tell()
    while size := _tag_before(file, end):
        end -= size
    return min(start, end), end


def _tag_before(file: BinaryIO, end: int) -> int:
    file.seek(max(0, end - 128))
    tail = file.read(min(128, end))
    if len(tail) == 128 and tail[:3] == b"TAG":
        return 128
    if tail[-32:-24] == b"APETAGEX":
        size, _, flags = struct.unpack("<III", tail[-20:-8])
        return min(end, int(size) + (32 if flags & 0x80000000 else 0))
    if tail[-9:] == b"LYRICS200" and tail[-15:-9].isdigit():
        return min(end, int(tail[-15:-9]) + 15)
    if tail[-10:-7] == b"3DI" and len(tail) >= 10:
        return min(end, id3v2_size(b"ID3" + tail[-7:]))
    return 0


def scan(path: Path) -> MpegStream:
    """Walk every frame header of an MPEG audio file.

    Raises UnreadableAudio when there is no frame, or fewer than its Xing header counted (a truncated file).
    """
    with open_binary(path) as file:
        start, end = payload_range(file)
        file.seek(start)
        head = file.read(min(end - start, _SEARCH_BYTES * 2))
        offset = first_frame(head) if first_frame(head) is not None else first_frame(head, run=1)
        header = None if offset is None else parse_header(head, offset)
        if header is None or offset is None:
            raise UnreadableAudio("no MPEG audio frame in the file", where=shown(path))
        info = _info(head[offset : offset + header.size], header)
        samples = sum(_walk(file, start + offset, end, header))
    if info:
        samples -= header.samples  # the Info frame itself holds no sound
        if info.frames and samples < (info.frames - 1) * header.samples:
            raise UnreadableAudio(
                f"truncated: {samples // header.samples} of {info.frames} MPEG frames", where=shown(path)
            )
        samples = max(0, samples - info.delay - info.padding)
    delay = info.delay if info else 0
    return MpegStream(start + offset, end, header.rate_hz, header.channels, samples, delay, f"mp{header.layer}")


def _walk(file: BinaryIO, start: int, end: int, first: FrameHeader) -> Iterator[int]:
    """Samples of each whole frame; bytes that are no frame are passed over, as decoders do."""
    at, base, data = start, start, b""
    while at + 4 <= end:
        if at + 4 > base + len(data):
            file.seek(at)
            base, data = at, file.read(min(_READ_BYTES, end - at))
        header = parse_header(data, at - base)
        if header and header.same_stream(first):
            if at + header.size > end:
                return
            yield header.samples
            at += header.size
        else:
            found = data.find(b"\xff", at - base + 1)
            at = base + (found if found >= 0 else len(data))


def _info(frame: bytes, header: FrameHeader) -> _Info | None:
    at = 4 + header.side_bytes
    if frame[at : at + 4] not in (b"Xing", b"Info"):
        return None
    flags = int.from_bytes(frame[at + 4 : at + 8], "big")
    at += 8
    frames = int.from_bytes(frame[at : at + 4], "big") if flags & 1 else None
    for bit, size in ((1, 4), (2, 4), (4, 100), (8, 4)):
        at += size if flags & bit else 0
    packed = int.from_bytes(frame[at + 21 : at + 24], "big")
    delay, padding = packed >> 12, packed & 0xFFF
    if not packed or header.layer != 3 or not frame[at : at + 4].isalnum():
        return _Info(frames, 0, 0)
    # the decoder's own delay moves everything later: more to drop in front, less behind
    return _Info(frames, delay + DECODER_DELAY_FRAMES, max(0, padding - DECODER_DELAY_FRAMES))
