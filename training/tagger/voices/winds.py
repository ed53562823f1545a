"""Brass and woodwind."""

from __future__ import annotations

import numpy as np

from training.tagger.voices.dsp import (
    Rng,
    Wave,
    adsr,
    band,
    decay,
    drive,
    log_uniform,
    noise,
    resonance,
    saw,
    seconds,
    shaped_noise,
    square,
    unit,
)
from training.tagger.voices.pitch import body, chord, hz_of, lowpassed, note_hz, sustained


def brass(rng: Rng) -> Wave:
    """The louder the brighter: harmonics open with the level; a blip of pitch at the start; stabs, swells, sections."""
    root = int(rng.integers(40, 80))
    t = seconds(log_uniform(rng, 0.15, 2.5))
    held = t[-1] * rng.uniform(0.5, 0.9)
    rise = log_uniform(rng, 0.01, 0.12)
    level = adsr(t, rise, rng.uniform(0.1, 0.5), rng.uniform(0.4, 1), held, rng.uniform(0.03, 0.15))
    out = np.zeros(t.size)
    for step in chord(rng, 0.6)[:3]:
        hz = hz_of(root + step)
        for _ in range(int(rng.integers(1, 4))):
            f = (
                hz
                * 2 ** (rng.normal(0, 0.08) / 12)
                * (1 - 0.03 * np.exp(-t / 0.03) + 0.004 * np.sin(2 * np.pi * 5.3 * t) * (t > 0.3))
            )
            out += saw(f, t.size, rng.random())
    cut = log_uniform(rng, 300, 900) + level**1.5 * log_uniform(rng, 1500, 9000)
    x = lowpassed(out, cut, rng.uniform(0.6, 1.4))
    x = body(rng, x, 400, 2000)
    return x * level + shaped_noise(rng, t.size, 1000, 6000) * rng.uniform(0, 0.03) * level


def flute(rng: Rng) -> Wave:
    """Flute, recorder, pan pipe, ocarina: few harmonics, breath, a chiff."""
    hz = note_hz(rng, 55, 96)
    t = seconds(log_uniform(rng, 0.2, 2.5))
    x = unit(sustained(rng, hz, t, rng.uniform(-3.5, -1.5), rng.uniform(0, 0.008), 8))
    breath = unit(
        resonance(noise(rng, t.size), hz, rng.uniform(2, 12)) + 0.4 * resonance(noise(rng, t.size), 2 * hz, 3)
    )
    chiff = decay(t, rng.uniform(0.03, 0.12)) * rng.uniform(0, 0.8)
    x = x * (1 + 0.15 * np.sin(2 * np.pi * 5.2 * t) * (t > 0.3)) + breath * (rng.uniform(0.01, 0.3) + chiff)
    return x * adsr(
        t, log_uniform(rng, 0.01, 0.12), 1, 1, t[-1] * rng.uniform(0.6, 0.92), rng.uniform(0.03, 0.12)
    )


def reed(rng: Rng) -> Wave:
    """Clarinet (odd harmonics), oboe and bassoon (formants), saxophones (rough, bright)."""
    hz = note_hz(rng, 45, 85)
    t = seconds(log_uniform(rng, 0.2, 2.5))
    if rng.random() < 0.35:
        x = band(
            square(hz * (1 + 0.003 * np.sin(2 * np.pi * 5 * t)), t.size), None, log_uniform(rng, 1200, 5000), 1
        )
    else:
        x = sustained(rng, hz, t, rng.uniform(-1.2, -0.3), rng.uniform(0, 0.008), 20)
        x = unit(resonance(x, log_uniform(rng, 500, 1500), rng.uniform(0.7, 3))) + unit(
            resonance(x, log_uniform(rng, 1800, 3500), 2)
        ) * rng.uniform(0.1, 0.8)
        if rng.random() < 0.4:
            x = drive(x, log_uniform(rng, 1, 4))
    breath = shaped_noise(rng, t.size, 1000, 7000, 1) * rng.uniform(0, 0.06)
    return (unit(x) + breath) * adsr(
        t, log_uniform(rng, 0.01, 0.1), 0.5, rng.uniform(0.7, 1), t[-1] * rng.uniform(0.6, 0.92), 0.05
    )
