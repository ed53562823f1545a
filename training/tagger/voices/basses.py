"""Bass: synthesised, sub, acid, strings."""

from __future__ import annotations

import numpy as np

from training.tagger.voices.dsp import (
    Rng,
    Wave,
    adsr,
    attack,
    band,
    decay,
    drive,
    log_uniform,
    pluck,
    saw,
    seconds,
    shaped_noise,
    sine,
    square,
    unit,
)
from training.tagger.voices.pitch import body, lowpassed, note_hz, oscillators


def bass(rng: Rng) -> Wave:
    """Subtractive synth bass."""
    hz = note_hz(rng, 24, 52)
    held = log_uniform(rng, 0.1, 2)
    t = seconds(min(held + rng.uniform(0.05, 0.5), 3))
    x = oscillators(rng, hz, t.size, str(rng.choice(["saw", "square"])), int(rng.integers(1, 4)), 0.08)
    x = unit(x) + unit(sine(hz * rng.choice([0.5, 1]), t.size)) * rng.uniform(0, 1)
    cut = log_uniform(rng, 100, 1500) + log_uniform(rng, 100, 6000) * np.exp(-t / log_uniform(rng, 0.03, 0.6))
    x = lowpassed(x, cut, rng.uniform(0.6, 4))
    x *= adsr(
        t,
        log_uniform(rng, 0.001, 0.03),
        log_uniform(rng, 0.1, 1),
        rng.uniform(0, 1),
        held,
        rng.uniform(0.02, 0.2),
    )
    return drive(x, log_uniform(rng, 1, 8)) if rng.random() < 0.4 else x


def sub(rng: Rng) -> Wave:
    """Sub and tuned 808: a low sine that is held, with or without a kick's click, clean or saturated."""
    hz = note_hz(rng, 24, 45)
    t = seconds(log_uniform(rng, 0.4, 3.2))
    glide = (
        hz * 2 ** (rng.uniform(0, 1.5) * np.exp(-t / rng.uniform(0.01, 0.05)))
        if rng.random() < 0.6
        else np.full(t.size, hz)
    )
    x = sine(glide, t.size) * (
        decay(t, log_uniform(rng, 0.8, 6)) if rng.random() < 0.7 else adsr(t, 0.01, 1, 1, t[-1] * 0.85, 0.05)
    )
    if rng.random() < 0.6:
        x = drive(x, log_uniform(rng, 1.2, 10))
    return x * attack(t, log_uniform(rng, 0.001, 0.02))


def acid(rng: Rng) -> Wave:
    hz = note_hz(rng, 28, 55)
    t = seconds(log_uniform(rng, 0.15, 1))
    slide = hz * 2 ** (rng.choice([0, 0, 0, -12, 12, 5]) / 12 * np.exp(-t / 0.04))
    x = saw(slide, t.size) if rng.random() < 0.6 else square(slide, t.size)
    cut = log_uniform(rng, 150, 700) + log_uniform(rng, 500, 5000) * np.exp(-t / log_uniform(rng, 0.05, 0.4))
    x = lowpassed(x, cut, rng.uniform(3, 14)) * adsr(t, 0.002, 0.4, 0.5, t[-1] * 0.8, 0.03)
    return drive(x, log_uniform(rng, 1, 15))


def string_bass(rng: Rng) -> Wave:
    """Electric or upright: fingered, picked, slapped, muted."""
    hz = note_hz(rng, 26, 55)
    t60 = log_uniform(rng, 0.3, 7)
    t = seconds(min(t60, log_uniform(rng, 0.25, 3)))
    x = unit(pluck(rng, t.size, hz, t60, rng.uniform(0.25, 1.2), rng.uniform(0.05, 0.35)))
    finger = shaped_noise(rng, t.size, log_uniform(rng, 200, 2000), 6000, 1) * decay(t, rng.uniform(0.01, 0.05))
    x = x + finger * rng.uniform(0.01, 0.3)
    return body(rng, band(x, None, log_uniform(rng, 700, 7000), 1), 60, 300)
