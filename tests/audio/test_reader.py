from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from mutagen.mp4 import MP4, MP4FreeForm

from daemon.audio.probe import probe
from daemon.audio.reader import open_audio
from daemon.kernel.errors import BadParameter
from daemon.kernel.types import Frames
from daemon.kernel.work import Region
from tests.audio.material import RATE, Audio, encode, every_kind, ffmpeg_decode, lag_frames, sweep

FRAMES = 150_003


@pytest.fixture(scope="module")
def original() -> Audio:
    return sweep(FRAMES)


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory, original: Audio) -> dict[str, Path]:
    return every_kind(tmp_path_factory.mktemp("kinds"), original)


@pytest.fixture(scope="module")
def kinds_48k(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return every_kind(tmp_path_factory.mktemp("kinds48"), sweep(FRAMES, 48000), 48000)


def read(path: Path, region: Region | None = None) -> Audio:
    with open_audio(path, region) as audio:
        return audio.read()


LOSSLESS = [
    "wav24",
    "wav-extensible",
    "rf64",
    "w64",
    "aiff",
    "flac",
    "caf",
    "au",
    "wav64",
    "wav-float",
    "aifc-float",
]


@pytest.mark.parametrize("name", LOSSLESS)
def test_lossless_kinds_give_the_samples_back(kinds: dict[str, Path], original: Audio, name: str) -> None:
    assert np.abs(read(kinds[name]) - original).max() <= 2.0**-23


@pytest.mark.parametrize("name", ["mp3", "m4a", "ogg"])
def test_lossy_kinds_have_the_length_and_place_of_the_original(
    kinds: dict[str, Path], original: Audio, name: str
) -> None:
    audio = read(kinds[name])
    assert audio.shape == original.shape
    assert lag_frames(audio, original) == 0
    assert np.abs(audio - original).mean() < 0.02


def test_opus_has_the_length_and_place_of_the_original(kinds_48k: dict[str, Path]) -> None:
    original = sweep(FRAMES, 48000)
    audio = read(kinds_48k["opus"])
    assert audio.shape == original.shape
    assert lag_frames(audio, original) == 0
    assert probe(kinds_48k["opus"]).encoder_delay_frames == 312  # libopus at 48 kHz: 6.5 ms


def test_delay_and_padding_are_removed_as_ffmpeg_does(
    kinds: dict[str, Path], kinds_48k: dict[str, Path]
) -> None:
    for path in (
        kinds["mp3"],
        kinds["ogg"],
        kinds["alac"],
        kinds["mkv-flac"],
        kinds_48k["opus"],
        kinds_48k["webm"],
    ):
        theirs, ours = ffmpeg_decode(path, 2), read(path)
        assert ours.shape == theirs.shape, path.name
        assert np.abs(ours - theirs).max() < 2e-3, path.name
    theirs, ours = ffmpeg_decode(kinds["m4a"], 2), read(kinds["m4a"])
    assert np.abs(ours - theirs[:, : ours.shape[1]]).max() < 1e-4  # ffmpeg leaves the end's padding in AAC


def test_the_delay_that_was_removed_is_told(kinds: dict[str, Path], tmp_path: Path, original: Audio) -> None:
    assert probe(kinds["m4a"]).encoder_delay_frames == 1024
    assert probe(kinds["mp3"]).encoder_delay_frames == 576 + 529  # LAME's delay and the decoder's
    assert probe(kinds["wav24"]).encoder_delay_frames == 0
    bare = encode(tmp_path / "no-info.mp3", original, RATE, "mp3", "mp3", write_xing="0")
    info = probe(bare)
    assert info.encoder_delay_frames == 0
    assert info.frames % 1152 == 0  # whole MPEG frames: nothing says what to drop
    assert lag_frames(read(bare), original) == 576 + 529


def test_itunes_gapless_tag_where_there_is_no_edit_list(tmp_path: Path, original: Audio) -> None:
    path = encode(tmp_path / "itunes.m4a", original, RATE, "aac", "ipod", use_editlist="0")
    tagged = MP4(path)
    heard = FRAMES - 40  # less than the packets hold, as when the last one still counts its padding
    text = f" 00000000 {1024:08X} {552:08X} {heard:016X}" + " 00000000" * 8
    tagged["----:com.apple.iTunes:iTunSMPB"] = [MP4FreeForm(text.encode())]
    tagged.save()
    info = probe(path)
    assert (info.frames, info.encoder_delay_frames) == (heard, 1024)
    assert lag_frames(read(path), original) == 0


@pytest.mark.parametrize("start", [0, 1, 1105, 44_099, 88_211, 150_002])
def test_regions_are_exact_to_the_sample(
    kinds: dict[str, Path], kinds_48k: dict[str, Path], start: int
) -> None:
    files = [*kinds.values(), kinds_48k["opus"], kinds_48k["webm"]]
    for path in files:
        whole = read(path)
        length = min(7001, whole.shape[1] - start)
        part = read(path, Region(Frames(start), Frames(length)))
        assert part.shape[1] == length
        assert np.abs(part - whole[:, start : start + length]).max() < 1e-4, path.name


def test_a_region_to_the_end_and_regions_outside(kinds: dict[str, Path]) -> None:
    path = kinds["mp3"]
    assert np.array_equal(read(path, Region(Frames(100_000))), read(path)[:, 100_000:])
    for start, length in ((FRAMES, None), (FRAMES, 1), (0, FRAMES + 1), (-1, 5), (5, 0)):
        with pytest.raises(BadParameter, match=r"lies outside"):
            open_audio(path, Region(Frames(start), None if length is None else Frames(length)))


def test_blocks_have_the_asked_size_and_can_be_read_again(kinds: dict[str, Path]) -> None:
    for name in ("wav24", "mp3", "m4a"):
        with open_audio(kinds[name]) as audio:
            sizes = [block.shape for block in audio.blocks(10_000)]
            assert sizes == [(2, 10_000)] * 15 + [(2, 3)], name
            again = np.concatenate(list(audio.blocks(777)), axis=1)
        assert np.array_equal(again, read(kinds[name])), name
        assert again.dtype == np.float32


def test_mono_mp3_of_every_mpeg_version(tmp_path: Path) -> None:
    for rate in (44100, 22050, 11025):
        original = sweep(rate * 2 + 17, rate, channels=1)
        path = encode(tmp_path / f"{rate}.mp3", original, rate, "mp3", "mp3", bit_rate=64_000)
        audio = read(path)
        assert audio.shape == original.shape, rate
        assert abs(lag_frames(audio, original)) <= 1, rate


def test_mp3_with_tags_on_both_ends(kinds: dict[str, Path], tmp_path: Path) -> None:
    plain = kinds["mp3"].read_bytes()
    ape = b"APETAGEX" + struct.pack("<IIII", 2000, 32, 1, 0xA0000000) + bytes(8)
    footer = b"APETAGEX" + struct.pack("<IIII", 2000, 32, 1, 0x80000000) + bytes(8)
    path = tmp_path / "tagged.mp3"
    path.write_bytes(plain + ape + bytes(1968) + footer + b"TAG" + bytes(125))
    assert probe(path) == probe(kinds["mp3"])
    assert np.array_equal(read(path), read(kinds["mp3"]))
