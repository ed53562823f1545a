"""Songs whose tempo, bars and key are known because the test wrote them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyloudnorm
import pytest
import soundfile

from daemon.kernel.types import AssetId
from daemon.kernel.work import InputFile, Kind
from daemon.steps.analyse import SPEC, AnalyseParams
from daemon.steps.analysing.run import run
from tests.steps.context import Context

RATE = 44100
MAJOR = ((0, 4, 7), (7, 11, 14), (9, 12, 16), (5, 9, 12))  # I V vi IV
MINOR = ((0, 3, 7), (8, 12, 15), (3, 7, 10), (10, 14, 17))  # i VI III VII


def tone(hz: float, length_s: float, decay_s: float) -> np.ndarray:
    t = np.arange(int(length_s * RATE)) / RATE
    return np.asarray(sum(np.sin(2 * np.pi * hz * k * t) / k**1.3 for k in range(1, 8)) * np.exp(-t / decay_s))


def song(tonic: int, minor: bool, bpm: float, beats: int = 4, lead_s: float = 0.0, seed: int = 0) -> np.ndarray:
    """(n,): eight bars of chords, bass, kick, snare and hats, after `lead_s` of silence."""
    rng, beat_s = np.random.default_rng(seed), 60 / bpm
    audio = np.zeros(int((8 * beats * beat_s + lead_s + 1) * RATE))

    def add(sound: np.ndarray, beat: float, gain: float) -> None:
        start = int((beat * beat_s + lead_s) * RATE)
        part = sound[: audio.size - start]
        audio[start : start + part.size] += gain * part

    t = np.arange(RATE // 4) / RATE
    kick = np.sin(2 * np.pi * (50 * t + 1.2 * (1 - np.exp(-t / 0.02)))) * np.exp(-t / 0.07)
    for bar in range(8):
        chord = (MINOR if minor else MAJOR)[bar % 4]
        for step in chord:
            add(tone(261.63 * 2 ** ((tonic + step) / 12), beats * beat_s, 2.0), bar * beats, 0.1)
        for beat in range(beats):
            at = bar * beats + beat
            add(tone(65.41 * 2 ** ((tonic + chord[0] % 12) / 12), 0.9 * beat_s, 0.4), at, 0.25)
            if beat == 0 or (beats == 4 and beat == 2):
                add(kick, at, 0.8)
            else:
                add(rng.standard_normal(t.size) * np.exp(-t / 0.05), at, 0.2)
            for half in (0, 0.5):
                add(np.diff(rng.standard_normal(2001)) * np.exp(-np.arange(2000) / 400), at + half, 0.08)
    return 0.8 * audio / np.abs(audio).max()


def analysed(tmp_path: Path, audio: np.ndarray, kind: Kind = Kind.SOURCE, **params) -> dict:
    path = tmp_path / "song.wav"
    soundfile.write(path, audio, RATE, subtype="FLOAT")
    one = InputFile(path, AssetId("x"), kind, "song.wav")
    context = Context(tmp_path)
    result = run(context, (one,), AnalyseParams(**params))
    assert context.progress == sorted(context.progress)
    return dict(result.annotations[0].meta)


@pytest.mark.parametrize(
    ("tonic", "minor", "bpm", "beats", "key"),
    [(0, False, 120, 4, "C"), (9, True, 96.5, 4, "Am"), (2, False, 141.2, 4, "D"), (3, False, 108, 3, "Eb")],
)
def test_tempo_bars_and_key_of_a_song(
    tmp_path: Path, tonic: int, minor: bool, bpm: float, beats: int, key: str
) -> None:
    meta = analysed(tmp_path, song(tonic, minor, bpm, beats, lead_s=0.7, seed=tonic))
    assert meta["bpm"] == pytest.approx(bpm, rel=0.003)
    assert meta["beats_per_bar"] == beats
    assert meta["first_downbeat_s"] == pytest.approx(0.7, abs=0.04)
    assert meta["key"] == key
    assert meta["bpm_confidence"] >= 0.4


def four_bars(bpm: float, seed: int, cut: float = 1.0) -> np.ndarray:
    """(n,): a loop of drums, bass and held chords, tails going round; `cut` leaves a part of the length."""
    rng, beat_s = np.random.default_rng(seed), 60 / bpm
    audio = np.zeros(round(16 * beat_s * RATE))

    def add(sound: np.ndarray, beat: float, gain: float) -> None:
        np.add.at(audio, (round(beat * beat_s * RATE) + np.arange(sound.size)) % audio.size, gain * sound)

    t = np.arange(RATE // 4) / RATE
    kick = np.sin(2 * np.pi * (50 * t + 1.2 * (1 - np.exp(-t / 0.02)))) * np.exp(-t / 0.07)
    tonic = int(rng.integers(12))
    for bar in range(4):
        for step in MINOR[bar]:
            add(tone(261.63 * 2 ** ((tonic + step) / 12), 4 * beat_s, 2.0), 4 * bar, 0.1)
        for beat in range(4):
            add(tone(65.41 * 2 ** ((tonic + MINOR[bar][0] % 12) / 12), 0.9 * beat_s, 0.4), 4 * bar + beat, 0.25)
            snare = 0.25 * rng.standard_normal(t.size) * np.exp(-t / 0.05)
            add(snare if beat % 2 else kick, 4 * bar + beat, 0.8)
    return 0.8 * audio[: int(cut * audio.size)] / np.abs(audio).max()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("bpm", [96.0, 120.0, 128.0])
def test_a_loop_with_bass_and_chords_has_its_bars(tmp_path: Path, bpm: float, seed: int) -> None:
    """Whose low notes swing and chords beat within each of their periods, which are no attacks."""
    meta = analysed(tmp_path, four_bars(bpm, seed))
    assert (meta["bars"], meta["bpm"]) == (4.0, bpm)


@pytest.mark.parametrize("cut", [0.71, 0.83, 0.9])
def test_a_part_of_a_loop_has_no_bars(tmp_path: Path, cut: float) -> None:
    assert "bars" not in analysed(tmp_path, four_bars(96.0, 5, cut))


@pytest.mark.parametrize("hz", [40.0, 45.0, 50.0, 55.0, 60.0, 65.0])
def test_drums_with_a_low_kick_have_no_key(tmp_path: Path, hz: float) -> None:
    """One note is neither a scale nor a third."""
    rng, t = np.random.default_rng(int(hz)), np.arange(RATE // 2) / RATE
    kick = np.sin(2 * np.pi * (hz * t + 1.5 * (1 - np.exp(-t / 0.02)))) * np.exp(-t / 0.12)
    hats = rng.standard_normal(8 * RATE) * np.tile(np.exp(-np.arange(RATE // 4) / 900), 32)
    assert "key" not in analysed(tmp_path, 0.8 * np.tile(kick, 16) + 0.05 * hats)
    assert "key" not in analysed(tmp_path, 0.8 * np.tile(kick, 16))


@pytest.mark.parametrize(
    ("hz", "decay_s", "drive"), [(52.0, 0.12, 1.5), (58.0, 0.8, 1.5), (58.0, 0.8, 3.0), (63.0, 0.8, 1.5)]
)
def test_a_long_or_driven_kick_has_no_key(tmp_path: Path, hz: float, decay_s: float, drive: float) -> None:
    """Whose harmonics are those of one note."""
    t = np.arange(RATE // 2) / RATE
    tuned = np.sin(2 * np.pi * (hz * t + 1.5 * (1 - np.exp(-t / 0.02)))) * np.exp(-t / decay_s)
    kick = np.tanh(drive * tuned) * np.clip((t[-1] - t) / 0.02, 0, 1)
    assert "key" not in analysed(tmp_path, 0.8 * np.tile(kick, 16))


@pytest.mark.parametrize(("hz", "gain"), [(52.0, 0.05), (55.0, 0.05), (55.0, 0.02)])
def test_an_arpeggio_below_loud_drums_has_its_key(tmp_path: Path, hz: float, gain: float) -> None:
    """What is tuned is heard between the hits, however loud these are."""
    rng, t = np.random.default_rng(int(hz)), np.arange(RATE // 2) / RATE
    kick = 0.8 * np.sin(2 * np.pi * (hz * t + 1.5 * (1 - np.exp(-t / 0.02)))) * np.exp(-t / 0.12)
    snare = 0.4 * rng.standard_normal(t.size) * np.exp(-t / 0.06)
    steps = (
        [0, 3, 7, 12, 7, 3, 0, 7] + [5, 8, 12, 8, 0, 3, 7, 12] + [7, 10, 14, 10] * 2 + [0, 3, 7, 12, 7, 3, 0, 0]
    )
    notes = np.concatenate([tone(220 * 2 ** (step / 12), 0.25, 0.15) for step in steps])
    drums = np.tile(np.concatenate([kick, kick + snare]), 8)[: notes.size]
    assert analysed(tmp_path, drums + gain * notes)["key"] == "Am"


def test_noise_and_a_held_chord_have_no_tempo(tmp_path: Path) -> None:
    hiss = 0.2 * np.random.default_rng(0).standard_normal(12 * RATE)
    assert not {"bpm", "first_downbeat_s"} & set(analysed(tmp_path, hiss))
    held = 0.1 * sum(tone(hz, 12.0, 1e9) for hz in (220.0, 277.2, 329.6))
    meta = analysed(tmp_path, held)
    assert "bpm" not in meta
    assert meta["key"] == "A"


def test_loudness_is_what_pyloudnorm_measures(tmp_path: Path) -> None:
    audio = np.stack([song(0, False, 100), 0.5 * song(0, False, 100, seed=1)], axis=1)
    meta = analysed(tmp_path, audio)
    assert meta["lufs"] == pytest.approx(pyloudnorm.Meter(RATE).integrated_loudness(audio), abs=0.1)
    assert meta["peak_db"] == pytest.approx(20 * np.log10(np.abs(audio).max()), abs=0.01)
    assert meta["true_peak_dbtp"] >= meta["peak_db"]
    assert meta["channels"] == 2


def test_a_short_sound_has_a_pitch_and_no_tempo(tmp_path: Path) -> None:
    meta = analysed(tmp_path, 0.3 * tone(196.0, 1.0, 0.3), Kind.ONE_SHOT)
    assert meta["root_note"] == 55  # G3
    assert "bpm" not in meta and "key" not in meta


def test_silence_is_measured_without_infinities(tmp_path: Path) -> None:
    meta = analysed(tmp_path, np.zeros(10 * RATE))
    assert meta == {"channels": 1}


def test_the_spec() -> None:
    assert SPEC.annotates and SPEC.fan_out
    assert all(kind.audible for kind in SPEC.accepts)
