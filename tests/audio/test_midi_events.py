"""MIDI files as programs write them, odd ones and damaged ones."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import mido
import pytest

from daemon.audio.identity import payload_hash
from daemon.audio.midi_events import length_s, read
from daemon.chains.plugins.sing import read_midi
from daemon.kernel.errors import BadParameter, UnreadableAudio

NOTE = b"\x00\x90\x3c\x64\x60\x80\x3c\x40"  # a C of 96 ticks
END = b"\x00\xff\x2f\x00"


def song(path: Path, events: bytes, division: int = 96, kind: int = 0) -> Path:
    """One track as Standard MIDI Files 1.0 has it."""
    track = events + END
    header = b"MThd" + struct.pack(">IHHH", 6, kind, 1, division & 0xFFFF)
    path.write_bytes(header + b"MTrk" + struct.pack(">I", len(track)) + track)
    return path


@pytest.mark.parametrize(("sharps", "minor"), [(8, 0), (-8, 1), (127, 0), (0, 2), (-128, 255)])
def test_a_key_signature_that_is_none_keeps_no_note_from_being_read(
    tmp_path: Path, sharps: int, minor: int
) -> None:
    key = b"\x00\xff\x59\x02" + struct.pack("bB", sharps, minor)
    path = song(tmp_path / "odd.mid", key + NOTE)
    assert [message.note for message in read(path).tracks[0] if message.type == "note_on"] == [60]
    assert length_s(path) == pytest.approx(0.5)
    assert payload_hash(path)
    assert len(read_midi(path)[0]) == 2


@pytest.mark.parametrize("sharps", range(-7, 8))
def test_key_signatures_that_are_some_stay(tmp_path: Path, sharps: int) -> None:
    path = song(tmp_path / "a.mid", b"\x00\xff\x59\x02" + struct.pack("bB", sharps, 1) + NOTE)
    assert read(path).tracks[0][0].key == mido.MidiFile(path).tracks[0][0].key


@pytest.mark.parametrize(
    ("frames", "ticks", "seconds"), [(24, 4, 1.0), (25, 40, 0.096), (29, 96, 1.001 / 30), (30, 80, 0.04)]
)
def test_a_file_that_divides_seconds_has_its_real_length_whatever_its_tempo(
    tmp_path: Path, frames: int, ticks: int, seconds: float
) -> None:
    tempo = b"\x00\xff\x51\x03" + (250_000).to_bytes(3, "big")
    path = song(tmp_path / "film.mid", tempo + NOTE, division=(256 - frames) << 8 | ticks)
    assert length_s(path) == pytest.approx(seconds)
    messages, length = read_midi(path)
    assert length == pytest.approx(seconds) and messages[-1].time == pytest.approx(seconds)


@pytest.mark.parametrize("division", [0, 0xE800, 0xFF04, 0x8000])
def test_a_division_that_means_nothing_is_named(tmp_path: Path, division: int) -> None:
    path = song(tmp_path / "never.mid", NOTE, division=division)
    for look in (length_s, payload_hash, read_midi):
        with pytest.raises(UnreadableAudio, match=r"never\.mid.*division"):
            look(path)


def test_a_time_longer_than_the_format_has_is_named(tmp_path: Path) -> None:
    path = song(tmp_path / "long.mid", b"\xff" * 20 + b"\x00\x90\x3c\x64")
    for look in (length_s, payload_hash, read_midi):
        with pytest.raises(UnreadableAudio, match=r"long\.mid.*four bytes"):
            look(path)


def test_tracks_that_do_not_play_together_have_no_length(tmp_path: Path) -> None:
    path = song(tmp_path / "apart.mid", NOTE, kind=2)
    assert payload_hash(path)
    for look in (length_s, read_midi):
        with pytest.raises(UnreadableAudio, match="type 2"):
            look(path)


def test_whatever_is_damaged_is_either_read_or_named(tmp_path: Path) -> None:
    meta = b"\x00\xff\x59\x02\x03\x00\x00\xff\x51\x03\x07\xa1\x20\x00\xff\x58\x04\x04\x02\x18\x08"
    more = b"\x00\xff\x54\x05\x60\x00\x00\x00\x00\x00\xff\x20\x01\x00\x00\xf0\x03\x01\x02\xf7"
    whole = song(tmp_path / "whole.mid", meta + more + NOTE).read_bytes()
    path, rng = tmp_path / "hurt.mid", random.Random(7)
    for _ in range(1500):
        hurt = bytearray(whole)
        for _ in range(rng.randint(1, 4)):
            hurt[rng.randrange(8, len(hurt))] = rng.randrange(256)
        path.write_bytes(hurt)
        for look in (length_s, payload_hash, read_midi):
            try:
                look(path)
            except (UnreadableAudio, BadParameter) as error:
                assert "hurt.mid" in error.message
