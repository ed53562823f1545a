"""Effects: risers, sweeps, impacts, vinyl, glitches, lasers, reversed things, ambiences, foley."""

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
    saw,
    seconds,
    shaped_noise,
    sine,
    square,
    unit,
)  # fmt: skip


def _moving(rng: Rng, x: Wave, hz: Wave, q: float) -> Wave:
    """A band-pass that moves, in blocks of 10 ms."""
    from scipy.signal import lfilter  # noqa: PLC0415

    out, block, state = np.empty(x.size), 441, np.zeros(2)
    for i in range(0, x.size, block):
        w = 2 * np.pi * float(np.clip(hz[i], 20, RATE * 0.45)) / RATE
        alpha = np.sin(w) / (2 * q)
        b, a = (
            np.array([alpha, 0, -alpha]) / (1 + alpha),
            np.array([1 + alpha, -2 * np.cos(w), 1 - alpha]) / (1 + alpha),
        )
        out[i : i + block], state = lfilter(b, a, x[i : i + block], zi=state)
    return unit(out) + unit(noise(rng, x.size)) * 0.001


def riser(rng: Rng) -> Wave:
    """Grows in level and in pitch, or only in one of them."""
    t = seconds(log_uniform(rng, 0.8, 3.4))
    u = t / t[-1]
    hz = log_uniform(rng, 100, 800) * 2 ** (u * rng.uniform(1, 5))
    x = _moving(rng, noise(rng, t.size), hz, rng.uniform(0.5, 6))
    if rng.random() < 0.5:
        x = x * rng.uniform(0.2, 1) + unit(saw(hz * rng.uniform(0.3, 1), t.size)) * rng.uniform(0.2, 0.8)
    return x * (rng.uniform(0.01, 0.3) + u ** rng.uniform(0.7, 3))


def downlifter(rng: Rng) -> Wave:
    return np.asarray(riser(rng)[::-1] * 1.0)


def noise_sweep(rng: Rng) -> Wave:
    t = seconds(log_uniform(rng, 0.3, 3.4))
    hz = log_uniform(rng, 300, 5000) * 2 ** (
        rng.uniform(0.5, 3) * np.sin(2 * np.pi * rng.uniform(0.1, 1.5) * t + rng.uniform(0, 6))
    )
    x = _moving(rng, noise(rng, t.size), hz, log_uniform(rng, 0.4, 8))
    return x * np.sin(np.pi * np.clip(t / t[-1], 0, 1)) ** rng.uniform(0.2, 2)


def impact(rng: Rng) -> Wave:
    """A hit with a boom and a long tail."""
    t = seconds(log_uniform(rng, 1, 3.4))
    boom = sine(log_uniform(rng, 25, 70) * (1 + rng.uniform(0, 3) * np.exp(-t / 0.06)), t.size) * decay(
        t, log_uniform(rng, 0.8, 5)
    )
    tail = shaped_noise(rng, t.size, 60, log_uniform(rng, 600, 9000), 1) * decay(t, log_uniform(rng, 0.6, 5))
    crack = shaped_noise(rng, t.size, 200, None, 1) * decay(t, log_uniform(rng, 0.03, 0.3))
    scrap = modes(
        t.size, rng.uniform(80, 2500, 20), rng.uniform(0, 1, 20), rng.uniform(0.3, 3, 20), rng.uniform(0, 6, 20)
    )
    return (
        boom * rng.uniform(0.1, 1)
        + tail * rng.uniform(0.1, 0.8)
        + crack * rng.uniform(0.1, 1)
        + unit(scrap) * rng.uniform(0, 0.4)
    )


def vinyl(rng: Rng) -> Wave:
    """Crackle, hiss, static; or a scratch."""
    t = seconds(log_uniform(rng, 0.3, 3.4))
    if rng.random() < 0.4:
        speed = np.interp(t, np.linspace(0, t[-1], 6), rng.uniform(-3, 3, 6))
        source = unit(band(noise(rng, RATE), 200, 5000) + unit(saw(rng.uniform(100, 400), RATE)))
        return np.asarray(
            np.interp(np.cumsum(speed) % RATE, np.arange(RATE), source) * np.abs(speed) * np.minimum(t * 50, 1)
        )
    pops = (
        (rng.random(t.size) < log_uniform(rng, 5, 300) / RATE)
        * rng.gamma(0.6, 1, t.size)
        * rng.choice([-1, 1], t.size)
    )
    crackle = resonance(pops, log_uniform(rng, 800, 5000), 0.8)
    return unit(crackle) + shaped_noise(rng, t.size, 500, 9000, 1) * rng.uniform(0.01, 0.3)


def glitch(rng: Rng) -> Wave:
    """Short pieces repeated, stopped, crushed."""
    parts = []
    while sum(p.size for p in parts) < rng.uniform(0.15, 2) * RATE:
        n = int(log_uniform(rng, 0.004, 0.1) * RATE)
        kind = rng.integers(4)
        hz = log_uniform(rng, 80, 7000)
        piece = (noise(rng, n), np.sign(sine(hz, n)), saw(hz, n), np.zeros(n))[kind]
        held = int(rng.integers(1, 14))
        piece = np.repeat(piece[::held], held)[:n]
        parts += [piece * rng.uniform(0.2, 1)] * int(rng.integers(1, 5))
    return np.concatenate(parts)


