from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from daemon.audio.probe import probe
from daemon.audio.reader import open_audio
from daemon.kernel.errors import FileMissing, InputError, RoadieError, UnreadableAudio
from tests.audio.material import RATE, bare_wav, encode, every_kind, noise, sweep


def reason(path: Path) -> str:
    """What is said of a file that cannot be read at all or not to its end; it always names the file."""
    with pytest.raises(UnreadableAudio) as caught, open_audio(path) as audio:
        for _ in audio.blocks():
            pass
    assert path.name.encode("utf-8", "backslashreplace").decode() in caught.value.message
    return caught.value.message


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return every_kind(tmp_path_factory.mktemp("kinds"), sweep(30_001))


def test_content_decides_and_not_the_extension(kinds: dict[str, Path], tmp_path: Path) -> None:
    expected = {
        "wav16": ("wav", "pcm16", 16, False),
        "wav24": ("wav", "pcm24", 24, False),
        "wav64": ("wav", "pcm64", 64, False),
        "wav-float": ("wav", "float32", 32, True),
        "wav-extensible": ("wav", "pcm24", 24, False),
        "rf64": ("rf64", "pcm24", 24, False),
        "w64": ("w64", "pcm24", 24, False),
        "aiff": ("aiff", "pcm24", 24, False),
        "aifc-float": ("aiff", "float32", 32, True),
        "flac": ("flac", "flac", 24, False),
        "ogg": ("ogg", "vorbis", None, False),
        "mp3": ("mp3", "mp3", None, False),
        "caf": ("caf", "pcm24", 24, False),
        "au": ("au", "pcm24", 24, False),
        "m4a": ("mp4", "aac", None, False),
        "adts": ("aac", "aac", None, False),
    }
    for name, (container, codec, bits, is_float) in expected.items():
        renamed = tmp_path / f"{name}.txt"
        shutil.copy(kinds[name], renamed)
        info = probe(renamed)
        assert (info.container, info.codec, info.bits, info.is_float) == (container, codec, bits, is_float), (
            name
        )
        assert (info.rate_hz, info.channels) == (RATE, 2), name


