"""Drum machines: analogue circuits (bridged-T oscillators, six squares, gated noise), FM, digital grit."""

from __future__ import annotations

import numpy as np

from training.tagger.voices.dsp import (
    RATE,
    Rng,
    Wave,
    attack,
    band,
    decay,
    drive,
    log_uniform,
    modes,
    noise,
    resonance,
    seconds,
    shaped_noise,
    sine,
    square,
    sweep,
    swell,
    unit,
)  # fmt: skip

_SIX = np.array([205.3, 369.6, 304.4, 522.7, 540.0, 800.0]) / 205.3  # ratios of the TR-808's oscillators


def _grit(rng: Rng, x: Wave) -> Wave:
    """Half of the machines are clean; others clip, or are 8 to 12 bits at a low rate."""
    chance = rng.random()
    if chance < 0.25:
        return drive(x, log_uniform(rng, 1.2, 12))
    if chance < 0.4:
        step = 2.0 ** -rng.integers(4, 11)
        held = int(rng.integers(1, 5))
        return np.repeat(np.round(unit(x)[::held] / step) * step, held)[: x.size]
    return x


def kick(rng: Rng) -> Wave:
    """808 to gabber: a sine that falls, a click, a saturated body; long ones are nearly a bass."""
    t60 = log_uniform(rng, 0.12, 2.2)
    t = seconds(min(t60 * 1.1, 2.8))
    low = log_uniform(rng, 33, 75)
    hz = sweep(t, low * log_uniform(rng, 1.3, 14), low, log_uniform(rng, 0.004, 0.08))
    if rng.random() < 0.4:
        hz = hz + sweep(t, low * log_uniform(rng, 2, 60), 0, log_uniform(rng, 0.001, 0.008))
    body = sine(hz, t.size, rng.choice([0, np.pi / 2])) * decay(t, t60)
    if rng.random() < 0.3:
        hold = rng.uniform(0.03, 0.2)
        body = sine(hz, t.size) * np.where(t < hold, 1, decay(t - hold, t60))
    click = shaped_noise(rng, t.size, None, log_uniform(rng, 1500, 15000)) * decay(
        t, log_uniform(rng, 0.003, 0.03)
    )
    out = body * attack(t, log_uniform(rng, 0.0001, 0.004)) + click * (
        rng.uniform(0, 0.7) if rng.random() < 0.7 else 0
    )
    if rng.random() < 0.35:
        out = drive(out, log_uniform(rng, 1.5, 30))
    if rng.random() < 0.15:
        out = out + shaped_noise(rng, t.size, 3000, None) * decay(t, rng.uniform(0.05, 0.3)) * rng.uniform(
            0.05, 0.3
        )
    return _grit(rng, out)


def fm_kick(rng: Rng) -> Wave:
    t60 = log_uniform(rng, 0.15, 0.9)
    t = seconds(t60 * 1.2)
    low = log_uniform(rng, 38, 75)
    index = log_uniform(rng, 0.5, 12) * decay(t, log_uniform(rng, 0.01, 0.2))
    modulator = np.sin(2 * np.pi * np.cumsum(np.full(t.size, low * rng.uniform(0.5, 7))) / RATE)
    phase = 2 * np.pi * np.cumsum(sweep(t, low * rng.uniform(1, 6), low, rng.uniform(0.005, 0.05))) / RATE
    return _grit(rng, np.sin(phase + index * modulator) * decay(t, t60))


def snare(rng: Rng) -> Wave:
    """Two tuned tones and gated noise (808, 909, Linn, Simmons), from snappy to huge."""
    t60 = log_uniform(rng, 0.07, 0.9)
    t = seconds(min(t60 * 1.3 + 0.05, 2))
    hz = log_uniform(rng, 120, 340)
    bend = sweep(t, rng.uniform(1, 2.5), 1, rng.uniform(0.005, 0.06))
    tone = sine(hz * bend, t.size) + rng.uniform(0, 1) * sine(hz * rng.uniform(1.4, 2.3) * bend, t.size)
    tone *= decay(t, log_uniform(rng, 0.04, 0.4))
    low = log_uniform(rng, 300, 4500)
    hiss = shaped_noise(rng, t.size, low, log_uniform(rng, low * 2, 20000), int(rng.integers(1, 3)))
    shape = decay(t, t60)
    if rng.random() < 0.3:
        gate = t60 * rng.uniform(0.3, 0.8)
        shape = np.where(t < gate, 0.6 + 0.4 * decay(t, gate), decay(t - gate, 0.05) * 0.6)
    click = shaped_noise(rng, t.size, 2000, None) * decay(t, 0.008)
    out = (
        unit(tone) * log_uniform(rng, 0.05, 1)
        + hiss * shape * log_uniform(rng, 0.3, 1.2)
        + click * rng.uniform(0, 0.5)
    )
    return _grit(rng, out)


