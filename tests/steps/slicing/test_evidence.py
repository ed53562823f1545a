"""What the trained weights are told, and how they answer where a threshold alone would not do."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from daemon.steps.slicing.evidence import NAMES, gather, likelihood
from daemon.steps.slicing.hit_weights import HIDDEN, HIDDEN_BIAS, OUT
from daemon.steps.slicing.novelty import FPS, Bands, listen, novelty

RATE = 44100


def gathered(audio: NDArray[np.float32], rate: int = RATE) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """(times of the candidates in s, their likelihood)"""
    low, high = listen(audio, rate, float(np.abs(audio).max()))
    evidence = gather(low, high, novelty(low, high))
    assert evidence.values.shape == (evidence.frames.size, len(NAMES))
    assert np.isfinite(evidence.values).all()
    return evidence.frames / FPS, likelihood(evidence.values)


def burst(at_s: float, level: float, decay_s: float, length_s: float = 2.0) -> NDArray[np.float64]:
    rng = np.random.default_rng(int(at_s * 1000))
    t = np.arange(int(length_s * RATE)) / RATE - at_s
    return np.asarray(level * rng.standard_normal(t.size) * np.where(t >= 0, np.exp(-np.abs(t) / decay_s), 0))


def test_every_measurement_has_its_weight() -> None:
    assert {len(row) for row in HIDDEN} == {len(NAMES)}
    assert len(HIDDEN) == len(HIDDEN_BIAS) == len(OUT)


def test_a_hit_is_likely_and_the_flutter_of_a_long_tail_is_not() -> None:
    audio = (burst(0.5, 0.3, 0.6) + burst(1.3, 0.2, 0.03))[None].astype(np.float32)
    times_s, likely = gathered(audio)
    first, buried = np.abs(times_s - 0.5) < 0.01, np.abs(times_s - 1.3) < 0.01
    hit = first | buried
    assert (likely[first] > 0.9).sum() == 1
    assert (likely[buried] > 0.75).sum() == 1
    assert likely[~hit].max(initial=0.0) < 0.3


@pytest.mark.parametrize("rate", [8000, 22050, 192000])
def test_bands_beyond_the_sample_rate_say_nothing(rate: int) -> None:
    audio = np.zeros((1, rate), np.float32)
    audio[0, rate // 2 :] = np.random.default_rng(1).standard_normal(rate - rate // 2) * 0.1
    times_s, likely = gathered(audio, rate)
    assert np.abs(times_s[likely > 0.9] - 0.5).min() < 0.01


def test_no_sound_leaves_nothing_to_judge() -> None:
    silence = Bands(
        np.zeros((3, 40), np.float32), np.zeros((3, 40), np.float32), np.array([50.0, 500.0, 5000.0])
    )
    evidence = gather(silence, silence, np.zeros(40, np.float32))
    assert evidence.values.shape == (0, len(NAMES))
    assert likelihood(evidence.values).shape == (0,)
