"""Bars and bells with a pitch."""

from __future__ import annotations

import numpy as np

from training.tagger.voices.dsp import Rng, Wave, decay, log_uniform, modes, seconds, shaped_noise, unit
from training.tagger.voices.pitch import note_hz


def bar(rng: Rng) -> Wave:
    """Marimba, vibraphone, xylophone, glockenspiel, kalimba, music box, steel drum."""
    kind = rng.integers(5)
    ratios = ((1, 4, 9.2), (1, 4, 10), (1, 3, 6), (1, 2.76, 5.4, 8.93), (1, 2, 3.01, 4.1))[kind]
    low, high = ((40, 84), (53, 89), (60, 96), (67, 105), (50, 84))[kind]
    slow = ((0.15, 0.9), (0.8, 6), (0.1, 0.5), (0.6, 4), (0.3, 1.5))[kind]
    hz, t60 = note_hz(rng, low, high), log_uniform(rng, *slow)
    t = seconds(min(t60 * 1.1 + 0.05, 3.2))
    r = np.array(ratios)
    gain = np.array([1.0, *rng.uniform(0.03, 0.6, r.size - 1)])
    x = modes(t.size, hz * r, gain, t60 / r ** rng.uniform(0.5, 1.3))
    if kind == 1:
        x *= 1 + rng.uniform(0, 0.4) * np.sin(2 * np.pi * rng.uniform(3, 7) * t)
    mallet = shaped_noise(rng, t.size, 200, log_uniform(rng, 1000, 9000), 1) * decay(
        t, log_uniform(rng, 0.004, 0.03)
    )
    return unit(x) + mallet * rng.uniform(0.01, 0.25)


def chime(rng: Rng) -> Wave:
    """Tubular bells, celesta, FM bells with a pitch."""
    hz = note_hz(rng, 55, 92)
    t60 = log_uniform(rng, 0.8, 6)
    t = seconds(min(t60, 3.2))
    if rng.random() < 0.5:
        r = np.array([0.5, 1, 1.19, 1.5, 2, 2.5, 3, 4.05]) * rng.uniform(0.99, 1.01, 8)
        return modes(t.size, hz * r, rng.uniform(0.1, 1, 8) / r**0.5, t60 / r**0.6, rng.uniform(0, 6, 8))
    index = rng.uniform(0.5, 4) * decay(t, t60 * 0.4)
    return np.asarray(
        np.sin(2 * np.pi * hz * t + index * np.sin(2 * np.pi * hz * rng.choice([1.4, 3.5, 2.0, 3.0]) * t))
        * decay(t, t60)
    )