def rim(rng: Rng) -> Wave:
    t60 = log_uniform(rng, 0.012, 0.18)
    t = seconds(t60 * 1.5 + 0.02)
    base = log_uniform(rng, 380, 1900)
    tone = modes(
        t.size,
        base * np.array([1, rng.uniform(1.5, 3.9), rng.uniform(2, 6)]),
        [1, rng.uniform(0.2, 1), rng.uniform(0, 0.6)],
        t60,
    )
    out = unit(tone) + shaped_noise(rng, t.size, log_uniform(rng, 300, 3000), None, 1) * decay(
        t, log_uniform(rng, 0.002, 0.2)
    ) * log_uniform(rng, 0.02, 0.9)
    return _grit(rng, drive(out, rng.uniform(1, 6)) if rng.random() < 0.5 else out)


def clap(rng: Rng) -> Wave:
    """Noise through one band-pass, gated three or four times, then a tail."""
    t60 = log_uniform(rng, 0.08, 0.8)
    t = seconds(t60 * 1.2 + 0.06)
    envelope = np.zeros(t.size)
    at = 0.0
    gap = rng.uniform(0.006, 0.016)
    for _ in range(int(rng.integers(2, 6))):
        envelope = np.maximum(envelope, np.where(t >= at, decay(t - at, rng.uniform(0.02, 0.06)), 0))
        at += gap * rng.uniform(0.7, 1.3)
    tail = np.where(t >= at - gap, decay(t - at, t60), 0) * rng.uniform(0.2, 1)
    low = log_uniform(rng, 450, 1500)
    hiss = shaped_noise(rng, t.size, low, low * log_uniform(rng, 1.6, 9), int(rng.integers(1, 3)))
    bright = shaped_noise(rng, t.size, 3000, None) * rng.uniform(0, 0.3)
    return _grit(rng, (hiss + bright) * np.maximum(envelope, tail))


def snap(rng: Rng) -> Wave:
    t = seconds(rng.uniform(0.06, 0.25))
    hz = log_uniform(rng, 1000, 3800)
    burst = noise(rng, t.size) * decay(t, log_uniform(rng, 0.008, 0.05))
    out = unit(resonance(burst, hz, rng.uniform(2, 9))) + unit(band(burst, 2500, None)) * rng.uniform(0, 0.4)
    tail = shaped_noise(rng, t.size, hz * 0.7, hz * 2) * decay(t, rng.uniform(0.08, 0.3)) * rng.uniform(0, 0.25)
    gap = int(rng.uniform(0.005, 0.02) * RATE)
    if rng.random() < 0.4:
        out[gap:] += out[:-gap].copy() * rng.uniform(0.4, 1)
    return _grit(rng, out + tail)


def _metal(rng: Rng, t: Wave) -> Wave:
    """Six squares out of tune, or a chain of FM, or noise: what the machines make their cymbals of."""
    chance = rng.random()
    if chance < 0.5:
        ratios = _SIX * rng.uniform(0.9, 1.1, 6) if rng.random() < 0.5 else rng.uniform(1, 4.2, 6)
        base = log_uniform(rng, 150, 900)
        return unit(sum(square(base * r, t.size, 0.5, rng.random()) for r in ratios))
    if chance < 0.7:
        base = log_uniform(rng, 400, 4000)
        return np.asarray(
            np.sin(
                2 * np.pi * base * t + rng.uniform(2, 14) * np.sin(2 * np.pi * base * rng.uniform(1.1, 2.9) * t)
            )
        )
    return unit(noise(rng, t.size))


def _cymbal(rng: Rng, t60_s: float, cut_hz: float, longest_s: float) -> Wave:
    t = seconds(min(t60_s * 1.15 + 0.02, longest_s))
    mix = rng.random()
    raw = _metal(rng, t) * mix + unit(noise(rng, t.size)) * (1 - mix) * rng.uniform(0.2, 1)
    out = band(raw, cut_hz, None, int(rng.integers(1, 5)))
    if rng.random() < 0.5:
        out = unit(out) + unit(
            resonance(out, log_uniform(rng, 3000, 12000), rng.uniform(0.7, 4))
        ) * rng.uniform(0.2, 1.5)
    return unit(out) * decay(t, t60_s) * attack(t, log_uniform(rng, 0.0001, 0.003))


def closed_hat(rng: Rng) -> Wave:
    return _grit(rng, _cymbal(rng, log_uniform(rng, 0.03, 0.4), log_uniform(rng, 2000, 10000), 0.5))


def open_hat(rng: Rng) -> Wave:
    t60 = log_uniform(rng, 0.35, 2.8)
    x = _cymbal(rng, t60, log_uniform(rng, 2500, 9500), 2.2)
    if rng.random() < 0.35:  # the envelope stays up, then falls at once
        t = np.arange(x.size) / RATE
        x = unit(x / decay(t, t60)) * np.where(t < t60 * 0.35, 1 - t, decay(t - t60 * 0.35, t60 * 0.5))
    return _grit(rng, x)


