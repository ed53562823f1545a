"""Synthesiser pads, leads, plucks and stabs."""

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
    saw,
    seconds,
    shaped_noise,
    sine,
    square,
    unit,
)
from training.tagger.voices.pitch import CHORDS, chord, hz_of, lowpassed, note_hz, oscillators


def pad(rng: Rng) -> Wave:
    """Slow, wide, held; detuned saws, moving filters, wavetable-like harmonics, airy noise; chords or one note."""
    root = int(rng.integers(36, 76))
    t = seconds(log_uniform(rng, 1, 3.4))
    out = np.zeros(t.size)
    harmonics = rng.random() < 0.35
    for step in chord(rng, 0.35):
        hz = hz_of(root + step)
        if harmonics:
            for k in range(1, 9):
                tremble = 1 + 0.6 * np.sin(2 * np.pi * rng.uniform(0.1, 1.5) * t + rng.uniform(0, 6))
                out += (
                    sine(hz * k * 2 ** (rng.normal(0, 0.03) / 12), t.size, rng.uniform(0, 6))
                    * tremble
                    / k ** rng.uniform(0.6, 2)
                )
        else:
            out += oscillators(
                rng, hz, t.size, str(rng.choice(["saw", "square"])), int(rng.integers(2, 6)), 0.1
            )
    sweep_hz = log_uniform(rng, 300, 4000) * 2 ** (
        rng.uniform(-1.5, 1.5) * np.sin(2 * np.pi * rng.uniform(0.05, 0.6) * t + rng.uniform(0, 6))
    )
    x = lowpassed(out, sweep_hz, rng.uniform(0.6, 2.5)) if rng.random() < 0.8 else out
    air = shaped_noise(rng, t.size, 2000, 12000, 1) * rng.uniform(0, 0.06)
    return (unit(x) + air) * adsr(
        t, log_uniform(rng, 0.02, 1), 1, 1, t[-1] * rng.uniform(0.6, 0.95), rng.uniform(0.1, 0.5)
    )


def lead(rng: Rng) -> Wave:
    hz = note_hz(rng, 48, 88)
    t = seconds(log_uniform(rng, 0.15, 2.5))
    bend = (
        1
        + 0.006 * rng.random() * np.sin(2 * np.pi * rng.uniform(4, 7) * t) * (t > 0.2)
        - rng.uniform(0, 0.3) * np.exp(-t / 0.03) * (rng.random() < 0.3)
    )
    x = saw(hz * bend, t.size) if rng.random() < 0.5 else square(hz * bend, t.size, rng.uniform(0.05, 0.5))
    if rng.random() < 0.5:
        x = x + saw(hz * bend * 2 ** (rng.choice([0.08, 0.12, 7, 12]) / 12), t.size, rng.random())
    if rng.random() < 0.25:  # hard sync
        x = np.sin(2 * np.pi * ((np.cumsum(hz * bend) / RATE) % 1) * rng.uniform(1.5, 5)) + 0.0
    x = lowpassed(
        x,
        np.full(t.size, log_uniform(rng, 800, 12000)) * (0.3 + np.exp(-t / rng.uniform(0.1, 1))),
        rng.uniform(0.6, 5),
    )
    x *= adsr(t, log_uniform(rng, 0.001, 0.05), 0.3, rng.uniform(0.4, 1), t[-1] * rng.uniform(0.6, 0.95), 0.05)
    return drive(x, log_uniform(rng, 1, 10)) if rng.random() < 0.3 else x


def pluck_synth(rng: Rng, t: Wave, root: int, steps: tuple[int, ...]) -> Wave:
    out = np.zeros(t.size)
    for step in steps:
        hz = hz_of(root + step)
        out += oscillators(rng, hz, t.size, str(rng.choice(["saw", "square"])), int(rng.integers(1, 5)), 0.09)
    cut = log_uniform(rng, 150, 900) + log_uniform(rng, 1000, 9000) * np.exp(-t / log_uniform(rng, 0.02, 0.4))
    return lowpassed(out, cut, rng.uniform(0.6, 5))


def pluck_note(rng: Rng) -> Wave:
    t = seconds(log_uniform(rng, 0.15, 1.5))
    return pluck_synth(rng, t, int(rng.integers(45, 84)), chord(rng, 0.7)) * decay(
        t, log_uniform(rng, 0.15, 1.5)
    )


def stab(rng: Rng) -> Wave:
    """A chord hit: rave, house, dub."""
    t = seconds(log_uniform(rng, 0.15, 1.2))
    x = pluck_synth(rng, t, int(rng.integers(40, 72)), CHORDS[int(rng.integers(3, len(CHORDS)))])
    return x * adsr(
        t, 0.003, log_uniform(rng, 0.1, 0.6), rng.uniform(0.1, 0.8), t[-1] * rng.uniform(0.4, 0.8), 0.06
    )


def plain(rng: Rng) -> Wave:
    """A few sines that are held, a note or a chord: test tones, simple organs, what has been filtered down to its
    fundamentals. Nothing strikes and nothing rings off, which is all that tells it from a tuned drum."""
    t = seconds(log_uniform(rng, 0.3, 3.4))
    root, slope = int(rng.integers(40, 84)), rng.uniform(0.3, 3)
    out = np.zeros(t.size)
    for step in chord(rng, 0.4):
        for k in range(1, int(rng.integers(1, 8)) + 1):
            out += sine(hz_of(root + step) * k, t.size, rng.uniform(0, 6)) / k**slope
    held = rng.uniform(0.7, 1.05) * t[-1]
    return unit(out) * adsr(
        t, log_uniform(rng, 0.0005, 0.3), 1, rng.uniform(0.6, 1), held, rng.uniform(0.01, 0.3)
    )
