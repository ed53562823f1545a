from __future__ import annotations

import hashlib
import shutil
import struct
from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile
from mutagen.flac import FLAC, Picture

from daemon.audio.identity import byte_hash, payload_hash
from daemon.audio.midi_events import length_s
from daemon.audio.tags import Tags, write_tags
from daemon.kernel.errors import FileMissing, UnreadableAudio
from tests.audio.material import RATE, encode, every_kind, noise, sweep

TAGGED = ["wav24", "wav-float", "rf64", "aiff", "flac", "mp3", "ogg", "m4a", "alac", "opus"]


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return every_kind(tmp_path_factory.mktemp("kinds"), sweep(48000, 48000), 48000)


@pytest.mark.parametrize("name", TAGGED)
def test_writing_tags_never_changes_it(kinds: dict[str, Path], tmp_path: Path, name: str) -> None:
    path = tmp_path / "tagged"
    shutil.copy(kinds[name], path)
    payload, whole = payload_hash(path), byte_hash(path)
    for comment in ("short", "x" * 300_000, "short again"):  # grows past any padding, and shrinks
        write_tags(path, Tags(title="Schön", comment=comment, bpm=123.5, key="Am", fields={"stem": "drums"}))
        assert payload_hash(path) == payload
        assert byte_hash(path) != whole


@pytest.mark.parametrize("name", [*TAGGED, "caf", "webm", "adts"])
def test_other_sound_has_another_one(kinds: dict[str, Path], tmp_path: Path, name: str) -> None:
    other = sweep(48000, 48000)
    other[0, 40_000:40_100] *= 0.5
    files = every_kind(tmp_path, other, 48000)
    assert payload_hash(files[name]) != payload_hash(kinds[name])


def test_each_kind_is_told_from_the_others(kinds: dict[str, Path]) -> None:
    hashes = {payload_hash(path) for name, path in kinds.items() if name != "rf64"}
    assert len(hashes) == len(kinds) - 1


def test_wav_and_rf64_of_the_same_sound_are_one_asset(tmp_path: Path) -> None:
    audio = noise(10_000)
    soundfile.write(tmp_path / "a.wav", audio.T, RATE, subtype="PCM_24", format="WAV")
    soundfile.write(tmp_path / "b.wav", audio.T, RATE, subtype="PCM_24", format="WAV")
    raw = (tmp_path / "a.wav").read_bytes()
    at = raw.index(b"data")
    ds64 = b"ds64" + struct.pack("<IQQQI", 28, len(raw) + 28, len(raw) - at - 8, len(audio[0]), 0)
    long = b"RF64" + b"\xff" * 4 + b"WAVE" + ds64 + raw[12 : at + 4] + b"\xff" * 4 + raw[at + 8 :]
    (tmp_path / "c.wav").write_bytes(long)
    assert len({payload_hash(tmp_path / name) for name in ("a.wav", "b.wav", "c.wav")}) == 1
    soundfile.write(tmp_path / "d.wav", audio.T, 48000, subtype="PCM_24", format="WAV")
    assert payload_hash(tmp_path / "d.wav") != payload_hash(tmp_path / "a.wav")  # plays at another rate


def test_flac_of_the_same_samples_is_one_asset_however_compressed(tmp_path: Path) -> None:
    audio = noise(50_000)
    soundfile.write(tmp_path / "a.flac", audio.T, RATE, subtype="PCM_24", compression_level=0.0)
    soundfile.write(tmp_path / "b.flac", audio.T, RATE, subtype="PCM_24", compression_level=1.0)
    cover = FLAC(tmp_path / "b.flac")
    picture = Picture()
    picture.data, picture.mime = bytes(5000), "image/png"
    cover.add_picture(picture)
    cover.save()
    assert byte_hash(tmp_path / "a.flac") != byte_hash(tmp_path / "b.flac")
    assert payload_hash(tmp_path / "a.flac") == payload_hash(tmp_path / "b.flac")


