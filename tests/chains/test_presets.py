"""Each preset by what it does to a sound, measured."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
import pyloudnorm
import pytest
import soundfile
from numpy.typing import NDArray
from scipy.signal import correlate, hilbert, resample_poly

from daemon.chains.apply import apply_chain
from daemon.chains.files import PRESETS, load_chain

RATE = 44100
Audio = NDArray[np.float32]


def through(preset: str, audio: Audio, sound_class: str | None = None) -> Audio:
    return apply_chain(load_chain(preset), audio, RATE, sound_class).audio


def band_db(audio: Audio, low_hz: float, high_hz: float) -> float:
    power = (np.abs(np.fft.rfft(audio, axis=-1)) ** 2).sum(axis=0)
    hz = np.fft.rfftfreq(audio.shape[-1], 1 / RATE)
    return float(10 * np.log10(power[(hz >= low_hz) & (hz < high_hz)].mean() + 1e-20))


def crest_db(audio: Audio) -> float:
    return float(20 * np.log10(np.abs(audio).max() / np.sqrt((audio**2).mean())))


def true_peak_db(audio: Audio) -> float:
    return float(20 * np.log10(np.abs(resample_poly(audio.astype(float), 8, 1, axis=1)).max()))


def noise(seconds: float = 2.0, level: float = 0.1) -> Audio:
    return (level * np.random.default_rng(3).standard_normal((2, int(seconds * RATE)))).astype(np.float32)


def drum() -> Audio:
    """A hit with a body that rings: 0.6 s, an attack of 5 ms over a body that decays slowly."""
    t = np.arange(int(0.6 * RATE)) / RATE
    body = 0.5 * np.sin(2 * np.pi * 180 * t) * np.exp(-t / 0.25)
    click = 0.4 * np.random.default_rng(1).standard_normal(t.size) * np.exp(-t / 0.004)
    return np.tile(body + click, (2, 1)).astype(np.float32)


def rt60_s(response: Audio) -> float:
    """Reverberation time by Schroeder's backward integration, from -5 to -35 dB (ISO 3382: T30)."""
    energy = (response.astype(float) ** 2).sum(axis=0)[::-1].cumsum()[::-1]
    level = 10 * np.log10(energy / energy[0] + 1e-20)
    a, b = int(np.argmax(level < -5)), int(np.argmax(level < -35))
    return (b - a) / RATE * 2


def test_every_preset_is_measured_here() -> None:
    tested = {"one-shot-clean", "drum-punch", "lo-fi", "vocal-chop", "wide-pad", "telephone", "parallel-smash",
              "vinyl", "drum-room", "bass-tight", "loop-glue", "tape"}  # fmt: skip
    assert {path.stem for path in PRESETS.glob("*.toml")} == tested


def test_one_shot_clean_takes_dc_and_silence_away_and_sets_the_true_peak() -> None:
    dirty = np.concatenate([np.zeros((2, 4000), np.float32), drum(), np.zeros((2, 9000), np.float32)], axis=1)
    dirty[:, 4000:-9000] += 0.05
    clean = through("one-shot-clean", dirty, "snare")
    assert true_peak_db(clean) == pytest.approx(-1.0, abs=0.2)
    assert clean.shape[1] < dirty.shape[1] - 3900
    assert abs(clean.mean()) < 0.05 * abs(dirty.mean())
    first_loud = int(np.argmax(np.abs(clean[0]) > 0.1))
    assert first_loud < 0.001 * RATE
    assert np.abs(clean[:, -1]).max() < 1e-4


def test_drum_punch_lifts_the_attack_over_the_body() -> None:
    def attack_over_body_db(audio: Audio) -> float:
        attack, body = audio[:, : int(0.012 * RATE)], audio[:, int(0.08 * RATE) : int(0.3 * RATE)]
        return float(10 * np.log10((attack**2).mean() / (body**2).mean()))

    punched = through("drum-punch", drum(), "snare")
    assert attack_over_body_db(punched) > attack_over_body_db(drum()) + 3
    assert true_peak_db(punched) == pytest.approx(-1.0, abs=0.2)


