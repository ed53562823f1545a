from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from daemon.audio.chunks import Chunk, read_chunks
from daemon.audio.encoders import EncodedWriter
from daemon.audio.quantise import fits, to_integers
from daemon.audio.reader import open_audio
from daemon.audio.writer import WavWriter, write_wav
from daemon.kernel.errors import BadParameter, DiskError, OverFullScale
from tests.audio.material import RATE, lag_frames, need, noise, sweep


@pytest.mark.parametrize(
    ("depth", "subtype", "error"),
    [("float32", "FLOAT", 0), ("pcm24", "PCM_24", 2**-24), ("pcm16", "PCM_16", 2**-16)],
)
@pytest.mark.parametrize("channels", [1, 2, 6, 32])
def test_other_libraries_read_the_same_samples(
    tmp_path: Path, depth: str, subtype: str, error: float, channels: int
) -> None:
    path = tmp_path / "out.wav"
    audio = noise(10_001, channels)
    with WavWriter(path, 48000, channels, depth) as writer:  # type: ignore[arg-type]
        for at in range(0, 10_001, 777):
            writer.write(audio[:, at : at + 777])
    info = soundfile.info(str(path))
    assert (info.samplerate, info.channels, info.frames, info.subtype) == (48000, channels, 10_001, subtype)
    assert np.abs(soundfile.read(path, dtype="float64", always_2d=True)[0].T - audio).max() <= error
    assert writer.peak == np.abs(audio).max()


@pytest.mark.parametrize(("bits", "depth"), [(16, "pcm16"), (24, "pcm24")])
def test_integers_come_back_bit_for_bit(tmp_path: Path, bits: int, depth: str) -> None:
    top = 1 << bits - 1
    wanted = np.random.default_rng(3).integers(-top, top, (2, 5000), dtype=np.int32)
    wanted[0, :2] = -top, top - 1
    soundfile.write(tmp_path / "in.wav", (wanted << (32 - bits)).T, RATE, subtype=f"PCM_{bits}")
    with open_audio(tmp_path / "in.wav") as reader:
        write_wav(tmp_path / "out.wav", reader.read(), RATE, depth)  # type: ignore[arg-type]
    got = soundfile.read(tmp_path / "out.wav", dtype="int32")[0].T >> (32 - bits)
    assert np.array_equal(got, wanted)


@given(st.floats(-1.125, 1.125, width=32), st.sampled_from([16, 24]))
def test_what_fits_is_exactly_what_an_integer_of_that_depth_can_hold(value: float, bits: int) -> None:
    audio = np.array([[value]], np.float32)
    nearest = round(float(audio[0, 0]) * 2 ** (bits - 1))
    assert fits(audio, bits) == (-(2 ** (bits - 1)) <= nearest < 2 ** (bits - 1))
    if fits(audio, bits):
        assert abs(int(to_integers(audio, bits)[0, 0]) - float(audio[0, 0]) * 2 ** (bits - 1)) <= 0.5


def test_integers_never_clip_and_leave_no_half_file(tmp_path: Path) -> None:
    path = tmp_path / "out.wav"
    with pytest.raises(OverFullScale, match=r"\+6\.02 dBFS"), WavWriter(path, RATE, 1, "pcm24") as writer:
        writer.write(np.full((1, 10), 0.5, np.float32))
        writer.write(np.full((1, 10), 2.0, np.float32))
    assert not path.exists()
    write_wav(path, np.full((1, 10), 2.0, np.float32), RATE)
    assert np.all(soundfile.read(path)[0] == 2.0)


