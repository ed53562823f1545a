"""A voice that the Silero detector takes for one: vowels by formants, with consonants of noise between."""

from __future__ import annotations

import numpy as np

_VOWELS = (
    ((700, 90, 1.0), (1200, 100, 0.6), (2600, 150, 0.3)),
    ((300, 60, 1.0), (2300, 120, 0.5), (3000, 150, 0.3)),
    ((450, 70, 1.0), (800, 80, 0.6), (2500, 150, 0.2)),
    ((500, 70, 1.0), (1800, 100, 0.6), (2500, 150, 0.3)),
)
"""(frequency, half width, gain) of each formant, in Hz: roughly a, i, o, e."""


def speech(length_s: float, seed: int = 0, rate: int = 16_000) -> np.ndarray:
    """(n,) float32, syllable after syllable, peaks near 0.3."""
    draw = np.random.default_rng(seed)
    parts: list[np.ndarray] = []
    while sum(map(len, parts)) < length_s * rate:
        count = int(0.06 * rate)
        noise = 0.06 * draw.standard_normal(count) * np.hanning(count)
        parts.append(np.diff(noise, prepend=0))
        parts.append(_vowel(int(rate * draw.uniform(0.12, 0.25)), draw.uniform(110, 170), draw, rate))
    joined = np.concatenate(parts)[: int(length_s * rate)]
    return (0.3 * joined / np.abs(joined).max()).astype(np.float32)


def _vowel(count: int, pitch_hz: float, draw: np.random.Generator, rate: int) -> np.ndarray:
    t = np.arange(count) / rate
    hz = pitch_hz * (1 + 0.08 * np.sin(2 * np.pi * 2.3 * t) + 0.02 * np.sin(2 * np.pi * 5.5 * t))
    phase = 2 * np.pi * np.cumsum(hz) / rate
    formants = _VOWELS[draw.integers(len(_VOWELS))]
    wave = np.zeros(count)
    for harmonic in range(1, int(7000 / pitch_hz)):
        at_hz = harmonic * pitch_hz
        gain = sum(g / (1 + ((at_hz - centre) / width) ** 2) for centre, width, g in formants)
        wave += gain / harmonic**0.3 * np.sin(harmonic * phase)
    return wave * np.sqrt(np.hanning(count))
