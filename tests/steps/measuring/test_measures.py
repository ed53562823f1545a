"""Measures of signals whose answers follow from how they are made."""

from __future__ import annotations

import numpy as np
import pytest

from daemon.engines.classifier.pitch import pitch_of
from daemon.kernel.meta import Meta
from daemon.steps.measuring.ends import clipped_frames, silence_s
from daemon.steps.measuring.names import tempo_in_name
from daemon.steps.measuring.sound import measure_sound
from daemon.steps.measuring.stereo import width
from daemon.steps.measuring.wrap import loopability, wraps

RATE = 44100


def seconds(length_s: float, rate: int = RATE) -> np.ndarray:
    return np.arange(int(length_s * rate)) / rate


def row(signal: np.ndarray) -> np.ndarray:
    return signal.astype(np.float32)[None, :]


@pytest.mark.parametrize("rate", [22050, 44100, 96000])
@pytest.mark.parametrize("note", [28.0, 33.25, 45.0, 60.4, 81.0])
def test_a_tone_has_its_note_and_cents(note: float, rate: int) -> None:
    t = seconds(1.0, rate)
    hz = 440 * 2 ** ((note - 69) / 12)
    tone = sum(np.sin(2 * np.pi * hz * k * t) / k for k in range(1, 6)) * np.exp(-2 * t)
    found = pitch_of(row(0.3 * tone), rate)
    assert found is not None
    assert found.note + found.cents / 100 == pytest.approx(note, abs=0.06)
    assert found.confidence > 0.9 and abs(found.cents) <= 50


@pytest.mark.parametrize("hz", [43.65, 49.0, 55.0, 61.74])  # F1, G1, A1, B1
def test_a_tuned_kick_has_the_note_that_it_settles_on(hz: float) -> None:
    t = seconds(0.7)
    sweep = hz * t + 4 * hz * 0.012 * (1 - np.exp(-t / 0.012))
    kick = np.sin(2 * np.pi * sweep) * np.exp(-t / 0.22)
    found = pitch_of(row(0.9 * kick), RATE)
    assert found is not None
    assert found.note + found.cents / 100 == pytest.approx(69 + 12 * np.log2(hz / 440), abs=0.25)


