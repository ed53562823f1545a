"""What calibrates the tagger finds the temperature that sounds were drawn with, and never changes what is likeliest."""

from __future__ import annotations

import numpy as np
import pytest

from training.tagger.calibration import Calibration, doubt, likeliest
from training.tagger.figures import ece, ece_by_chance


@pytest.mark.parametrize(("scale", "exponent"), [(0.7, 0.0), (1.6, 0.0), (1.5, 0.4)])
def test_finds_what_the_labels_were_drawn_with(scale: float, exponent: float) -> None:
    random = np.random.default_rng(5)
    logits = random.normal(0, 3, (20_000, 25))
    shares = Calibration(scale, exponent).shares(logits)
    labels = (shares.cumsum(axis=1) < random.random((len(logits), 1))).sum(axis=1)
    found = likeliest(logits, labels, exponent)
    assert found.scale == pytest.approx(scale, rel=0.04) and found.exponent == exponent


def test_sure_ones_are_made_surer_and_doubtful_ones_less_sure() -> None:
    sure, doubtful = np.zeros((2, 25))
    sure[3], doubtful[3] = 8.0, 1.0
    logits = np.stack([sure, doubtful])
    plain, told = Calibration(1.0).shares(logits), Calibration(1.3, 0.4).shares(logits)
    assert told[0, 3] > plain[0, 3] and told[1, 3] < plain[1, 3]
    np.testing.assert_allclose(told.sum(axis=1), 1)


def test_keeps_the_order_of_the_classes_and_stands_extremes() -> None:
    random = np.random.default_rng(6)
    logits = np.concatenate([random.normal(0, 2, (50, 25)), np.full((1, 25), -3.0), 500 * np.eye(25)])
    shares = Calibration(1.4, 0.4).shares(logits)
    assert np.isfinite(shares).all()
    np.testing.assert_array_equal(shares[:50].argsort(axis=1), logits[:50].argsort(axis=1))
    assert doubt(logits)[50, 0] == pytest.approx(1) and 0.98 < shares[51:].max(axis=1).min() < 1


@pytest.mark.parametrize(("count", "low", "high"), [(240, 0.04, 0.08), (50_000, 0.0, 0.006)])
def test_a_perfect_calibration_errs_by_chance_on_few_sounds_and_not_on_many(
    count: int, low: float, high: float
) -> None:
    random = np.random.default_rng(7)
    confidence = random.uniform(0.3, 1, count)
    chance = ece_by_chance(confidence, 40)
    assert low < chance < high
    assert ece(random.random(count) < confidence, confidence) < 2 * chance
    if count > 240:
        assert ece(random.random(count) < confidence - 0.1, confidence) > 0.09