def laser(rng: Rng) -> Wave:
    t = seconds(log_uniform(rng, 0.15, 1.5))
    hz = log_uniform(rng, 800, 9000) * 2 ** (-log_uniform(rng, 2, 7) * (t / t[-1]) ** rng.uniform(0.3, 1.5))
    if rng.random() < 0.3:
        hz = hz[::-1]
    wave = (sine(hz, t.size), saw(hz, t.size), square(hz, t.size))[int(rng.integers(3))]
    return np.asarray(wave * decay(t, log_uniform(rng, 0.2, 2)) * attack(t, 0.002))


def reverse(rng: Rng) -> Wave:
    """A cymbal, a chord or a hit backwards."""
    t = seconds(log_uniform(rng, 0.3, 2.5))
    source = (
        shaped_noise(rng, t.size, 2000, None),
        modes(
            t.size,
            rng.uniform(200, 6000, 40),
            rng.uniform(0, 1, 40),
            rng.uniform(0.3, 3, 40),
            rng.uniform(0, 6, 40),
        ),
    )[int(rng.integers(2))]
    out = unit(source) * decay(t, log_uniform(rng, 0.4, 3))
    return np.asarray(out[::-1] * 1.0)


def ambience(rng: Rng) -> Wave:
    """Drones, winds, rain, rooms, crowds, machines: textures without a note."""
    t = seconds(log_uniform(rng, 1, 3.4))
    out = np.zeros(t.size)
    for _ in range(int(rng.integers(2, 6))):
        low = log_uniform(rng, 40, 6000)
        slow = np.interp(t, np.linspace(0, t[-1], 9), rng.uniform(0.1, 1, 9))
        out += shaped_noise(rng, t.size, low, low * log_uniform(rng, 1.2, 8), 1) * slow * rng.uniform(0.1, 1)
    if rng.random() < 0.5:
        for hz in np.exp(rng.uniform(np.log(40), np.log(3000), int(rng.integers(2, 9)))):
            slow = np.interp(t, np.linspace(0, t[-1], 7), rng.uniform(0, 1, 7))
            out += (
                sine(hz * (1 + 0.01 * np.sin(2 * np.pi * rng.uniform(0.1, 3) * t)), t.size)
                * slow
                * rng.uniform(0.05, 0.4)
            )
    if rng.random() < 0.4:
        drops = (rng.random(t.size) < log_uniform(rng, 10, 500) / RATE) * rng.random(t.size)
        out = unit(out) + unit(resonance(drops, log_uniform(rng, 800, 6000), 4)) * rng.uniform(0.1, 0.8)
    return out


def scrape(rng: Rng) -> Wave:
    """Friction, zips, paper, steps, breaths: foley."""
    t = seconds(log_uniform(rng, 0.15, 2))
    rough = band(noise(rng, t.size), None, log_uniform(rng, 5, 120), 1)
    x = noise(rng, t.size) * np.abs(unit(rough)) ** rng.uniform(0.5, 2)
    x = unit(resonance(x, log_uniform(rng, 500, 7000), rng.uniform(0.5, 4))) + unit(
        band(x, 300, 9000, 1)
    ) * rng.uniform(0.1, 1)
    return x * np.interp(t, np.linspace(0, t[-1], 6), [0, *rng.uniform(0.2, 1, 4), 0])


def siren(rng: Rng) -> Wave:
    t = seconds(log_uniform(rng, 0.5, 3))
    rate = log_uniform(rng, 0.5, 12)
    hz = log_uniform(rng, 200, 1800) * 2 ** (
        rng.uniform(0.2, 1.2)
        * (np.sin(2 * np.pi * rate * t) if rng.random() < 0.6 else 2 * ((rate * t) % 1) - 1)
    )
    wave = (sine(hz, t.size), saw(hz, t.size), square(hz, t.size))[int(rng.integers(3))]
    return drive(wave, log_uniform(rng, 1, 6)) * np.minimum(np.minimum(t * 20, (t[-1] - t) * 8), 1)


def bubbles(rng: Rng) -> Wave:
    """Water, birds, robots: many short glides."""
    n = int(log_uniform(rng, 0.2, 2.5) * RATE)
    out = np.zeros(n)
    for _ in range(int(rng.integers(1, 26))):
        t = seconds(log_uniform(rng, 0.02, 0.25))
        start = int(rng.integers(0, max(n - t.size, 1)))
        hz = log_uniform(rng, 200, 5000) * 2 ** (rng.uniform(-2, 2) * t / t[-1])
        piece = (sine(hz, t.size) * np.hanning(t.size) * rng.uniform(0.2, 1))[: n - start]
        out[start : start + piece.size] += piece
    return out
