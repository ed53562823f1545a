"""Voices: a glottal pulse through the formants of vowels, with vibrato, breath, consonants; one or many."""

from __future__ import annotations

import numpy as np

from training.tagger.voices.dsp import (
    RATE,
    Rng,
    Wave,
    adsr,
    band,
    decay,
    log_uniform,
    noise,
    resonance,
    saw,
    seconds,
    shaped_noise,
    unit,
)  # fmt: skip

# First four formants in Hz of sung vowels (Peterson & Barney 1952, rounded)
VOWELS = {
    "a": (730, 1090, 2440, 3400), "e": (530, 1840, 2480, 3500), "i": (270, 2290, 3010, 3700),
    "o": (570, 840, 2410, 3300),
    "u": (300, 870, 2240, 3300), "ae": (660, 1720, 2410, 3500), "er": (490, 1350, 1690, 3300),
}  # fmt: skip


def _glottis(rng: Rng, f: Wave) -> Wave:
    x = band(saw(f, f.size, rng.random()), None, log_uniform(rng, 600, 3500), 1)
    return unit(x) + shaped_noise(rng, f.size, 800, 8000, 1) * rng.uniform(0.005, 0.2)


def _tract(rng: Rng, x: Wave, size: float, path: list[str]) -> Wave:
    """Formants that move from vowel to vowel."""
    pieces = np.array_split(np.arange(x.size), len(path))
    out = np.zeros(x.size)
    fade = min(int(0.04 * RATE), x.size // (2 * len(path)) or 1)
    for piece, vowel in zip(pieces, path, strict=True):
        window = np.zeros(x.size)
        window[piece] = 1
        if len(path) > 1:
            window = np.convolve(window, np.ones(fade) / fade, "same")
        voiced = np.zeros(x.size)
        for hz, gain in zip(VOWELS[vowel], (1, 0.6, 0.35, 0.25), strict=True):
            voiced += gain * rng.uniform(0.6, 1.2) * unit(resonance(x, hz * size, rng.uniform(5, 14)))
        out += voiced * window
    return out


def _pitch(rng: Rng, t: Wave, hz: float) -> Wave:
    scoop = -rng.uniform(0, 3) * np.exp(-t / rng.uniform(0.03, 0.15)) * (rng.random() < 0.5)
    vibrato = rng.uniform(0, 0.5) * np.sin(2 * np.pi * rng.uniform(4.5, 7) * t) * (1 - np.exp(-t / 0.4))
    glide = rng.uniform(-5, 5) * t / t[-1] * (rng.random() < 0.25)
    return np.asarray(hz * 2 ** ((scoop + vibrato + glide) / 12))


def sung(rng: Rng) -> Wave:
    t = seconds(log_uniform(rng, 0.2, 2.5))
    size = rng.uniform(0.95, 1.3)
    path = [str(v) for v in rng.choice(list(VOWELS), int(rng.integers(1, 4)))]
    x = _tract(rng, _glottis(rng, _pitch(rng, t, log_uniform(rng, 85, 700))), size, path)
    x = unit(x) * adsr(t, log_uniform(rng, 0.01, 0.12), 1, 1, t[-1] * rng.uniform(0.6, 0.92), 0.06)
    if rng.random() < 0.4:
        n = int(rng.uniform(0.03, 0.12) * RATE)
        consonant = (
            shaped_noise(rng, n, log_uniform(rng, 800, 5000), 12000) * np.hanning(n) * rng.uniform(0.1, 0.7)
        )
        x = np.concatenate([consonant, x])
    return x


def choir(rng: Rng) -> Wave:
    t = seconds(log_uniform(rng, 0.6, 3.3))
    root = log_uniform(rng, 110, 500)
    vowel = [str(rng.choice(["a", "o", "u", "a"]))]
    out = np.zeros(t.size)
    for _ in range(int(rng.integers(3, 7))):
        hz = root * 2 ** (rng.choice([0, 0, 4, 7, 12, -12]) / 12 + rng.normal(0, 0.1) / 12)
        out += unit(_tract(rng, _glottis(rng, _pitch(rng, t, hz)), rng.uniform(0.95, 1.25), vowel))
    return out * adsr(t, log_uniform(rng, 0.05, 0.5), 1, 1, t[-1] * rng.uniform(0.6, 0.9), 0.2)


def shout(rng: Rng) -> Wave:
    """Hey, huh, breath, chopped syllables; rough and short."""
    t = seconds(log_uniform(rng, 0.08, 0.7))
    fall = log_uniform(rng, 100, 480) * 2 ** (rng.uniform(-1, 0.5) * t / t[-1] * 0.6)
    x = _glottis(rng, fall) + unit(noise(rng, t.size)) * (rng.uniform(0, 0.2) if rng.random() < 0.7 else 1.0)
    x = _tract(
        rng, x, rng.uniform(0.95, 1.25), [str(v) for v in rng.choice(list(VOWELS), int(rng.integers(1, 3)))]
    )
    x = np.tanh(unit(x) * rng.uniform(1, 4))
    return x * adsr(
        t, log_uniform(rng, 0.005, 0.05), 0.2, rng.uniform(0.3, 1), t[-1] * 0.7, 0.06
    ) + shaped_noise(rng, t.size, 1500, 9000) * decay(t, 0.08) * rng.uniform(0, 0.3)
