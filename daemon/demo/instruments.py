"""Pitched instruments: each maker draws a timbre once for a song and returns a function that plays notes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daemon.demo.signal import Sound, decay, fade_out, filtered, gate, phase, seconds

Rng = np.random.Generator
Instrument = Callable[[float, float, float], Sound]
"""(frequency_hz, length_s, velocity 0..1) -> mono sound, its release included."""


def _partials(
    t: Sound,
    rate: int,
    frequency_hz: float,
    gains: NDArray[Any],
    t60_s: NDArray[Any] | None,
    stretch: float = 0.0,
) -> Sound:
    """Additive synthesis. gains: of each harmonic. t60_s: decay of each, None for a steady tone. stretch:
    inharmonicity B of a stiff string, f_n = n f_0 sqrt(1 + B n^2)."""
    out = np.zeros(t.size)
    for n, gain in enumerate(gains, start=1):
        partial_hz = n * frequency_hz * np.sqrt(1 + stretch * n * n)
        if partial_hz > rate * 0.45:
            break
        tone = gain * np.sin(2 * np.pi * partial_hz * t + 0.7 * n)
        out += tone if t60_s is None else tone * decay(t, float(t60_s[n - 1]))
    return out


def _saw(frequency_hz: Sound, rate: int, start: float) -> Sound:
    """Band-limited saw by polyBLEP (Valimaki and Huovilainen 2007)."""
    step = frequency_hz / rate
    x = (start + np.cumsum(step)) % 1.0
    out = 2 * x - 1
    early, late = x < step, x > 1 - step
    out[early] -= -((x[early] / step[early] - 1) ** 2)
    out[late] -= ((x[late] - 1) / step[late] + 1) ** 2
    return out


def pad(rng: Rng, rate: int) -> Instrument:
    """Detuned saws behind a soft low-pass."""
    cents = rng.uniform(4, 12)
    cut_hz, attack_s = rng.uniform(900, 2600), rng.uniform(0.01, 0.12)

    def play(frequency_hz: float, length_s: float, velocity: float) -> Sound:
        t = seconds(length_s + 0.35, rate)
        voices = [
            _saw(np.full(t.size, frequency_hz * 2 ** (c / 1200)), rate, rng.random())
            for c in (-cents, 0.0, cents)
        ]
        tone = filtered(np.sum(voices, axis=0), "lowpass", cut_hz * (0.6 + 0.6 * velocity), rate)
        return fade_out(velocity * tone * gate(t, length_s, attack_s, 0.5), rate)

    return play


def electric_piano(rng: Rng, rate: int) -> Instrument:
    """Two-operator FM tine."""
    ratio, index, t60_s = float(rng.choice([1.0, 7.0, 14.0])), rng.uniform(0.6, 1.6), rng.uniform(1.8, 4)
    index = index if ratio == 1.0 else index * 0.35

    def play(frequency_hz: float, length_s: float, velocity: float) -> Sound:
        t = seconds(length_s + 0.15, rate)
        bend = index * velocity * np.exp(-t / 0.4) * np.sin(2 * np.pi * frequency_hz * ratio * t)
        tone = np.sin(2 * np.pi * frequency_hz * t + bend) + 0.2 * np.sin(4 * np.pi * frequency_hz * t)
        return fade_out(velocity * tone * decay(t, t60_s) * gate(t, length_s, 0.003, 0.2), rate)

    return play


def organ(rng: Rng, rate: int) -> Instrument:
    """Drawbars."""
    bars = np.zeros(8)
    bars[[0, 1, 2, 3, 5, 7]] = rng.uniform(0.1, 1.0, 6) * [1, 0.9, 0.7, 0.6, 0.4, 0.3]

    def play(frequency_hz: float, length_s: float, velocity: float) -> Sound:
        t = seconds(length_s + 0.06, rate)
        return fade_out(
            velocity * _partials(t, rate, frequency_hz, bars, None) * gate(t, length_s, 0.006, 0.08), rate
        )

    return play


def guitar(rng: Rng, rate: int) -> Instrument:
    """A plucked string: harmonics by where it is plucked, the higher ones dying sooner."""
    place, t60_s, dark = rng.uniform(0.12, 0.3), rng.uniform(1.2, 3.0), rng.uniform(0.8, 1.5)
    n = np.arange(1, 25)
    gains = np.abs(np.sin(np.pi * n * place)) / n**dark

    def play(frequency_hz: float, length_s: float, velocity: float) -> Sound:
        t = seconds(length_s + 0.12, rate)
        tone = _partials(t, rate, frequency_hz, gains, t60_s / (1 + 0.25 * (n - 1)), 5e-5)
        return fade_out(velocity * tone * gate(t, length_s, 0.002, 0.15), rate)

    return play


def piano(rng: Rng, rate: int) -> Instrument:
    """Stiff strings struck by a hammer: brighter when played harder, two stages of decay."""
    n = np.arange(1, 21)
    bright = rng.uniform(0.25, 0.5)

    def play(frequency_hz: float, length_s: float, velocity: float) -> Sound:
        t = seconds(length_s + 0.2, rate)
        gains = np.exp(-bright * (n - 1) / (0.4 + velocity)) / np.sqrt(n)
        t60_s = 9.0 * (220 / frequency_hz) ** 0.5 / (1 + 0.3 * (n - 1))
        tone = 0.6 * _partials(t, rate, frequency_hz, gains, t60_s, 3e-4)
        tone += 0.4 * _partials(t, rate, frequency_hz * 1.0004, gains, t60_s * 0.35, 3e-4)
        return fade_out(velocity * tone * gate(t, length_s, 0.002, 0.25), rate)

    return play


def strings(rng: Rng, rate: int) -> Instrument:
    """A section: several saws, each with its own slow vibrato, through a body."""
    attack_s = rng.uniform(0.06, 0.18)
    body_hz = (rng.uniform(250, 350), rng.uniform(2500, 4500))

    def play(frequency_hz: float, length_s: float, velocity: float) -> Sound:
        t = seconds(length_s + 0.4, rate)
        out = np.zeros(t.size)
        for _ in range(4):
            wobble = 6 * np.sin(2 * np.pi * rng.uniform(4.3, 6) * t + rng.uniform(0, 6)) + rng.uniform(-7, 7)
            out += _saw(frequency_hz * 2 ** (wobble / 1200), rate, rng.random())
        out = 0.35 * out + filtered(out, "bandpass", body_hz, rate, 1)
        return fade_out(
            velocity * filtered(out, "lowpass", 5000, rate) * gate(t, length_s, attack_s, 0.6), rate
        )

    return play


def square_keys(rng: Rng, rate: int) -> Instrument:
    """A pulse wave, plucked by its filter's envelope: an early synthesiser."""
    width, sharp = rng.uniform(0.25, 0.5), rng.uniform(2, 6)
    n = np.arange(1, 31)
    gains = np.abs(np.sin(np.pi * n * width)) / n

    def play(frequency_hz: float, length_s: float, velocity: float) -> Sound:
        t = seconds(length_s + 0.15, rate)
        t60_s = 0.15 + 2.5 / (1 + sharp * (n - 1) * 0.2)
        return fade_out(
            velocity * _partials(t, rate, frequency_hz, gains, t60_s) * gate(t, length_s, 0.003, 0.2), rate
        )

    return play