def test_lo_fi_is_dull_and_coarse() -> None:
    before, after = noise(), through("lo-fi", noise())
    fall_db = (band_db(before, 8000, 20000) - band_db(before, 200, 2000)) - (
        band_db(after, 8000, 20000) - band_db(after, 200, 2000)
    )
    assert fall_db > 15
    tone = (0.5 * np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE)).astype(np.float32)[None]
    crushed = through("lo-fi", tone)
    rest_db = band_db(crushed, 1500, 20000) - band_db(crushed, 990, 1010)
    assert rest_db > band_db(tone, 1500, 20000) - band_db(tone, 990, 1010) + 40


def test_vocal_chop_is_high_passed_even_airy_and_loud_enough() -> None:
    voice = noise(2.0)
    voice[:, : RATE // 2] *= 0.1  # a soft half second
    voice[:, RATE // 2 :] *= 2.0
    chopped = through("vocal-chop", voice)
    assert band_db(chopped, 20, 60) - band_db(chopped, 500, 2000) < -12
    assert band_db(chopped, 9000, 16000) - band_db(chopped, 500, 2000) > 2
    level = [
        float(10 * np.log10((part**2).mean()))
        for part in (chopped[:, 4000 : RATE // 2 - 4000], chopped[:, RATE // 2 + 4000 : 2 * RATE - 4000])
    ]
    assert level[1] - level[0] < 20  # 26 dB apart before
    longer = pyloudnorm.Meter(RATE).integrated_loudness(chopped.T.astype(float))
    assert longer == pytest.approx(-16, abs=0.3) or true_peak_db(chopped) == pytest.approx(-1, abs=0.2)


def test_wide_pad_rings_and_is_wider_than_it_was() -> None:
    click = np.zeros((2, 2000), np.float32)
    click[:, 0] = 0.9
    chain = {**load_chain("wide-pad"), "fade": {}}
    response = apply_chain(chain, click, RATE).audio
    assert 1.0 < rt60_s(response) < 8.0
    same = np.repeat(noise(2.0)[:1], 2, axis=0)
    wide = through("wide-pad", same)
    middle, side = (wide[0] + wide[1]) ** 2, (wide[0] - wide[1]) ** 2
    assert side.mean() / middle.mean() > 0.03
    mono = through("wide-pad", same[:1])
    assert ((mono[0] - mono[1]) ** 2).mean() / ((mono[0] + mono[1]) ** 2).mean() > 0.03


def test_telephone_keeps_its_band_only() -> None:
    after = through("telephone", noise())
    inside = band_db(after, 500, 2500)
    assert band_db(after, 20, 100) < inside - 30
    assert band_db(after, 10000, 20000) < inside - 30


def test_vinyl_sways_in_pitch_and_is_rounded() -> None:
    """The pitch of a steady tone goes up and down once in 1.8 s, as a record of 33 1/3 turns a minute does."""
    seconds = 8
    tone = (0.3 * np.sin(2 * np.pi * 1000 * np.arange(seconds * RATE) / RATE)).astype(np.float32)
    swaying = through("vinyl", np.tile(tone, (2, 1)))[0, : seconds * RATE].astype(float)
    phase = np.unwrap(np.angle(hilbert(swaying)))
    hz = np.convolve(np.diff(phase) * RATE / (2 * np.pi), np.ones(2205) / 2205, "same")[RATE:-RATE]
    cents = 1200 * np.log2(hz / 1000)
    assert 1.5 < np.ptp(cents) < 60
    spectrum = np.abs(np.fft.rfft((cents - cents.mean()) * np.hanning(cents.size)))
    assert np.argmax(spectrum) / (cents.size / RATE) == pytest.approx(33.333 / 60, abs=0.15)
    before, after = noise(), through("vinyl", noise())
    fall_db = (band_db(before, 12000, 20000) - band_db(before, 500, 2000)) - (
        band_db(after, 12000, 20000) - band_db(after, 500, 2000)
    )
    assert fall_db > 6


def test_parallel_smash_is_denser_but_keeps_the_attack() -> None:
    smashed = through("parallel-smash", drum())
    assert crest_db(smashed[:, : drum().shape[1]]) < crest_db(drum()) - 3
    loudest = int(np.argmax(np.abs(smashed).max(axis=0)))
    assert loudest < 0.02 * RATE
    assert true_peak_db(smashed) == pytest.approx(-1.0, abs=0.2)


def sine(hz: float, level: float, seconds: float = 1.0, channels: int = 1) -> Audio:
    wave = level * np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE)) / RATE)
    return np.tile(wave, (channels, 1)).astype(np.float32)


def tone_db(audio: Audio, hz: float) -> float:
    """Level of one partial."""
    part = audio[0] * np.hanning(audio.shape[1])
    return float(
        20
        * np.log10(2 * abs(np.exp(-2j * np.pi * hz * np.arange(part.size) / RATE) @ part) / part.size + 1e-12)
    )


def test_drum_room_is_short_and_wide_and_leaves_the_hit() -> None:
    click = np.zeros((1, 2000), np.float32)
    click[:, 0] = 0.9
    response = through("drum-room", click)
    assert response.shape[0] == 2
    room = response[:, 500:]  # behind the dry click
    assert 0.2 < rt60_s(room) < 1.5
    assert ((room[0] - room[1]) ** 2).mean() / ((room[0] + room[1]) ** 2).mean() > 0.1
    assert int(np.argmax(np.abs(response).max(axis=0))) < 5
    low, middle = band_db(room, 20, 100), band_db(room, 400, 2000)
    assert low < middle - 6


def test_bass_tight_is_mono_even_and_heard_on_small_speakers() -> None:
    before = np.concatenate([sine(55, 0.8, 1.0, 2), sine(55, 0.1, 1.0, 2)], axis=1)
    after = through("bass-tight", before)
    assert after.shape[0] == 1

    def step_db(audio: Audio) -> float:
        loud, soft = audio[0, RATE // 2 : RATE], audio[0, RATE * 3 // 2 :]
        return float(10 * np.log10((loud**2).mean() / (soft**2).mean()))

    assert step_db(after) < step_db(before) - 6
    loud = after[:, RATE // 4 : RATE]
    assert tone_db(loud, 165) > tone_db(loud, 55) - 40  # the third harmonic, which a pure tone does not have
    rumble = through("bass-tight", sine(55, 0.4) + sine(10, 0.4))
    assert tone_db(rumble, 10) < tone_db(rumble, 55) - 20
    assert true_peak_db(after) == pytest.approx(-1.0, abs=0.2)


@pytest.mark.parametrize(("body", "attack"), [(0.25, 3), (0.12, 1), (0.06, 3)])
def test_loop_glue_is_as_loud_as_it_says_where_a_limiter_has_much_to_hold(
    body: float, attack: float, tmp_path: Path
) -> None:
    hit = 0.5 * drum()
    hit[:, :400] *= attack
    loop = np.tile(hit, 6)
    loop += sine(60, body, 10.0, 2)[:, : loop.shape[1]] + noise(10.0, body / 5)[:, : loop.shape[1]]
    after = through("loop-glue", loop)
    assert pyloudnorm.Meter(RATE).integrated_loudness(after.T.astype(float)) == pytest.approx(-14.0, abs=0.2)
    assert true_peak_db(after) < -0.95
    assert ebur128(after, tmp_path / "loop.wav") == pytest.approx((-14.0, -1.0), abs=0.2)


def ebur128(audio: Audio, path: Path) -> tuple[float, float]:
    """(integrated loudness, true peak) as ffmpeg has it."""
    soundfile.write(path, audio.T, RATE, subtype="FLOAT")
    command = ["ffmpeg", "-nostats", "-i", path, "-af", "ebur128=peak=true", "-f", "null", "-"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    loudness, peak = re.findall(r"I:\s+(\S+) LUFS", told)[-1], re.findall(r"Peak:\s+(\S+) dBFS", told)[-1]
    return float(loudness), float(peak)


def test_loop_glue_sets_loudness_under_its_ceiling_and_keeps_the_length(tmp_path: Path) -> None:
    hits = np.concatenate([0.5 * drum()] * 6, axis=1)
    loop = hits + sine(60, 0.25, 10.0, 2)[:, : hits.shape[1]] + noise(10.0, 0.05)[:, : hits.shape[1]]
    after = through("loop-glue", loop)
    assert after.shape == loop.shape
    assert true_peak_db(after) < -0.95
    loudness = pyloudnorm.Meter(RATE).integrated_loudness(after.T.astype(float))
    assert loudness == pytest.approx(-14.0, abs=0.2)
    assert ebur128(after, tmp_path / "loop.wav") == pytest.approx((-14.0, -1.0), abs=0.2)
    half = loop.shape[1] // 2
    uneven = np.concatenate([0.2 * loop[:, :half], loop[:, half:]], axis=1)  # 14 dB apart

    def step_db(audio: Audio) -> float:
        return float(
            10 * np.log10((audio[:, half + RATE // 4 :] ** 2).mean() / (audio[:, RATE // 4 : half] ** 2).mean())
        )

    assert step_db(through("loop-glue", uneven)) < step_db(uneven) - 3


def test_tape_rounds_peaks_and_top_and_warms_the_low_end() -> None:
    before, after = noise(), through("tape", noise())
    assert crest_db(through("tape", 4 * noise())) < crest_db(4 * noise()) - 1
    middle = band_db(after, 500, 2000) - band_db(before, 500, 2000)
    assert band_db(after, 70, 110) - band_db(before, 70, 110) > middle + 1
    assert band_db(after, 14000, 20000) - band_db(before, 14000, 20000) < middle - 2
    warm = through("tape", sine(440, 0.5))
    # Odd harmonics, as of a curve that is even to both sides.
    assert -45 < tone_db(warm, 1320) - tone_db(warm, 440) < -8
    assert tone_db(warm, 880) < tone_db(warm, 1320) - 20


@pytest.mark.parametrize("preset", [path.stem for path in PRESETS.glob("*.toml")])
def test_a_loop_stays_where_it_is(preset: str) -> None:
    """By cross-correlation, second for second: what sways is nowhere a millisecond away."""
    hit = noise(0.25, 0.4) * np.exp(-np.arange(RATE // 4) / (0.014 * RATE)).astype(np.float32)
    loop = np.tile(hit, 20)
    after = apply_chain(load_chain(preset), loop, RATE, "kick", exact_length=True).audio
    for start in range(0, loop.shape[1] - RATE + 1, RATE):
        one, other = (audio.mean(axis=0)[start : start + RATE] for audio in (loop, after))
        late = np.abs(correlate(other, one)[RATE - 1 - 2205 : RATE + 2205]).argmax() - 2205
        assert abs(late) / RATE < 0.001, (start, late)


@pytest.mark.parametrize("rate_hz", [8000, 11025, 16000, 22050, 96000])
def test_old_and_new_rates_go_through_every_preset(rate_hz: int) -> None:
    rng = np.random.default_rng(2)
    frames = rate_hz // 4
    hit = (0.4 * rng.standard_normal((1, frames)) * np.exp(-np.arange(frames) / (0.05 * rate_hz))).astype(
        np.float32
    )
    for path in PRESETS.glob("*.toml"):
        audio = apply_chain(load_chain(str(path)), hit, rate_hz, "kick").audio
        assert 0.1 < np.abs(audio).max() < 1.0, path.stem