def test_the_sound_of_a_video_file(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    with av.open(str(path), "w", format="mp4") as out:
        picture = out.add_stream("mpeg4", rate=25)
        picture.width, picture.height, picture.pix_fmt = 32, 32, "yuv420p"
        sound = out.add_stream("aac", rate=RATE, layout="mono")
        for index in range(25):
            image = av.VideoFrame.from_ndarray(np.full((32, 32, 3), index, np.uint8), format="rgb24")
            out.mux(picture.encode(image))
        out.mux(picture.encode(None))
        frame = av.AudioFrame.from_ndarray(sweep(RATE, channels=1), format="fltp", layout="mono")
        frame.sample_rate = RATE
        for part in av.AudioResampler("fltp", "mono", RATE, 1024).resample(frame):
            out.mux(sound.encode(part))
        out.mux(sound.encode(None))
    info = probe(path)
    assert (info.container, info.codec, info.channels) == ("mp4", "aac", 1)
    assert info.length_s == pytest.approx(1.0, abs=0.03)


def test_a_video_without_sound_says_so(tmp_path: Path) -> None:
    path = tmp_path / "silent film.mp4"
    with av.open(str(path), "w", format="mp4") as out:
        picture = out.add_stream("mpeg4", rate=25)
        picture.width, picture.height, picture.pix_fmt = 32, 32, "yuv420p"
        out.mux(picture.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")))
        out.mux(picture.encode(None))
    assert "no audio track" in reason(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty, 0 bytes"),
        ("Lyrics: la la la\nlö".encode(), "text file"),
        ("UTF-16 text".encode("utf-16"), "text file"),
        (b"#EXTM3U\n#EXT-X-VERSION:3\nhttp://127.0.0.1:9/a.ts\n", "text file"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"PK\x03\x04....", "zip archive"),
        (b"\x00" * 4096, "zero bytes"),
        (b"ID3\x04\x00\x00\x00\x00\x00\x00", "nothing follows its ID3 tag"),
        (bytes(range(256)) * 8, "begins with the bytes"),
    ],
)
def test_what_is_no_audio_is_named(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "take 1.wav"
    path.write_bytes(content)
    assert said in reason(path)


def test_random_bytes_are_never_audio(tmp_path: Path) -> None:
    path = tmp_path / "random.mp3"
    for seed in range(20):
        path.write_bytes(np.random.default_rng(seed).bytes(100_000))
        reason(path)


def test_no_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(FileMissing, match=r"gone\.wav"):
        probe(tmp_path / "gone.wav")
    with pytest.raises(InputError, match="folder"):
        probe(tmp_path)


def test_a_midi_file_is_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "tune.wav"
    path.write_bytes(b"MThd\x00\x00\x00\x06\x00\x00\x00\x01\x01\xe0")
    assert "MIDI" in reason(path)


def test_every_kind_cut_in_half_is_refused(kinds: dict[str, Path], tmp_path: Path) -> None:
    for name, path in kinds.items():
        whole = path.read_bytes()
        cut = tmp_path / f"{name}.cut"
        cut.write_bytes(whole[: len(whole) // 2 + 1])
        assert "truncated" in reason(cut), name


@pytest.mark.parametrize("keep", [1, 4, 11, 12, 20, 30, 43, 44])
def test_wav_headers_cut_anywhere(tmp_path: Path, keep: int) -> None:
    path = bare_wav(tmp_path / "whole.wav", bytes(2000))
    cut = tmp_path / "cut.wav"
    cut.write_bytes(path.read_bytes()[:keep])
    reason(cut)


def test_no_channels_no_rate_no_frames(tmp_path: Path) -> None:
    assert "no channels" in reason(bare_wav(tmp_path / "a.wav", bytes(100), channels=0))
    assert "sample rate of 0" in reason(bare_wav(tmp_path / "b.wav", bytes(100), rate=0))
    assert "no audio" in reason(bare_wav(tmp_path / "c.wav", b""))
    soundfile.write(tmp_path / "e.aiff", np.zeros((0, 2)), RATE)
    assert "no audio" in reason(tmp_path / "e.aiff")


def test_nan_and_infinity_are_named_with_the_first_frame(tmp_path: Path) -> None:
    for value in (np.nan, np.inf, -np.inf):
        audio = noise(200_000)
        audio[1, 131_073] = value
        path = tmp_path / "bad.wav"
        soundfile.write(path, audio.T, RATE, subtype="FLOAT")
        assert "first at frame 131073" in reason(path)
    path = tmp_path / "all.wav"
    soundfile.write(path, np.full((1000, 1), np.nan), RATE, subtype="DOUBLE")
    assert "first at frame 0" in reason(path)


def test_float_above_full_scale_is_fine(tmp_path: Path) -> None:
    path = tmp_path / "hot.wav"
    soundfile.write(path, np.full((1000, 1), 3.5), RATE, subtype="FLOAT")
    with open_audio(path) as audio:
        assert audio.info.is_float
        assert np.all(audio.read() == 3.5)


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (192_000, 2), (44_100, 32), (11_025, 7)])
def test_unusual_rates_and_channel_counts(tmp_path: Path, rate: int, channels: int) -> None:
    path = tmp_path / "odd.wav"
    audio = noise(5001, channels)
    soundfile.write(path, audio.T, rate, subtype="FLOAT")
    with open_audio(path) as reader:
        assert (reader.rate_hz, reader.channels, reader.frames) == (rate, channels, 5001)
        assert np.array_equal(reader.read(), audio)


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_wav_of_every_depth(tmp_path: Path, subtype: str) -> None:
    path = tmp_path / "depth.wav"
    audio = noise(3000)
    soundfile.write(path, audio.T, RATE, subtype=subtype)
    steps = {"PCM_U8": 2.0**-7, "PCM_16": 2.0**-15}.get(subtype, 2.0**-22)
    with open_audio(path) as reader:
        assert np.abs(reader.read() - audio).max() <= steps


@pytest.mark.parametrize("claimed", [0xFFFFFFFF, 0x7FFFF000])
def test_wav_streamed_through_a_pipe_runs_to_the_end_of_the_file(tmp_path: Path, claimed: int) -> None:
    path = bare_wav(tmp_path / "pipe.wav", np.arange(5000, dtype="<i2").tobytes(), claimed=claimed)
    with open_audio(path) as reader:
        assert reader.frames == 5000
        assert np.array_equal(reader.read()[0] * 2**15, np.arange(5000))


def broadcast_wav(path: Path, frames: int) -> Path:
    """Of 8 kHz."""
    bare_wav(path, bytes(200))
    body = bytes(338) + frames.to_bytes(8, "little") + bytes(256)
    raw = bytearray(path.read_bytes())
    raw[12:12] = b"bext" + len(body).to_bytes(4, "little") + body
    path.write_bytes(raw)
    return path


def test_time_reference_of_a_broadcast_wav(tmp_path: Path) -> None:
    assert probe(broadcast_wav(tmp_path / "bwf.wav", 5_000_000_123)).time_reference_frames == 5_000_000_123
    assert probe(bare_wav(tmp_path / "plain.wav", bytes(200))).time_reference_frames is None


@pytest.mark.parametrize("frames", [(1 << 64) - 1, 1 << 63, 1 << 53, 8000 * 86_400 * 400])
def test_a_time_reference_that_no_session_gets_to_is_none(tmp_path: Path, frames: int) -> None:
    assert probe(broadcast_wav(tmp_path / "bwf.wav", frames)).time_reference_frames is None
    days = 8000 * 86_400 * 300
    assert probe(broadcast_wav(tmp_path / "bwf.wav", days)).time_reference_frames == days


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="file names are Unicode on this system")
@pytest.mark.parametrize("codec", ["wav", "m4a"])
def test_a_name_that_is_not_utf8(tmp_path: Path, codec: str) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/take \xff\xfe.bin"))
    if codec == "wav":
        bare_wav(path, bytes(2000))
        frames = 1000
    else:
        shutil.copy(encode(tmp_path / "a.m4a", sweep(20_000), RATE, "aac", "ipod"), path)
        frames = 20_000
    with open_audio(path) as audio:
        assert audio.read().shape[1] == frames
    path.write_bytes(b"text")
    with pytest.raises(RoadieError) as caught:
        probe(path)
    caught.value.message.encode("utf-8")  # can be printed and stored


def test_an_id3_tag_in_front_does_not_hide_the_container(kinds: dict[str, Path], tmp_path: Path) -> None:
    tag = b"ID3\x04\x00\x00\x00\x00\x08\x00" + bytes(1024)
    for name in ("flac", "mp3", "adts"):
        path = tmp_path / name
        path.write_bytes(tag + tag + kinds[name].read_bytes())
        assert probe(path) == probe(kinds[name]), name
