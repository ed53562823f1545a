"""A WAV file whose data is an Ogg stream, as some packs have them."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from daemon.audio.identity import payload_hash
from daemon.audio.probe import probe
from daemon.audio.reader import open_audio
from daemon.kernel.errors import UnreadableAudio
from daemon.kernel.work import Region
from tests.audio.material import RATE, sweep

OGG_VORBIS_1 = 0x674F
FRAMES = 50_001


@pytest.fixture
def ogg(tmp_path: Path) -> Path:
    path = tmp_path / "inner.ogg"
    soundfile.write(path, sweep(FRAMES).T, RATE, format="OGG", subtype="VORBIS")
    return path


def wrapped(ogg: Path, path: Path, keep: int | None = None) -> Path:
    """keep: bytes of the stream that are there of those that the header promises."""
    stream = ogg.read_bytes()
    fmt = struct.pack("<HHIIHHH", OGG_VORBIS_1, 2, RATE, 11_000, 1, 16, 8) + bytes(8)
    body = b"WAVE" + b"".join(
        name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) & 1)
        for name, data in ((b"fmt ", fmt), (b"fact", struct.pack("<I", FRAMES)), (b"data", stream))
    )
    whole = b"RIFF" + struct.pack("<I", len(body)) + body
    path.write_bytes(whole if keep is None else whole[: whole.index(stream) + keep])
    return path


def test_it_sounds_as_the_stream_inside(ogg: Path, tmp_path: Path) -> None:
    wav = wrapped(ogg, tmp_path / "kick.wav")
    info = probe(wav)
    assert (info.container, info.codec, info.rate_hz, info.channels, info.frames) == (
        "wav", "vorbis", RATE, 2, FRAMES,
    )  # fmt: skip
    with open_audio(wav) as audio, open_audio(ogg) as inner:
        assert np.abs(audio.read() - inner.read()).max() < 1e-5
    with open_audio(wav, Region(30_000, 1000)) as audio, open_audio(ogg, Region(30_000, 1000)) as inner:
        assert np.abs(audio.read() - inner.read()).max() < 1e-5
    assert payload_hash(wav) != payload_hash(ogg)


def test_one_that_is_cut_off_is_refused(ogg: Path, tmp_path: Path) -> None:
    with pytest.raises(UnreadableAudio, match=r"truncated: 900 of \d+ bytes"):
        probe(wrapped(ogg, tmp_path / "cut.wav", 900))
