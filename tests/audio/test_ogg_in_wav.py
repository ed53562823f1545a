"""A WAV file whose data is an Ogg stream, as some packs have them."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from daemon.audio.identity import payload_hash
from daemon.audio.ogg_in_wav import Part
from daemon.audio.probe import probe
from daemon.audio.reader import open_audio
from daemon.kernel.errors import DiskError, UnreadableAudio
from daemon.kernel.work import Region
from tests.audio.material import RATE, noise
from tests.ogg_in_wav import FRAMES, wrapped


@pytest.fixture
def ogg(tmp_path: Path) -> Path:
    path = tmp_path / "inner.ogg"
    soundfile.write(path, noise(FRAMES).T, RATE, format="OGG", subtype="VORBIS")
    return path


@pytest.mark.parametrize("tail", [b"", b"LIST" + struct.pack("<I", 400_000) + b"INFO" + bytes(399_996)])
def test_it_sounds_as_the_stream_inside(ogg: Path, tmp_path: Path, tail: bytes) -> None:
    wav = wrapped(ogg.read_bytes(), tmp_path / "kick.wav", tail)
    info = probe(wav)
    assert (info.container, info.codec, info.rate_hz, info.channels, info.frames) == (
        "wav", "vorbis", RATE, 2, FRAMES,
    )  # fmt: skip
    for region in (None, Region(30_000, 1000)):
        with open_audio(wav, region) as audio, open_audio(ogg, region) as inner:
            assert np.abs(audio.read() - inner.read()).max() < 1e-5
    assert payload_hash(wav) != payload_hash(ogg)


def test_a_stream_that_is_cut_off_is_refused(ogg: Path, tmp_path: Path) -> None:
    """Its WAV file is whole, so only the stream can tell."""
    with pytest.raises(UnreadableAudio, match="ends inside an Ogg page"):
        probe(wrapped(ogg.read_bytes()[:-500], tmp_path / "cut.wav"))


def test_a_disk_that_refuses_is_called_that(ogg: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wav = wrapped(ogg.read_bytes(), tmp_path / "kick.wav")
    with open_audio(wav) as audio:
        blocks = audio.blocks(1000)
        next(blocks)

        def refuse(part: Part, _count: int = -1) -> bytes:
            part.problem = OSError(5, "Input/output error")
            return b""

        monkeypatch.setattr(Part, "read", refuse)
        with pytest.raises(DiskError, match="Input/output error"):
            list(blocks)
