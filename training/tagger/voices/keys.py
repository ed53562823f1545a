"""Pianos, organs, electric pianos."""

from __future__ import annotations

import numpy as np

from training.tagger.voices.dsp import (
    RATE,
    Rng,
    Wave,
    adsr,
    decay,
    drive,
    log_uniform,
    modes,
    seconds,
    shaped_noise,
    sine,
    unit,
)
from training.tagger.voices.pitch import chord, hz_of


def piano(rng: Rng) -> Wave:
    """Stiff strings, two or three to a note, struck by a felt hammer; soft to hard, upright to tack."""
    root = int(rng.integers(28, 92))
    t = seconds(log_uniform(rng, 0.25, 3.2))
    out = np.zeros(t.size)
    for step in chord(rng, 0.6):
        hz = hz_of(root + step)
        count = max(int(min(RATE * 0.4 / hz, 32)), 1)
        k = np.arange(1, count + 1)
        stiff = rng.uniform(1e-4, 8e-4)
        t60 = 10 * (hz / 200) ** -0.7 / (1 + 0.15 * k) * rng.uniform(0.4, 1)
        gain = k ** -rng.uniform(0.7, 2.2) * rng.uniform(0.5, 1.2, count)
        for _ in range(2):
            detune = 2 ** (rng.normal(0, 0.012) / 12)
            out += modes(
                t.size, hz * detune * k * np.sqrt(1 + stiff * k * k), gain, t60, rng.uniform(0, 0.6, count)
            )
    knock = modes(t.size, rng.uniform(80, 900, 6), rng.uniform(0.2, 1, 6), rng.uniform(0.03, 0.15, 6))
    held = t[-1] * rng.uniform(0.6, 1)
    return (unit(out) + unit(knock) * rng.uniform(0.01, 0.15)) * np.where(t < held, 1, decay(t - held, 0.25))


def organ(rng: Rng) -> Wave:
    root = int(rng.integers(36, 84))
    t = seconds(log_uniform(rng, 0.2, 3.2))
    drawbars = rng.random(9) * (rng.random(9) < 0.6)
    drawbars[int(rng.integers(0, 3))] = 1
    out = np.zeros(t.size)
    wobble = 1 + rng.uniform(0, 0.004) * np.sin(2 * np.pi * rng.choice([0.8, 6.5]) * t)
    for step in chord(rng, 0.5):
        hz = hz_of(root + step)
        for gain, ratio in zip(drawbars, (0.5, 1.5, 1, 2, 3, 4, 5, 6, 8), strict=True):
            if gain > 0 and hz * ratio < 15000:
                out += gain * sine(hz * ratio * wobble, t.size, rng.uniform(0, 6))
    click = shaped_noise(rng, t.size, 1000, 8000) * decay(t, 0.008) * rng.uniform(0, 0.15)
    x = (unit(out) + click) * adsr(t, log_uniform(rng, 0.002, 0.06), 1, 1, t[-1] * rng.uniform(0.7, 0.95), 0.02)
    return drive(x, log_uniform(rng, 1, 6)) if rng.random() < 0.4 else x


def electric_piano(rng: Rng) -> Wave:
    """Tine and tone bar (FM with a short bright partial), Wurlitzer, clavinet."""
    root = int(rng.integers(33, 85))
    t = seconds(log_uniform(rng, 0.25, 3.2))
    out = np.zeros(t.size)
    ratio, index, fall = rng.choice([1, 1, 2, 14]), log_uniform(rng, 0.2, 3), log_uniform(rng, 0.05, 1.5)
    for step in chord(rng, 0.6):
        hz = hz_of(root + step)
        modulator = index * decay(t, fall) * np.sin(2 * np.pi * hz * ratio * t)
        out += np.sin(2 * np.pi * hz * t + modulator) * decay(t, rng.uniform(2, 6))
    tine = modes(t.size, [hz_of(root) * rng.uniform(6, 9)], [1], [rng.uniform(0.05, 0.4)])
    out = unit(out) + unit(tine) * rng.uniform(0, 0.25)
    held = t[-1] * rng.uniform(0.5, 1)
    return (
        out
        * np.where(t < held, 1, decay(t - held, 0.2))
        * (1 + rng.uniform(0, 0.4) * np.sin(2 * np.pi * rng.uniform(3, 7) * t))
    )