def saw_bass(rng: Rng, rate: int) -> Instrument:
    """A saw whose low-pass closes after the attack."""
    open_hz, closed_hz, close_s = rng.uniform(700, 1800), rng.uniform(180, 400), rng.uniform(0.06, 0.25)

    def play(frequency_hz: float, length_s: float, velocity: float) -> Sound:
        t = seconds(length_s + 0.08, rate)
        saw = _saw(np.full(t.size, frequency_hz), rate, 0.0)
        bright, dark = (filtered(saw, "lowpass", cut, rate) for cut in (open_hz * velocity, closed_hz))
        shape = np.exp(-t / close_s)
        return fade_out(
            velocity * (bright * shape + dark * (1 - 0.5 * shape)) * gate(t, length_s, 0.004, 0.12), rate
        )

    return play


def finger_bass(rng: Rng, rate: int) -> Instrument:
    """A plucked bass string."""
    n = np.arange(1, 16)
    place, dark, t60_s = rng.uniform(0.15, 0.3), rng.uniform(1.2, 1.9), rng.uniform(2, 4.5)
    gains = np.abs(np.sin(np.pi * n * place)) / n**dark

    def play(frequency_hz: float, length_s: float, velocity: float) -> Sound:
        t = seconds(length_s + 0.08, rate)
        tone = _partials(t, rate, frequency_hz, gains, t60_s / (1 + 0.4 * (n - 1)), 2e-5)
        return fade_out(velocity * tone * gate(t, length_s, 0.006, 0.12), rate)

    return play


def sub_bass(rng: Rng, rate: int) -> Instrument:
    """A driven sine."""
    drive = rng.uniform(0.8, 2.2)

    def play(frequency_hz: float, length_s: float, velocity: float) -> Sound:
        t = seconds(length_s + 0.08, rate)
        tone = np.tanh(drive * np.sin(2 * np.pi * frequency_hz * t)) + 0.15 * np.sin(
            4 * np.pi * frequency_hz * t
        )
        return fade_out(velocity * tone * gate(t, length_s, 0.008, 0.12), rate)

    return play


def fm_bass(rng: Rng, rate: int) -> Instrument:
    """Frequency modulation with a falling index: hard attack, round body."""
    ratio, index = float(rng.choice([1.0, 2.0, 3.0])), rng.uniform(1.0, 2.5)

    def play(frequency_hz: float, length_s: float, velocity: float) -> Sound:
        t = seconds(length_s + 0.08, rate)
        bend = index * velocity * (0.25 + np.exp(-t / 0.12)) * np.sin(2 * np.pi * frequency_hz * ratio * t)
        tone = np.sin(2 * np.pi * frequency_hz * t + bend) * decay(t, 5.0)
        return fade_out(velocity * tone * gate(t, length_s, 0.003, 0.1), rate)

    return play


def square_bass(rng: Rng, rate: int) -> Instrument:
    """Odd harmonics under a low-pass, with a short dip into pitch at the start."""
    cut_hz, dip = rng.uniform(350, 900), rng.uniform(0.0, 0.3)

    def play(frequency_hz: float, length_s: float, velocity: float) -> Sound:
        t = seconds(length_s + 0.08, rate)
        sweep = phase(frequency_hz * (1 + dip * np.exp(-t / 0.01)), rate)
        tone = np.sum([np.sin(k * sweep) / k for k in (1, 3, 5, 7, 9)], axis=0)
        return fade_out(
            velocity * filtered(tone, "lowpass", cut_hz, rate) * gate(t, length_s, 0.004, 0.1), rate
        )

    return play


CHORDS: dict[str, Callable[[Rng, int], Instrument]] = {
    "pad": pad,
    "electric-piano": electric_piano,
    "organ": organ,
    "guitar": guitar,
    "piano": piano,
    "strings": strings,
    "square-keys": square_keys,
}
BASSES: dict[str, Callable[[Rng, int], Instrument]] = {
    "saw": saw_bass,
    "finger": finger_bass,
    "sub": sub_bass,
    "fm": fm_bass,
    "square": square_bass,
}
