"""Measures against signals whose figures are known by construction."""

from __future__ import annotations

import numpy as np
import pytest

from daemon.engines.classifier.measures import measure

RATE = 44100


def seconds(length_s: float) -> np.ndarray:
    return np.arange(int(length_s * RATE)) / RATE


def as_audio(wave: np.ndarray) -> np.ndarray:
    return wave[None].astype(np.float32)


@pytest.mark.parametrize("note", [33, 45, 57, 69, 81])
def test_a_plucked_tone_is_no_noise(note: int) -> None:
    hz = 440 * 2 ** ((note - 69) / 12)
    t = seconds(1.0)
    wave = sum(np.sin(2 * np.pi * hz * k * t) / k for k in range(1, 8)) * np.exp(-t / 0.5)
    m = measure(as_audio(0.4 * wave), RATE)
    assert m is not None
    assert m.noisiness < 0.1


def test_white_noise_is_noisy() -> None:
    wave = 0.3 * np.random.default_rng(0).standard_normal(RATE)
    m = measure(as_audio(wave), RATE)
    assert m is not None
    assert m.noisiness > 0.9
    assert m.brightness_hz == pytest.approx(RATE / 4, rel=0.05)  # the middle of a flat spectrum


@pytest.mark.parametrize("t40_s", [0.1, 0.4, 0.9])
def test_decay_is_the_time_to_forty_db_below(t40_s: float) -> None:
    t = seconds(2.0)
    m = measure(as_audio(0.8 * np.sin(2 * np.pi * 1000 * t) * 10 ** (-2 * t / t40_s)), RATE)
    assert m is not None
    assert m.decay_s == pytest.approx(t40_s, abs=0.012)
    assert m.length_s == pytest.approx(1.5 * t40_s, abs=0.012)


@pytest.mark.parametrize("rise_s", [0.02, 0.1, 0.5])
def test_attack_is_ten_to_ninety_percent(rise_s: float) -> None:
    t = seconds(1.0)
    m = measure(as_audio(0.8 * np.sin(2 * np.pi * 2000 * t) * np.minimum(t / rise_s, 1)), RATE)
    assert m is not None
    assert m.attack_s == pytest.approx(0.8 * rise_s, abs=0.003)


def test_low_and_high_are_shares_of_the_power() -> None:
    t = seconds(0.5)
    wave = 0.3 * np.sin(2 * np.pi * 60 * t) + 0.3 * np.sin(2 * np.pi * 8000 * t)
    m = measure(as_audio(wave), RATE)
    assert m is not None
    assert m.low == pytest.approx(0.5, abs=0.03)
    assert m.high == pytest.approx(0.5, abs=0.03)


def test_loops_have_hits() -> None:
    rng = np.random.default_rng(2)
    loop = np.zeros(2 * RATE)
    for i in range(8):
        loop[i * RATE // 4 : i * RATE // 4 + 4000] += (
            0.5 * rng.standard_normal(4000) * np.exp(-np.arange(4000) / 900)
        )
    m = measure(as_audio(loop), RATE)
    assert m is not None
    assert m.hits == 8


def test_channels_that_cancel_each_other_are_still_heard_and_silence_is_not() -> None:
    tone = np.sin(2 * np.pi * 440 * seconds(0.5)).astype(np.float32)
    m = measure(np.stack([tone, -tone]), RATE)
    assert m is not None
    assert m.peak_db == pytest.approx(0, abs=0.1)
    assert measure(np.zeros((2, 1000), np.float32), RATE) is None


@pytest.mark.parametrize("frames", [1, 7, 50, 400])
def test_a_few_samples_are_measured_without_trouble(frames: int) -> None:
    m = measure(np.full((1, frames), 0.5, np.float32), RATE)
    assert m is not None
    assert np.isfinite([m.brightness_hz, m.decay_s, m.attack_s, m.noisiness]).all()
