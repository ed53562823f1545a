"""Notes and chords, and what several pitched voices are built of: oscillators, held harmonics, filters, bodies."""

from __future__ import annotations

import numpy as np

from training.tagger.voices.dsp import RATE, Rng, Wave, log_uniform, noise, resonance, saw, square, unit

CHORDS = ((0,), (0, 7), (0, 12), (0, 4, 7), (0, 3, 7), (0, 3, 7, 10), (0, 4, 7, 11), (0, 5, 7), (0, 7, 12, 16))


def hz_of(note: float) -> float:
    """Of a MIDI note, in equal temperament."""
    return 440 * 2 ** ((note - 69) / 12)


def note_hz(rng: Rng, low: float, high: float) -> float:
    return float(440 * 2 ** ((rng.integers(int(low), int(high) + 1) + rng.normal(0, 0.05) - 69) / 12))


def chord(rng: Rng, single: float) -> tuple[int, ...]:
    return (0,) if rng.random() < single else CHORDS[int(rng.integers(1, len(CHORDS)))]


def lowpassed(x: Wave, cut_hz: Wave, q: float) -> Wave:
    """A filter that moves, in blocks of 5 ms (two-pole low-pass of the audio EQ cookbook)."""
    from scipy.signal import lfilter  # noqa: PLC0415 - only used here

    out, block, state = np.empty(x.size), 220, np.zeros(2)
    for i in range(0, x.size, block):
        w = 2 * np.pi * float(np.clip(cut_hz[i], 20, RATE * 0.45)) / RATE
        alpha, cos = np.sin(w) / (2 * q), np.cos(w)
        b = np.array([(1 - cos) / 2, 1 - cos, (1 - cos) / 2]) / (1 + alpha)
        a = np.array([1, -2 * cos / (1 + alpha), (1 - alpha) / (1 + alpha)])
        out[i : i + block], state = lfilter(b, a, x[i : i + block], zi=state)
    return out


def oscillators(rng: Rng, hz: float, n: int, shape: str, voices: int, spread: float) -> Wave:
    out = np.zeros(n)
    for _ in range(voices):
        f = hz * 2 ** (rng.normal(0, spread) / 12)
        out += saw(f, n, rng.random()) if shape == "saw" else square(f, n, rng.uniform(0.1, 0.5), rng.random())
    return out


def body(rng: Rng, x: Wave, low: float, high: float) -> Wave:
    """A few resonances of wood or a cabinet."""
    out = unit(x)
    for _ in range(int(rng.integers(1, 4))):
        out = out + unit(resonance(x, log_uniform(rng, low, high), rng.uniform(1, 6))) * rng.uniform(0.05, 0.5)
    return out


def sustained(rng: Rng, hz: float, t: Wave, tilt: float, vibrato: float, count: int) -> Wave:
    """Harmonics with a slope, a common vibrato that comes late, and a little noise in their levels."""
    rise = 1 - np.exp(-t / rng.uniform(0.1, 0.6))
    wander = np.cumsum(noise(rng, t.size)) / RATE
    f = hz * (
        1 + vibrato * rise * np.sin(2 * np.pi * rng.uniform(4.5, 6.5) * t) + 0.01 * (wander - wander.mean())
    )
    turns = 2 * np.pi * np.cumsum(f) / RATE
    out = np.zeros(t.size)
    for k in range(1, min(count, int(16000 / hz) + 1) + 1):
        out += k**tilt * rng.uniform(0.5, 1.3) * np.sin(k * turns + rng.uniform(0, 6))
    return out