@pytest.mark.parametrize("channels", [1, 3])
def test_past_the_limit_of_riff_it_becomes_rf64(tmp_path: Path, channels: int) -> None:
    """The limit is lowered here: the header is the same as past 4 GB."""
    path = tmp_path / "long.wav"
    audio = noise(5001, channels)
    with WavWriter(path, RATE, channels, "pcm24", riff_limit=10_000, chunks=[Chunk(b"wEiR", b"odd")]) as writer:
        writer.write(audio)
    assert path.read_bytes()[:4] == b"RF64"
    info = soundfile.info(str(path))
    assert (info.format, info.frames) == ("RF64", 5001)
    need("ffprobe")
    command = ["ffprobe", "-v", "error", "-show_entries", "stream=duration_ts", "-of", "csv=p=0", str(path)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == "5001"
    with open_audio(path) as reader:
        assert np.abs(reader.read() - audio).max() <= 2**-24
    assert read_chunks(path) == [Chunk(b"wEiR", b"odd")]


def test_a_real_file_of_more_than_4_gb_has_the_right_sizes(tmp_path: Path) -> None:
    """Sparse: the samples are skipped, not written."""
    path = tmp_path / "huge.wav"
    frames = 2_300_000_000
    with WavWriter(path, RATE, 1, "pcm16") as writer:
        writer._file.seek(frames * 2, 1)  # type: ignore[union-attr]
        writer.frames = frames
    path.open("r+b").truncate(max(path.stat().st_size, writer_size(frames)))
    assert soundfile.info(str(path)).frames == frames
    with open_audio(path) as reader:
        assert (reader.frames, reader.info.container) == (frames, "rf64")


def writer_size(frames: int) -> int:
    return 12 + 36 + 24 + 8 + frames * 2


def test_metadata_stands_where_it_belongs(tmp_path: Path) -> None:
    path = tmp_path / "out.wav"
    with WavWriter(
        path, RATE, 1, "pcm24", chunks=[Chunk(b"abcd", b"123"), Chunk(b"bext", bytes(602))]
    ) as writer:
        writer.write(noise(101, 1))
    raw = path.read_bytes()
    assert raw.index(b"bext") < raw.index(b"data") < raw.index(b"abcd")
    assert int.from_bytes(raw[4:8], "little") == len(raw) - 8
    assert soundfile.info(str(path)).frames == 101


def test_a_folder_that_is_not_there_is_a_disk_error(tmp_path: Path) -> None:
    with pytest.raises(DiskError, match="nowhere"):
        WavWriter(tmp_path / "nowhere" / "a.wav", RATE, 1)
    with pytest.raises(DiskError, match="nowhere"):
        EncodedWriter(tmp_path / "nowhere" / "a.flac", RATE, 1, "flac", "pcm24")
    with pytest.raises(BadParameter), WavWriter(tmp_path / "a.wav", RATE, 1) as writer:
        writer.write(noise(10, 2))
    assert not (tmp_path / "a.wav").exists()


@pytest.mark.parametrize(
    ("container", "depth"), [("flac", "pcm16"), ("flac", "pcm24"), ("aiff", "pcm24"), ("aiff", "float32")]
)
def test_lossless_containers_are_exact(tmp_path: Path, container: str, depth: str) -> None:
    bits = {"pcm16": 16, "pcm24": 24, "float32": 24}[depth]
    audio = (np.rint(noise(30_001) * 2 ** (bits - 1)) / 2 ** (bits - 1)).astype(np.float32)
    path = tmp_path / "out.bin"
    with EncodedWriter(path, RATE, 2, container, depth) as writer:  # type: ignore[arg-type]
        for at in range(0, 30_001, 9999):
            writer.write(audio[:, at : at + 9999])
    assert np.array_equal(soundfile.read(path, dtype="float32")[0].T, audio)


@pytest.mark.parametrize("container", ["mp3", "ogg"])
def test_lossy_containers_keep_length_and_place(tmp_path: Path, container: str) -> None:
    path = tmp_path / "out.bin"
    original = sweep(100_003)
    with EncodedWriter(path, RATE, 2, container, "pcm24") as writer:  # type: ignore[arg-type]
        writer.write(original)
    with open_audio(path) as reader:
        audio = reader.read()
    assert audio.shape == original.shape
    assert lag_frames(audio, original) == 0
    assert np.abs(audio - original).max() < 0.05


def test_one_very_long_block_of_vorbis(tmp_path: Path) -> None:
    with EncodedWriter(tmp_path / "a.ogg", RATE, 2, "ogg", "pcm24") as writer:
        writer.write(sweep(3_000_000))
    assert soundfile.info(str(tmp_path / "a.ogg")).frames == 3_000_000


def test_what_a_container_cannot_hold_is_said(tmp_path: Path) -> None:
    path = tmp_path / "out.bin"
    for rate, channels, container, depth in (
        (RATE, 3, "mp3", "pcm24"),
        (96000, 2, "mp3", "pcm24"),
        (RATE, 9, "flac", "pcm24"),
        (RATE, 2, "flac", "float32"),
    ):
        with pytest.raises(BadParameter, match=container):
            EncodedWriter(path, rate, channels, container, depth)  # type: ignore[arg-type]
    with pytest.raises(OverFullScale), EncodedWriter(path, RATE, 1, "flac", "pcm24") as writer:
        writer.write(np.full((1, 10), 1.5, np.float32))
    assert not path.exists()
