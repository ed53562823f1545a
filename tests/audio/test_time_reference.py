from __future__ import annotations

import struct
import subprocess
from pathlib import Path

import mutagen
import pytest
from mutagen.flac import FLAC, MetadataBlock

from daemon.audio.probe import probe
from tests.audio.material import sweep

FRAMES = 48_000 * 3600 + 17  # an hour after midnight, and more than 32 bits hold at a day's end


def from_bwf(folder: Path, name: str, *options: str) -> Path:
    """A file that ffmpeg makes from a Broadcast WAV that begins at FRAMES."""
    tone = ["-f", "lavfi", "-i", "sine=440:duration=0.2:sample_rate=44100"]
    about = ["-metadata", f"time_reference={FRAMES}", "-write_bext", "1"]
    wav = folder / "bwf.wav"
    quiet = ["ffmpeg", "-v", "error", "-y"]
    subprocess.run([*quiet, *tone, *about, str(wav)], check=True)
    if name == wav.name:
        return wav
    subprocess.run([*quiet, "-i", str(wav), *options, str(folder / name)], check=True)
    return folder / name


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("bwf.wav", ()),
        ("a.wav", ("-write_bext", "1", "-rf64", "always")),
        ("a.flac", ()),
        ("a.aiff", ("-write_id3v2", "1")),
        ("a.mp3", ()),
        ("a.ogg", ("-c:a", "libvorbis")),
    ],
)
def test_a_place_on_the_timeline_outlives_another_container(
    tmp_path: Path, name: str, options: tuple[str, ...]
) -> None:
    assert probe(from_bwf(tmp_path, name, *options)).time_reference_frames == FRAMES


def test_opus_counts_at_another_rate_so_its_number_says_nothing(tmp_path: Path) -> None:
    path = from_bwf(tmp_path, "a.opus", "-c:a", "libopus")
    assert str(FRAMES) in str(mutagen.File(path).tags)
    assert probe(path).time_reference_frames is None


def test_a_bext_chunk_that_flac_kept_whole(tmp_path: Path) -> None:
    """As `flac --keep-foreign-metadata` does it: application id "riff", the chunk's id and size, its body."""
    path = from_bwf(tmp_path, "a.flac", "-map_metadata", "-1")
    assert probe(path).time_reference_frames is None
    body = bytes(338) + struct.pack("<Q", FRAMES) + bytes(256)
    block = MetadataBlock(b"riff" + b"bext" + struct.pack("<I", len(body)) + body)
    block.code = 2
    file = FLAC(path)
    file.metadata_blocks.insert(1, block)
    file.save()
    assert probe(path).time_reference_frames == FRAMES


@pytest.mark.parametrize("said", ["", "-1", "12.5", "noon", "9" * 40, "１２"])
def test_what_is_no_number_of_frames_says_nothing(tmp_path: Path, said: str) -> None:
    path = tmp_path / "a.flac"
    subprocess.run(
        ["ffmpeg", "-v", "error", "-f", "f32le", "-ar", "44100", "-ac", "2", "-i", "-", str(path)],
        input=sweep(4410).T.tobytes(), check=True,
    )  # fmt: skip
    file = FLAC(path)
    file["TIME_REFERENCE"] = said
    file.save()
    assert probe(path).time_reference_frames is None
