from __future__ import annotations

import numpy as np

from daemon.engines.classifier.image import BANDS, FRAMES, LOW_BANDS, RATE_HZ, from_attack, image, mono

T = np.arange(2 * RATE_HZ) / RATE_HZ


def tone(hz: float) -> np.ndarray:
    return np.sin(2 * np.pi * hz * T).astype(np.float32)


def test_a_tone_is_brightest_in_the_band_of_its_pitch() -> None:
    """Bands are 32 from 25 to 800 Hz, then 64 to 18 kHz, evenly spaced in pitch."""
    low = 25 * (800 / 25) ** ((np.arange(LOW_BANDS) + 0.5) / LOW_BANDS)
    high = 800 * (18000 / 800) ** ((np.arange(BANDS - LOW_BANDS) + 0.5) / (BANDS - LOW_BANDS))
    centres = np.concatenate([low, high])
    for hz in (55.0, 110.0, 440.0, 2000.0, 9000.0):
        picture = image(from_attack(tone(hz), RATE_HZ))
        assert picture.shape == (BANDS, FRAMES)
        assert abs(np.log2(centres[int(picture[:, 40].argmax())] / hz)) < 0.15


def test_level_and_leading_silence_change_nothing() -> None:
    sound = tone(330) * np.exp(-T / 0.2).astype(np.float32)
    plain = image(from_attack(sound, RATE_HZ)).astype(float)
    late = image(from_attack(np.concatenate([np.zeros(8820, np.float32), 0.02 * sound]), RATE_HZ)).astype(float)
    assert np.abs(plain - late).mean() < 0.02


def test_decay_is_seen_in_decibels() -> None:
    """20 dB in a fifth of a second is 0.25 of the picture's 80 dB."""
    sound = tone(1000) * (10 ** (-T / 0.2)).astype(np.float32)
    picture = image(from_attack(sound, RATE_HZ)).astype(float)
    row = picture[:, 30].argmax()
    # frames 24 to 47 stand 10 ms apart: twenty of them are a fifth of a second
    assert abs(picture[row, 26] - picture[row, 46] - 0.25) < 0.02


def test_other_rates_give_nearly_the_same_picture() -> None:
    t48 = np.arange(2 * 48000) / 48000
    at48 = (np.sin(2 * np.pi * 700 * t48) * np.exp(-t48 / 0.3)).astype(np.float32)
    plain = image(from_attack(tone(700) * np.exp(-T / 0.3).astype(np.float32), RATE_HZ)).astype(float)
    assert np.abs(plain - image(from_attack(at48, 48000)).astype(float)).mean() < 0.02


def test_channels_that_cancel_are_still_heard() -> None:
    both = np.stack([tone(200), -tone(200)])
    assert np.abs(mono(both)).max() > 0.9