def test_noise_has_no_pitch() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        burst = rng.standard_normal(RATE // 2) * np.exp(-seconds(0.5) / 0.1)
        assert pitch_of(row(0.2 * burst), RATE) is None


def notes(*midi: float, partials: int = 12, slope: float = 1.3, length_s: float = 1.5) -> np.ndarray:
    """Together, each of harmonic partials that fall off by n ** -slope, and dying away."""
    t = seconds(length_s)
    tones = [
        np.sin(2 * np.pi * 440 * 2 ** ((note - 69) / 12) * k * t + k) / k**slope
        for note in midi
        for k in range(1, partials + 1)
    ]
    tone = np.sum(tones, axis=0) * np.exp(-t / 0.8)
    return np.asarray(0.5 * tone / np.abs(tone).max())


@pytest.mark.parametrize("slope", [0.8, 1.3, 2.0])
@pytest.mark.parametrize("root", [45, 52, 57, 62])
@pytest.mark.parametrize(
    "steps",
    [
        (0, 3, 7, 12),
        (0, 4, 7),
        (4, 7, 12),
        (7, 12, 16),
        (0, 3, 7),
        (7, 12, 15),
        (0, 4, 7, 10),
        (0, 7),
        (0, 5),
        (0, 3),
    ],
)
def test_a_chord_has_no_note(steps: tuple[int, ...], root: int, slope: float) -> None:
    """Though it has a period: that of a low note of which its own are partials."""
    assert pitch_of(row(notes(*(root + step for step in steps), slope=slope)), RATE) is None


def test_a_note_doubled_in_octaves_is_one_note() -> None:
    found = pitch_of(row(notes(45, 57, 69)), RATE)
    assert found is not None and found.note == 45 and found.confidence > 0.9


@pytest.mark.parametrize("missing", [1, 2, 3])
def test_a_note_whose_lowest_partials_are_missing_is_one_note(missing: int) -> None:
    """As of a small speaker or a low string; and its partials lie a little wide, as a stiff string's do."""
    t = seconds(1.0)
    partials = [
        np.sin(2 * np.pi * 55 * k * np.sqrt(1 + 5e-5 * k * k) * t + k) / k for k in range(1 + missing, 15)
    ]
    found = pitch_of(row(0.2 * np.sum(partials, axis=0) * np.exp(-2 * t)), RATE)
    assert found is not None and found.note == 33 and found.confidence > 0.8


def test_a_bass_line_has_no_sure_note() -> None:
    line = pitch_of(row(np.concatenate([notes(note, length_s=1.0) for note in (33, 29, 36, 31, 28, 38)])), RATE)
    assert line is None or line.confidence < 0.6
    same = np.concatenate([notes(33, length_s=1.0)] * 6)
    found = pitch_of(row(same), RATE)
    assert found is not None and found.note == 33 and found.confidence > 0.9


@pytest.mark.parametrize("hz", [25, 35, 45, 55, 65, 75, 90, 110, 150, 220, 440, 1000, 4000])
@pytest.mark.parametrize("decay_s", [0.15, 0.4, 10.0])
def test_a_tone_is_no_noise(hz: float, decay_s: float) -> None:
    t = seconds(1.0)
    told = measure_sound(row(0.8 * np.sin(2 * np.pi * hz * t) * np.exp(-t / decay_s)), RATE)
    assert told["noisiness"] < 0.2


def falling(from_hz: float, to_hz: float, drop_s: float, decay_s: float) -> np.ndarray:
    """A tone whose pitch falls by octaves and that dies away: a kick, a tom or a zap."""
    t = seconds(0.7)
    hz = to_hz * (from_hz / to_hz) ** np.exp(-t / drop_s)
    return np.asarray(0.8 * np.sin(2 * np.pi * np.cumsum(hz) / RATE) * np.exp(-t / decay_s))


@pytest.mark.parametrize("decay_s", [0.08, 0.3])
@pytest.mark.parametrize("drop_s", [0.006, 0.02, 0.06])
@pytest.mark.parametrize(
    ("from_hz", "to_hz"), [(110, 55), (250, 40), (700, 50), (400, 120), (3000, 200), (6000, 60)]
)
def test_a_tone_that_sweeps_down_is_no_noise(
    from_hz: float, to_hz: float, drop_s: float, decay_s: float
) -> None:
    told = measure_sound(row(falling(from_hz, to_hz, drop_s, decay_s)), RATE)
    assert told["noisiness"] < 0.3


@pytest.mark.parametrize("seed", range(4))
def test_noise_behind_a_filter_that_sweeps_down_is_noise(seed: int) -> None:
    t = seconds(0.7)
    white, noise, last = np.random.default_rng(seed).standard_normal(t.size), np.zeros(t.size), 0.0
    share = 1 - np.exp(-2 * np.pi * (150 + 3000 * np.exp(-t / 0.08)) / RATE)
    for i in range(t.size):
        last += share[i] * (white[i] - last)
        noise[i] = last
    assert measure_sound(row(noise * np.exp(-t / 0.2)), RATE)["noisiness"] > 0.85


def test_a_snare_is_as_much_noise_as_there_is_in_it() -> None:
    t = seconds(0.4)
    wires = np.random.default_rng(6).standard_normal(t.size) * np.exp(-t / 0.06)
    body = np.sin(2 * np.pi * 190 * t) * np.exp(-t / 0.05)
    told = [measure_sound(row(0.2 * body + gain * wires), RATE)["noisiness"] for gain in (0.02, 0.1, 0.5)]
    assert told == sorted(told) and told[0] < 0.3 and told[2] > 0.7


@pytest.mark.parametrize("decay_s", [0.03, 0.15, 10.0])
def test_white_noise_is_noise(decay_s: float) -> None:
    burst = np.random.default_rng(2).standard_normal(RATE) * np.exp(-seconds(1.0) / decay_s)
    assert measure_sound(row(0.2 * burst), RATE)["noisiness"] > 0.95


def test_width_of_mono_of_independent_and_of_opposite_channels() -> None:
    rng = np.random.default_rng(1)
    one, other = rng.standard_normal((2, 2 * RATE)).astype(np.float32)
    assert width(one[None, :]) == 0
    assert width(np.stack([one, one])) == pytest.approx(0, abs=1e-9)
    assert width(np.stack([one, other])) == pytest.approx(0.5, abs=0.01)
    assert width(np.stack([one, -one])) == pytest.approx(1)
    assert width(np.stack([one, 0 * one])) == pytest.approx(0.5, abs=1e-6)


def test_silence_at_both_ends() -> None:
    tone = 0.5 * np.cos(2 * np.pi * 441 * seconds(0.5))
    audio = np.concatenate([np.zeros(4410), tone, 1e-5 * np.ones(8820)])
    before_s, after_s = silence_s(row(audio), RATE)
    assert (before_s, after_s) == (pytest.approx(0.1, abs=1e-3), pytest.approx(0.2, abs=1e-3))


def test_clipping_is_counted_where_tops_are_cut() -> None:
    tone = np.sin(2 * np.pi * 100 * seconds(1.0))
    assert clipped_frames(row(0.99 * tone)) == 0
    loud = np.clip(2 * tone, -1, 1)
    # 2 sin(x) is beyond 1 for two thirds of the time
    assert clipped_frames(row(loud)) == pytest.approx(RATE * 2 / 3, rel=0.01)
    spikes = 0.5 * tone
    spikes[::1000] = 1.0
    assert clipped_frames(row(spikes)) == 0


def test_whole_periods_wrap_and_cut_ones_do_not() -> None:
    t = seconds(1.0)
    assert wraps(row(0.5 * np.sin(2 * np.pi * 110 * t)), RATE)
    assert not wraps(row(0.5 * np.sin(2 * np.pi * 110.25 * t)), RATE)
    assert wraps(row(0.5 * np.sin(2 * np.pi * 110.25 * t) * np.exp(-t / 0.1)), RATE)  # has died away


def beat_loop(bars: int, bpm: float, seed: int, cut: float = 1.0) -> np.ndarray:
    """Kick, snare and hats of whole bars, tails going round; `cut` leaves a part of the length."""
    rng = np.random.default_rng(seed)
    length = round(bars * 240 / bpm * RATE)
    audio = np.zeros(length)
    t = seconds(0.3)
    kick = np.sin(2 * np.pi * (50 * t + 2 * (1 - np.exp(-t / 0.02)))) * np.exp(-t / 0.08)
    for eighth in range(8 * bars):
        at = round(eighth * 30 / bpm * RATE)
        hits = [0.2 * rng.standard_normal(t.size) * np.exp(-t / 0.02)]
        hits += [kick] if eighth % 8 in (0, 5) else []
        hits += [0.6 * rng.standard_normal(t.size) * np.exp(-t / 0.07)] if eighth % 4 == 2 else []
        for hit in hits:
            audio[(at + np.arange(t.size)) % length] += hit
    return row(0.9 * audio / np.abs(audio).max())[:, : int(length * cut)]


@pytest.mark.parametrize(
    ("bars", "bpm"), [(1, 96.0), (2, 120.0), (2, 87.3), (4, 128.0), (4, 140.0), (8, 174.0)]
)
def test_a_loop_has_its_bars_and_tempo(bars: int, bpm: float) -> None:
    told = measure_sound(beat_loop(bars, bpm, bars), RATE, bpm_hint=bpm)
    assert (told["bars"], told["bpm"]) == (bars, pytest.approx(bpm, rel=1e-3))
    assert told["bpm_confidence"] >= 0.5 and told["wraps"]


STYLES = {
    "drum and bass": ("X.........x.....", "....X.......X...", "x.x.x.x.x.x.x.x."),
    "drum and bass, ghosts": ("X.........x.....", "....X..o.o..X..o", "x.x.x.x.x.x.x.x."),
    "drum and bass, half-time": ("X.........x.....", "........X.......", "x.x.x.x.x.x.x.x."),
    "breakbeat": ("X.x.......xx....", "....X..o.o..X..o", "x.x.x.x.x.x.x.x."),
    "hip-hop": ("X......x..x.....", "....X.......X...", "x.x.x.x.x.x.x.x."),
    "hip-hop, sixteenths": ("X.x....x..x..x..", "....X.......X...", "xoxoxoxoxoxoxoxo"),
    "house": ("X...X...X...X...", "....X.......X...", "..x...x...x...x."),
    "trap": ("X.....x...x.....", "........X.......", "x.x.x.x.x.xxx.x."),
}
"""Of kick, snare and hats in the sixteenths of a bar: accented, plain, soft."""


def styled_loop(style: str, bars: int, bpm: float, seed: int) -> np.ndarray:
    """Drums of analogue kind with random sounds, tails going round."""
    rng, t = np.random.default_rng(seed), seconds(0.35)
    audio = np.zeros(round(bars * 240 / bpm * RATE))
    hz = rng.uniform(42, 60)
    body = np.sin(2 * np.pi * (hz * t + hz * 0.04 * (1 - np.exp(-t / 0.02)))) * np.exp(-t / 0.1)
    skin = np.sin(2 * np.pi * rng.uniform(160, 230) * t) * np.exp(-t / 0.05)
    noise = rng.standard_normal((2, t.size))
    snare = 0.4 * skin + 0.35 * noise[0] * np.exp(-t / rng.uniform(0.04, 0.08))
    hat = 0.2 * np.diff(noise[1], prepend=0) * np.exp(-t / rng.uniform(0.01, 0.03))
    for sound, marks in zip((body, snare, hat), STYLES[style], strict=True):
        for step, mark in enumerate(marks * bars):
            at = round(step * 15 / bpm * RATE) + np.arange(t.size)
            audio[at % audio.size] += {"X": 1.0, "x": 0.7, "o": 0.25, ".": 0.0}[mark] * sound
    return row(0.9 * audio / np.abs(audio).max())


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(
    ("style", "bars", "bpm"),
    [
        ("drum and bass", 1, 172.0), ("drum and bass", 2, 174.0), ("drum and bass, ghosts", 4, 170.0),
        ("drum and bass, half-time", 2, 174.0), ("drum and bass, half-time", 4, 172.0), ("breakbeat", 2, 165.0),
        ("breakbeat", 4, 135.0), ("hip-hop", 1, 88.0), ("hip-hop", 2, 90.0), ("hip-hop, sixteenths", 2, 92.0),
        ("house", 2, 124.0), ("house", 4, 126.0), ("trap", 2, 140.0),
    ],
)  # fmt: skip
def test_bars_are_counted_in_the_tempo_of_the_style(style: str, bars: int, bpm: float, seed: int) -> None:
    """And neither twice nor half as fast, with no name to tell it."""
    told = measure_sound(styled_loop(style, bars, bpm, seed), RATE)
    assert (told["bars"], told["bpm"]) == (bars, pytest.approx(bpm, rel=1e-3))


def test_a_name_is_evidence_and_not_truth() -> None:
    loop = beat_loop(2, 120.0, 3)
    assert measure_sound(loop, RATE, bpm_hint=93.0)["bpm"] == pytest.approx(120, rel=1e-3)
    cut = beat_loop(2, 120.0, 4, cut=0.83)  # no whole bars, whatever its name says
    assert "bpm" not in loopability(cut, RATE, 8, 120.0)


def test_a_hit_is_no_loop() -> None:
    t = seconds(1.5)
    told = measure_sound(row(np.sin(2 * np.pi * 55 * t) * np.exp(-t / 0.3)), RATE)
    assert "bars" not in told and "loop_confidence" not in told and told["wraps"]


def test_every_key_is_of_the_vocabulary_and_silence_tells_nothing() -> None:
    told = measure_sound(beat_loop(1, 120, 5), RATE) | measure_sound(
        row(0.5 * np.sin(500 * seconds(1.0))), RATE
    )
    assert set(told) <= set(Meta.__annotations__)
    assert measure_sound(np.zeros((2, RATE), np.float32), RATE) == {}
    assert measure_sound(np.zeros((2, 0), np.float32), RATE) == {}


@pytest.mark.parametrize(
    ("name", "bpm"),
    [
        ("Loop_120bpm_Am.wav", 120.0), ("break 87.5 BPM", 87.5), ("BPM128 top", 128.0), ("kick 808", None),
        ("909bpm", None), ("120bpm or 140bpm", None), ("20bpm", None), ("Drums_174_bpm", 174.0), ("2120bpm", None),
    ],
)  # fmt: skip
def test_the_tempo_that_a_name_claims(name: str, bpm: float | None) -> None:
    assert tempo_in_name(name) == bpm
