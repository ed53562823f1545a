"""Copies of a hit are one hit; other hits of the same drum are not."""

from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
import soxr
from scipy.signal import lfilter

from daemon.audio.reader import open_audio
from daemon.kernel.types import AssetId
from daemon.kernel.work import InputFile, Kind
from daemon.steps.compare import CompareParams
from daemon.steps.likeness.compare_run import run
from daemon.steps.likeness.same import Print, print_of, same
from tests.steps.context import Context

RATE = 44100


def hit(seed: int, hz: float, tone: float) -> np.ndarray:
    """Another seed is another stroke on the same drum: the same tone, other noise, a little louder or softer."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(0.4 * RATE)) / RATE
    noise = rng.standard_normal(t.size) * np.exp(-t / 0.06)
    return 0.5 * (tone * np.sin(2 * np.pi * hz * t) * np.exp(-t / 0.09) + (1 - tone) * 0.3 * noise)


def as_copy(wave: np.ndarray, how: str) -> tuple[np.ndarray, int]:
    match how:
        case "gain":
            return 0.2 * wave, RATE
        case "inverted":
            return -wave, RATE
        case "rate":
            return soxr.resample(wave, RATE, 48000), 48000
        case "low rate":
            return soxr.resample(wave, RATE, 22050), 22050
        case "late":
            return np.concatenate([np.zeros(12_345), wave]), RATE
        case "trimmed":
            return wave[: wave.size // 2], RATE
        case "8 bits":
            return np.round(wave * 127) / 128, RATE
    raise ValueError(how)


HOW = ("gain", "inverted", "rate", "low rate", "late", "trimmed", "8 bits")


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("tone", [0.05, 0.5, 0.9])
def test_a_copy_is_the_same_hit(tone: float, how: str) -> None:
    wave = hit(1, 190.0, tone)
    other, rate = as_copy(wave, how)
    one, two = print_of(wave[None].astype(np.float32), RATE), print_of(other[None].astype(np.float32), rate)
    assert one is not None and two is not None
    assert same(one, two) and same(two, one)


@pytest.mark.parametrize("tone", [0.05, 0.5, 0.8])
def test_another_stroke_on_the_same_drum_is_another_hit(tone: float) -> None:
    prints = [print_of(hit(seed, 190.0, tone)[None].astype(np.float32), RATE) for seed in range(6)]
    for i, one in enumerate(prints):
        for other in prints[:i]:
            assert one is not None and other is not None and not same(one, other)


def printed(wave: np.ndarray, rate: int = RATE) -> Print:
    found = print_of(wave[None].astype(np.float32), rate)
    assert found is not None
    return found


def low_note(fall: float) -> np.ndarray:
    t = np.arange(RATE) / RATE
    return 0.7 * np.sin(2 * np.pi * 50 * t) * np.exp(-t * fall)


def chord(*hz: float, seconds: float) -> np.ndarray:
    t = np.arange(int(seconds * RATE)) / RATE
    return np.sum([2 * (each * t % 1) - 1 for each in hz], axis=0) * 0.1


def test_a_low_note_that_dies_away_sooner_is_another_and_one_that_was_cut_is_not() -> None:
    notes = [printed(low_note(fall)) for fall in (3.0, 6.0, 9.0)]
    assert not any(same(one, other) for i, one in enumerate(notes) for other in notes[:i])
    cut = low_note(3.0)[: RATE // 2]
    cut[-RATE // 20 :] *= np.linspace(1, 0, RATE // 20)  # as editors do
    assert same(printed(cut), notes[0])


def test_what_begins_alike_and_goes_on_otherwise_is_not_the_same() -> None:
    first = chord(220, 277.2, 329.6, seconds=2)
    one = np.concatenate([first, chord(196, 246.9, 293.7, seconds=4)])
    other = np.concatenate([first, chord(174.6, 220, 261.6, seconds=4)])
    assert not same(printed(one), printed(other))
    copy = soxr.resample(np.concatenate([np.zeros(7_777), 0.3 * one]), RATE, 48000)
    assert same(printed(one), printed(copy, 48000))
    assert same(printed(one), printed(one[: 4 * RATE]))  # cut, and most of it
    assert not same(printed(one), printed(one[: 2 * RATE]))  # a part of it


@pytest.mark.parametrize("late", [0, 1, 777, 12_345])
@pytest.mark.parametrize("rate", [32000, 48000])
def test_what_goes_on_is_compared_between_the_samples_too(late: int, rate: int) -> None:
    """Noise is another half a sample later."""
    wave = 0.1 * np.random.default_rng(3).standard_normal(3 * RATE)
    wave[:RATE] *= np.linspace(3, 1, RATE)
    copy = soxr.resample(np.concatenate([np.zeros(late), wave]), RATE, rate)
    assert same(printed(wave), printed(copy, rate))
    wave[2 * RATE :] = wave[2 * RATE :][::-1]
    assert not same(printed(wave), printed(copy, rate))


@pytest.mark.parametrize("noise", [0.0, 2e-5, 3e-4])
def test_a_rest_on_the_way_tells_nothing_of_two_copies(noise: float) -> None:
    """All that sounds in it is what a format adds, and that is another each time."""
    first, last = chord(220, 277.2, 329.6, seconds=1.9), chord(196, 246.9, 293.7, seconds=4)
    one = np.concatenate([first, np.zeros(RATE // 2), last])
    rng = np.random.default_rng(7)
    assert same(printed(one), printed(0.3 * one + noise * rng.standard_normal(one.size)))
    played = np.concatenate([first, chord(146.8, seconds=0.5), last])
    assert not same(printed(one), printed(played))
    other = np.concatenate([first, np.zeros(RATE // 2), chord(174.6, 220, 261.6, seconds=4)])
    assert not same(printed(one), printed(other))


def wave_form(name: str, length: int) -> np.ndarray:
    """One period."""
    phase = np.arange(length) / length
    sine = np.sin(2 * np.pi * phase)
    match name:
        case "sine":
            return sine
        case "triangle":
            return np.arcsin(sine) * 2 / np.pi
        case "saw":
            return 2 * phase - 1
        case "octave":
            return sine + 0.2 * np.sin(4 * np.pi * phase)
        case "half":
            return np.maximum(sine, 0)
        case "driven":
            return np.tanh(1.5 * sine)
    return np.where(phase < float(name), 0.7, -0.7)  # a pulse so wide


FORMS = ("sine", "triangle", "saw", "octave", "driven", "0.25", "0.3", "0.5")
HELD = [(2048, 1), (1024, 1), (168, 400)]  # single cycles as wavetable makers ship them, and a tone of 1.5 s


@pytest.mark.parametrize(("length", "times"), HELD)
def test_wave_forms_that_are_held_are_told_apart(length: int, times: int) -> None:
    waves = [np.tile(wave_form(name, length), times) for name in (*FORMS, "half")]
    prints = [print_of(wave[None].astype(np.float32), RATE) for wave in waves]
    for i, one in enumerate(prints):
        for other in prints[:i]:
            assert one is not None and other is not None and not same(one, other)


@pytest.mark.parametrize(("length", "times"), HELD)
@pytest.mark.parametrize("format", ["MP3", "OGG", "softer", "48000", "22050"])
def test_a_copy_of_a_held_wave_form_is_the_same(length: int, times: int, format: str) -> None:
    for name in FORMS:
        wave = 0.5 * np.tile(wave_form(name, length), times)
        copy, rate = 0.3 * wave, RATE
        if format.isdigit():
            copy, rate = soxr.resample(wave, RATE, int(format)), int(format)
        elif format != "softer":
            file = io.BytesIO()
            soundfile.write(file, wave, RATE, format=format)
            file.seek(0)
            copy, rate = soundfile.read(file)
        one, two = (print_of(each[None].astype(np.float32), hz) for each, hz in ((wave, RATE), (copy, rate)))
        assert one is not None and two is not None and same(one, two), name


def kick(noise: int) -> np.ndarray:
    """A low note with a soft beater. noise: another number is another stroke."""
    t = np.arange(int(0.8 * RATE)) / RATE
    tone = np.sin(2 * np.pi * np.cumsum(50 + 150 * np.exp(-t / 0.02)) / RATE) * np.exp(-t / 0.15)
    return 0.8 * tone + 0.05 * np.random.default_rng(noise).standard_normal(t.size) * np.exp(-t / 0.005)


def with_bits(wave: np.ndarray, bits: int, dither: bool) -> Print:
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, (2, wave.size)).sum(axis=0) if dither else 0.0
    step = 2.0 ** (1 - bits)
    found = print_of((np.round(wave / step + noise) * step)[None].astype(np.float32), RATE, bits)
    assert found is not None
    return found


@pytest.mark.parametrize("dither", [False, True])
@pytest.mark.parametrize(("bits", "gain"), [(8, 1.0), (16, 0.004)])
def test_few_bits_make_noise_and_no_other_hit(bits: int, gain: float, dither: bool) -> None:
    whole = kick(0)
    copy = with_bits(gain * np.concatenate([whole, np.zeros(4 * RATE)]), bits, dither)
    assert same(printed(whole), copy)
    for stroke in range(1, 4):
        assert not same(printed(kick(stroke)), copy)
        assert not same(with_bits(gain * kick(stroke), bits, dither), copy)


def test_a_copy_in_aac_is_the_same_hit_and_another_stroke_is_not(tmp_path: Path) -> None:
    waves = {f"{seed} {tone}": snare(seed, tone) for seed in range(3) for tone in (0.0, 0.2)}
    copies = {name: as_aac(tmp_path / f"{name}.m4a", wave) for name, wave in waves.items()}
    for name, wave in waves.items():
        alike = [other for other, copy in copies.items() if same(printed(wave), copy)]
        assert alike == [name]


def snare(seed: int, tone: float) -> np.ndarray:
    """Dull noise, with a tone as loud as this."""
    t = np.arange(int(0.5 * RATE)) / RATE
    noise = lfilter([0.2], [1, -0.8], np.random.default_rng(seed).standard_normal(t.size))
    return tone * np.sin(2 * np.pi * 190 * t) * np.exp(-t / 0.07) + 0.5 * noise * np.exp(-t / 0.08)


def as_aac(path: Path, wave: np.ndarray) -> Print:
    with av.open(str(path), "w") as media:
        stream = media.add_stream("aac", rate=RATE, layout="mono")
        stream.bit_rate = 80_000
        frame = av.AudioFrame.from_ndarray(wave[None].astype(np.float32), "fltp", "mono")
        frame.sample_rate = RATE
        for packet in (*stream.encode(frame), *stream.encode(None)):
            media.mux(packet)
    with open_audio(path) as audio:
        return printed(audio.read()[0], audio.rate_hz)


def test_silence_has_no_print() -> None:
    assert print_of(np.zeros((2, RATE), np.float32), RATE) is None


def test_files_of_several_formats_are_compared_and_a_bad_one_is_told(tmp_path: Path) -> None:
    wave, other = hit(3, 190.0, 0.4), hit(4, 190.0, 0.4)
    names = ("a.wav", "b.flac", "c.mp3", "d.wav", "e.wav")
    soundfile.write(tmp_path / "a.wav", wave, RATE, subtype="PCM_24")
    soundfile.write(tmp_path / "b.flac", 0.5 * wave, RATE)
    soundfile.write(tmp_path / "c.mp3", np.concatenate([np.zeros(999), wave]), RATE, format="MP3")
    soundfile.write(tmp_path / "d.wav", other, RATE)
    (tmp_path / "e.wav").write_text("no sound")
    out = tmp_path / "out"
    out.mkdir()
    inputs = tuple(InputFile(tmp_path / name, AssetId(name), Kind.SOURCE, name) for name in names)
    pairs = tuple((i, j) for j in range(5) for i in range(j))
    result = run(Context(out), inputs, CompareParams(pairs=pairs))
    assert {note.input: note.meta["same"] for note in result.annotations} == {0: [1, 2], 1: [2]}
    (told,) = result.warnings
    assert "e.wav" in told
