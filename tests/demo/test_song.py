from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyloudnorm
import pytest
import soundfile

from daemon.demo import mix
from daemon.demo.compose import compose
from daemon.demo.score import PARTS
from daemon.demo.song import DEMO_SOUNDS, RATE, DemoSong, render_song, write_song
from daemon.demo.styles import STYLES
from daemon.demo.theory import Key, hz


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> DemoSong:
    return write_song(tmp_path_factory.mktemp("song"), seed=0)


def test_mix_is_a_24_bit_stereo_flac_of_the_asked_length_and_not_clipped(song: DemoSong) -> None:
    info = soundfile.info(song.mix)
    assert (info.format, info.subtype, info.channels, info.samplerate) == ("FLAC", "PCM_24", 2, RATE)
    assert 19 < info.duration < 25
    audio, _ = soundfile.read(song.mix)
    assert 0.8 < np.abs(audio).max() < 0.95


def test_parts_sum_to_the_mix_to_24_bits(song: DemoSong) -> None:
    assert tuple(song.parts) == PARTS
    whole, _ = soundfile.read(song.mix)
    parts = [soundfile.read(song.parts[name])[0] for name in PARTS]
    assert np.abs(np.sum(parts, axis=0) - whole).max() < 2**-22


def test_parts_are_about_equally_loud_by_bs1770(song: DemoSong) -> None:
    meter = pyloudnorm.Meter(RATE)
    lufs = [meter.integrated_loudness(soundfile.read(song.parts[name])[0]) for name in PARTS]
    assert max(lufs) - min(lufs) < 2.5


def test_every_drum_hit_is_where_it_is_said_to_be(song: DemoSong) -> None:
    """Before a hit it is quieter than after it."""
    audio, rate = soundfile.read(song.parts["drums"])
    power = (audio**2).sum(axis=1)
    alone = [hit for hit in song.drum_hits if hit.drum in ("kick", "snare")]
    assert len(alone) > 20
    for hit in alone:
        at = round(hit.start_s * rate)
        assert power[at : at + 882].mean() > 2 * power[max(at - 441, 0) : max(at - 44, 1)].mean()


@pytest.mark.parametrize("part", ["bass_notes", "lead_notes"])
def test_notes_sound_at_their_pitch(song: DemoSong, part: str) -> None:
    """In the middle of a note the spectrum has a peak at its fundamental, within a third of a semitone."""
    audio, rate = soundfile.read(song.parts["bass" if part == "bass_notes" else "vocals"])
    mono = audio.mean(axis=1)
    checked = 0
    for note in getattr(song, part):
        if note.end_s - note.start_s < 0.35:
            continue
        middle = round((note.start_s + note.end_s) / 2 * rate)
        piece = mono[middle - 6000 : middle + 6000] * np.hanning(12000)
        spectrum = np.abs(np.fft.rfft(piece, 2**17))
        fundamental = hz(note.pitch)
        near = slice(*(round(fundamental * 2 ** (c / 12) * 2**17 / rate) for c in (-1.5, 1.5)))
        found = (near.start + spectrum[near].argmax()) * rate / 2**17
        assert abs(12 * np.log2(found / fundamental)) < 0.67
        checked += 1
    assert checked >= 5


def test_the_same_seed_is_the_same_song_and_another_is_another() -> None:
    score = compose(4, length_s=12.0)
    first, again = (render_song(score, DEMO_SOUNDS, 4) for _ in range(2))
    for name in PARTS:
        np.testing.assert_array_equal(first[name], again[name])
    assert compose(4) == compose(4)
    assert compose(4) != compose(10)


@pytest.mark.parametrize("style", STYLES)
def test_every_style_is_in_its_key_and_tempo(style: str) -> None:
    score = compose(7, style)
    low, high = STYLES[style].tempo_bpm
    assert low <= score.tempo_bpm <= high
    key = next(Key(t, m) for t in range(12) for m in (False, True) if Key(t, m).name == score.key)
    scale = {key.pitch_class(i) for i in range(7)}
    assert {note.pitch % 12 for note in score.lead + score.chords} <= scale
    for line in (score.lead, score.bass):
        assert all(a.end_s <= b.start_s + 0.03 for a, b in pairwise(line))
    assert all(0 <= hit.start_s < score.length_s and 0 < hit.velocity <= 1 for hit in score.drums)


def test_loudness_gain_agrees_with_pyloudnorm() -> None:
    noise = np.random.default_rng(2).standard_normal((2, 5 * 48000)) * 0.1
    gained = noise * mix.loudness_gain(noise, -18.0, 48000)
    assert pyloudnorm.Meter(48000).integrated_loudness(gained.T) == pytest.approx(-18.0 - 0.691, abs=0.15)