def crash(rng: Rng) -> Wave:
    x = _cymbal(rng, log_uniform(rng, 1.5, 6), log_uniform(rng, 500, 5500), 3.4)
    t = np.arange(x.size) / RATE
    return _grit(
        rng,
        x * (rng.uniform(0.2, 1) + decay(t, 0.5))
        + shaped_noise(rng, t.size, 2000, None) * decay(t, rng.uniform(0.3, 2)) * rng.uniform(0, 0.8),
    )


def ride(rng: Rng) -> Wave:
    x = _cymbal(rng, log_uniform(rng, 0.8, 5), log_uniform(rng, 1500, 6000), 3.2)
    t = np.arange(x.size) / RATE
    ping = modes(t.size, rng.uniform(1500, 7500, 7), rng.uniform(0.2, 1, 7), rng.uniform(0.1, 0.9, 7))
    return _grit(rng, x * (rng.uniform(0.15, 0.8) + decay(t, 0.25)) + unit(ping) * log_uniform(rng, 0.1, 1.2))


def tom(rng: Rng) -> Wave:
    """A sine that falls, 808 congas aside: Simmons sweeps, disco "peow", noise on top."""
    t60 = log_uniform(rng, 0.15, 2.5)
    t = seconds(min(t60 * 1.1, 2.6))
    low = log_uniform(rng, 65, 290)
    hz = sweep(t, low * log_uniform(rng, 1.05, 4), low, log_uniform(rng, 0.02, 0.25))
    body = (
        sine(hz, t.size)
        if rng.random() < 0.7
        else np.tanh(2 * sine(hz, t.size) + sine(hz * 1.5, t.size) * rng.uniform(0, 1))
    )
    hiss = shaped_noise(rng, t.size, None, log_uniform(rng, 500, 9000)) * decay(t, log_uniform(rng, 0.02, 0.5))
    return _grit(
        rng, body * decay(t, t60) * attack(t, log_uniform(rng, 0.0002, 0.004)) + hiss * rng.uniform(0, 0.35)
    )


def cowbell(rng: Rng) -> Wave:
    """Two squares a rough fifth apart through a band-pass, with a short bright start."""
    t60 = log_uniform(rng, 0.08, 0.9)
    t = seconds(t60 * 1.1)
    base = log_uniform(rng, 400, 900)
    pair = square(base, t.size) + square(base * rng.uniform(1.4, 1.6), t.size)
    shape = rng.uniform(0.2, 0.7) * decay(t, t60) + decay(t, rng.uniform(0.02, 0.08))
    return _grit(rng, band(pair, base * rng.uniform(0.6, 1.4), base * rng.uniform(2, 7)) * shape)


def tambourine(rng: Rng) -> Wave:
    t = seconds(log_uniform(rng, 0.1, 0.5))
    hiss = shaped_noise(rng, t.size, log_uniform(rng, 5000, 9000), None, 3)
    envelope = swell(t, log_uniform(rng, 0.001, 0.01), log_uniform(rng, 0.08, 0.4))
    for _ in range(int(rng.integers(0, 3))):
        at = rng.uniform(0.015, 0.06)
        envelope = envelope + np.where(t > at, decay(t - at, rng.uniform(0.05, 0.2)), 0) * rng.uniform(0.2, 0.8)
    ring = sum(square(f, t.size) for f in rng.uniform(2000, 6000, 3)) / 3
    return _grit(rng, (hiss + band(np.asarray(ring), 6000, None) * rng.uniform(0, 0.6)) * envelope)


def blip(rng: Rng) -> Wave:
    """Short tuned clicks of machines: claves, blips, high Q."""
    t = seconds(log_uniform(rng, 0.02, 0.2))
    hz = sweep(t, log_uniform(rng, 600, 5000), log_uniform(rng, 300, 2500), log_uniform(rng, 0.002, 0.05))
    wave = sine(hz, t.size) if rng.random() < 0.6 else np.sign(sine(hz, t.size)) * 0.5
    return _grit(rng, wave * decay(t, log_uniform(rng, 0.02, 0.15)))


def zap(rng: Rng) -> Wave:
    """Short percussive FM and ring modulation."""
    t = seconds(log_uniform(rng, 0.06, 0.5))
    base = log_uniform(rng, 150, 2500)
    index = log_uniform(rng, 0.5, 15) * decay(t, log_uniform(rng, 0.02, 0.4))
    tone = np.sin(2 * np.pi * base * t + index * np.sin(2 * np.pi * base * log_uniform(rng, 0.3, 6) * t))
    return _grit(rng, tone * decay(t, log_uniform(rng, 0.04, 0.4)))
