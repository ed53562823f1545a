"""Strings that are plucked, strummed or bowed."""

from __future__ import annotations

import numpy as np

from training.tagger.voices.dsp import (
    RATE,
    Rng,
    Wave,
    adsr,
    band,
    decay,
    drive,
    log_uniform,
    pluck,
    saw,
    seconds,
    shaped_noise,
    unit,
)
from training.tagger.voices.pitch import body, chord, hz_of, note_hz, sustained


def _string(rng: Rng, hz: float, n: int, t60_s: float) -> Wave:
    return unit(pluck(rng, n, hz, t60_s, rng.uniform(0.5, 1.8), rng.uniform(0.05, 0.4)))


def guitar(rng: Rng) -> Wave:
    """Nylon, steel or clean electric; open, palm-muted, harmonics, bends, slides."""
    hz = note_hz(rng, 40, 80)
    t60 = log_uniform(rng, 0.15, 6)
    t = seconds(min(t60 * 1.1, log_uniform(rng, 0.25, 3.2)))
    x = _string(rng, hz, t.size, t60)
    if rng.random() < 0.25:
        x = _string(rng, hz * 2, t.size, t60)
    pick = shaped_noise(rng, t.size, log_uniform(rng, 800, 3000), 9000, 1) * decay(t, rng.uniform(0.005, 0.03))
    x = x + pick * rng.uniform(0.02, 0.4)
    if rng.random() < 0.3:
        warp = np.cumsum(
            1
            + 0.06 * rng.uniform(-1, 1) * (1 - np.exp(-t / 0.15))
            + 0.004 * np.sin(2 * np.pi * 5.5 * t) * (t > 0.2)
        )
        x = np.interp(warp, np.arange(t.size), x)
    return body(rng, x, 90, 700) if rng.random() < 0.6 else band(x, None, log_uniform(rng, 2500, 9000), 1)


def strummed(rng: Rng) -> Wave:
    """A chord over four to six strings, up or down, at times damped to a chuck."""
    root = rng.integers(40, 56)
    shape = np.array(
        [(0, 7, 12, 16, 19, 24), (0, 7, 12, 15, 19, 24), (0, 7, 12), (0, 5, 10, 15, 19)][int(rng.integers(4))][
            : int(rng.integers(3, 7))
        ]
    )
    if rng.random() < 0.4:
        shape = shape[::-1]
    t60 = log_uniform(rng, 0.06, 5)
    t = seconds(min(t60 * 1.2 + 0.15, 3.2))
    gap = rng.uniform(0.003, 0.03)
    out = np.zeros(t.size)
    for i, step in enumerate(shape):
        start = int(i * gap * RATE)
        out[start:] += _string(rng, hz_of(root + step), t.size - start, t60) * rng.uniform(0.6, 1)
    x = body(rng, out, 90, 600)
    return drive(x, log_uniform(rng, 1, 30)) if rng.random() < 0.35 else x


def overdriven(rng: Rng) -> Wave:
    """Single notes, power chords, palm mutes through an amplifier and its cabinet."""
    root = rng.integers(38, 70)
    t60 = log_uniform(rng, 0.15, 9)
    t = seconds(log_uniform(rng, 0.2, 3.2))
    out = np.zeros(t.size)
    for step in ((0,), (0, 7), (0, 7, 12), (0, 5))[int(rng.integers(4))]:
        hz = hz_of(root + step)
        out += _string(rng, hz, t.size, t60)
    if rng.random() < 0.3:
        out = np.interp(
            np.cumsum(1 + 0.006 * np.sin(2 * np.pi * rng.uniform(4, 7) * t)), np.arange(t.size), out
        )
    x = drive(band(out, 100, None, 1), log_uniform(rng, 4, 90))
    x = band(x, 80, log_uniform(rng, 2500, 6500), 2)
    return np.asarray(x * np.where(t < t[-1] * 0.92, 1, decay(t - t[-1] * 0.92, 0.1)))


def bowed(rng: Rng) -> Wave:
    hz = note_hz(rng, 40, 88)
    t = seconds(log_uniform(rng, 0.25, 3))
    x = unit(sustained(rng, hz, t, rng.uniform(-1.4, -0.7), rng.uniform(0, 0.008), 24))
    scratch = shaped_noise(rng, t.size, hz, 9000, 1) * (
        rng.uniform(0.01, 0.06) + decay(t, 0.1) * rng.uniform(0, 0.3)
    )
    x = body(rng, x + scratch, 250, 3500)
    return x * adsr(
        t,
        log_uniform(rng, 0.01, 0.35),
        0.5,
        rng.uniform(0.6, 1),
        t[-1] * rng.uniform(0.6, 0.9),
        rng.uniform(0.03, 0.3),
    )


def ensemble(rng: Rng) -> Wave:
    root = int(rng.integers(40, 80))
    t = seconds(log_uniform(rng, 0.5, 3.3))
    out = np.zeros(t.size)
    for step in chord(rng, 0.5)[:3]:
        hz = hz_of(root + step)
        for _ in range(4):
            f = (
                hz
                * (1 + 0.004 * np.sin(2 * np.pi * rng.uniform(4, 7) * t + rng.uniform(0, 6)))
                * 2 ** (rng.normal(0, 0.12) / 12)
            )
            out += saw(f, t.size, rng.random())
    x = body(rng, band(out, 120, log_uniform(rng, 1800, 8000), 1), 300, 3000)
    return x * adsr(t, log_uniform(rng, 0.03, 0.6), 1, 1, t[-1] * rng.uniform(0.6, 0.9), rng.uniform(0.1, 0.4))


def pizzicato(rng: Rng) -> Wave:
    t60 = log_uniform(rng, 0.15, 1)
    t = seconds(t60 * 1.2)
    x = pluck(rng, t.size, note_hz(rng, 38, 88), t60, rng.uniform(0.3, 0.9), rng.uniform(0.1, 0.4))
    return body(rng, x, 150, 900)
