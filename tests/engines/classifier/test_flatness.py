from __future__ import annotations

import numpy as np

from daemon.engines.classifier.flatness import DEEPEST_DB, flatness
from daemon.engines.classifier.image import BANDS, FRAMES, RATE_HZ, band_centres_hz, frame_centres, image
from daemon.engines.classifier.picture import PLANES, picture

T = np.arange(2 * RATE_HZ) / RATE_HZ
NOISE = 1 - 10 * np.euler_gamma / np.log(10) / DEEPEST_DB
"""What the law of the power of noise gives: the mean of its logarithm is Euler's constant below that of its mean."""


def noise(seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(T.size).astype(np.float32)


def test_noise_is_as_flat_as_theory_says_and_so_is_what_is_beyond_the_end() -> None:
    told = flatness(noise()).astype(float)
    wide = told[50:, 10:80]  # bands of many bins, before the sound ends
    assert abs(wide.mean() - NOISE) < 0.02 and wide.std() < 0.06
    short = flatness(noise()[: RATE_HZ // 2]).astype(float)
    np.testing.assert_allclose(short[:, -20:], NOISE, atol=0.01)
    assert abs(flatness(0.001 * noise()).astype(float) - told).max() < 0.01  # however loud it is


def test_partials_are_deep_in_their_bands_and_only_while_they_sound() -> None:
    half = (np.arange(T.size) > RATE_HZ * 0.8).astype(np.float32)
    told = flatness(
        (noise() * (1 - half) * 0.3 + half * np.sin(2 * np.pi * 5000 * T)).astype(np.float32)
    ).astype(float)
    band = int(np.abs(np.log(band_centres_hz() / 5000)).argmin())
    before, after = (
        (frame_centres() < 0.7 * RATE_HZ),
        (frame_centres() > 0.9 * RATE_HZ) & (frame_centres() < 1.9 * RATE_HZ),
    )
    assert abs(told[band, before].mean() - NOISE) < 0.06
    assert told[band, after].mean() < 0.35


def test_a_picture_has_both_planes() -> None:
    both = picture(noise())
    assert both.shape == (PLANES, BANDS, FRAMES) and both.dtype == np.float16
    np.testing.assert_array_equal(both[0], image(noise()))
    np.testing.assert_array_equal(both[1], flatness(noise()))


def test_a_click_of_a_few_samples_is_heard() -> None:
    click = np.zeros(40, np.float32)
    click[20] = 1
    told = flatness(click).astype(float)
    assert np.isfinite(told).all() and told.min() >= 0 and told.max() <= 1