def test_a_flac_without_md5_is_still_told_apart(tmp_path: Path) -> None:
    hashes = set()
    for seed in (1, 2):
        path = tmp_path / f"{seed}.flac"
        soundfile.write(path, noise(5000, seed=seed).T, RATE, subtype="PCM_16")
        raw = bytearray(path.read_bytes())
        raw[26:42] = bytes(16)
        path.write_bytes(raw)
        hashes.add(payload_hash(path))
    assert len(hashes) == 2


def test_mp3_ignores_tags_of_every_kind(kinds: dict[str, Path], tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    id3 = b"ID3\x03\x00\x00\x00\x00\x02\x00" + bytes(256)
    path.write_bytes(id3 + kinds["mp3"].read_bytes() + b"TAG" + bytes(125))
    assert payload_hash(path) == payload_hash(kinds["mp3"])


def tune(path: Path, *, name: str = "Lead", note: int = 60, running: bool = True, tempo: int = 500_000) -> Path:
    midi = mido.MidiFile(ticks_per_beat=480)
    track = mido.MidiTrack()
    track.append(mido.MetaMessage("track_name", name=name))
    track.append(mido.MetaMessage("set_tempo", tempo=tempo))
    for _ in range(4):
        track.append(mido.Message("note_on", note=note, velocity=90, time=0))
        off = mido.Message(
            "note_on" if running else "note_off", note=note, velocity=0 if running else 64, time=480
        )
        track.append(off)
    midi.tracks.append(track)
    midi.save(path)
    return path


def test_midi_is_its_canonical_events(tmp_path: Path) -> None:
    one = payload_hash(tune(tmp_path / "1.mid"))
    assert payload_hash(tune(tmp_path / "2.mid", name="Renamed")) == one
    assert payload_hash(tune(tmp_path / "3.mid", running=False)) == one  # note-off instead of velocity 0
    assert payload_hash(tune(tmp_path / "4.mid", note=61)) != one
    assert payload_hash(tune(tmp_path / "5.mid", tempo=400_000)) != one
    assert length_s(tmp_path / "1.mid") == pytest.approx(2.0)


def test_a_broken_midi_file_is_named(tmp_path: Path) -> None:
    whole = tune(tmp_path / "1.mid").read_bytes()
    for keep in (9, 20, len(whole) - 9):
        path = tmp_path / "cut.mid"
        path.write_bytes(whole[:keep])
        with pytest.raises(UnreadableAudio, match=r"cut\.mid"):
            payload_hash(path)


def test_the_recipe_is_stable(tmp_path: Path) -> None:
    """An identity is stored for good: the recipe may only change together with a migration of the library."""
    path = tmp_path / "a.wav"
    soundfile.write(path, (np.arange(-50, 50) / 100)[:, None], 8000, subtype="PCM_16")
    raw = path.read_bytes()
    form, data = raw[20:36], raw[44:244]
    recipe = b"wav\0" + b"fmt " + struct.pack("<Q", 16) + form + b"data" + struct.pack("<Q", 200) + data
    assert payload_hash(path) == hashlib.blake2b(recipe, digest_size=32).hexdigest()
    assert byte_hash(path) == hashlib.blake2b(raw, digest_size=32).hexdigest()
    with pytest.raises(FileMissing):
        payload_hash(tmp_path / "gone.wav")


def test_opus_in_another_container_is_read_whole(kinds: dict[str, Path], tmp_path: Path) -> None:
    """Containers without a rule of their own: every byte counts."""
    again = encode(tmp_path / "x.webm", sweep(48000, 48000), 48000, "libopus", "webm")
    raw = bytearray(again.read_bytes())
    raw[-1] ^= 1
    (tmp_path / "y.webm").write_bytes(raw)
    assert payload_hash(again) != payload_hash(tmp_path / "y.webm")
    assert payload_hash(again) == byte_hash(again)
