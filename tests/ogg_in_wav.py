"""WAV files whose data is an Ogg stream, as some sample packs have them."""

from __future__ import annotations

import struct
from pathlib import Path

OGG_VORBIS_1 = 0x674F
RATE, FRAMES = 44_100, 50_001


def wrapped(stream: bytes, path: Path, tail: bytes = b"") -> Path:
    """tail: chunks behind the data."""
    fmt = struct.pack("<HHIIHHH", OGG_VORBIS_1, 2, RATE, 11_000, 1, 16, 8) + bytes(8)
    body = b"WAVE" + b"".join(
        name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) & 1)
        for name, data in ((b"fmt ", fmt), (b"fact", struct.pack("<I", FRAMES)), (b"data", stream))
    )
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body) + len(tail)) + body + tail)
    return path
