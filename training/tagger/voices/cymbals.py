"""Hi-hats, crashes, rides: plates with hundreds of modes, and noise whose bands swell and decay each in its time.

What tells them apart, and what these models vary: a crash builds up over some hundredths of a second, reaches far
down and rings for seconds; a ride answers the stick with a ping over a quieter wash; two open hats rattle against
each other, have little below 1 kHz and are gone in a second, often choked.
"""

from __future__ import annotations

import numpy as np

from training.tagger.voices.dsp import (
    RATE,
    Rng,
    Wave,
    attack,
    band,
    decay,
    log_uniform,
    modes,
    noise,
    resonance,
    seconds,
    shaped_noise,
    swell,
    unit,
)  # fmt: skip


def plate(
    rng: Rng, n: int, low_hz: float, high_hz: float, count: int, t60_s: float, slope: float, tilt: float
) -> Wave:
    """Modes of a plate, nearly evenly spread in frequency. t60_s: at 1 kHz, times f to the power -slope. tilt: dB per
    octave of their loudness."""
    hz = low_hz + (high_hz - low_hz) * (np.arange(count) + rng.uniform(-0.8, 0.8, count)) / count
    hz = np.abs(hz) + 30
    octave = np.log2(hz / 1000)
    gain = 10 ** (tilt * octave / 20) * rng.gamma(1.2, 1.0, count)
    # a few ring on by far the longest: after a second noise has become tones
    t60 = t60_s * 2.0 ** (-slope * octave) * np.exp(rng.normal(-0.1, rng.uniform(0.2, 0.7), count))
    return modes(n, hz, gain, np.minimum(t60, 2.5 * t60_s), rng.uniform(0, 2 * np.pi, count))


def wash(
    rng: Rng,
    t: Wave,
    edges: tuple[float, ...],
    t60_s: tuple[float, ...],
    rise_s: tuple[float, ...],
    gain: tuple[float, ...],
) -> Wave:
    """Noise in bands, each with its swell and decay."""
    out = np.zeros(t.size)
    source = noise(rng, t.size)
    for i in range(len(edges) - 1):
        out += gain[i] * unit(band(source, edges[i], edges[i + 1], 1)) * swell(t, rise_s[i], t60_s[i])
    return out


def stick(rng: Rng, t: Wave, low_hz: float = 2000) -> Wave:
    return shaped_noise(rng, t.size, low_hz, log_uniform(rng, 8000, 18000), 1) * decay(
        t, log_uniform(rng, 0.003, 0.03)
    )


def below(rng: Rng, t: Wave, t60_s: float) -> Wave:
    """What is heard under a cymbal in a room: its lowest modes, the stand, skins that answer. In recordings of kits it
    has a twentieth to a tenth of the power, more with a pedal."""
    low = plate(rng, t.size, log_uniform(rng, 60, 300), log_uniform(rng, 500, 1100), int(rng.integers(6, 40)),
                t60_s * log_uniform(rng, 0.15, 1), 0.2, rng.uniform(-6, 3))  # fmt: skip
    air = shaped_noise(rng, t.size, log_uniform(rng, 60, 300), log_uniform(rng, 500, 1500), 1)
    return unit(low) * log_uniform(rng, 0.1, 1) + air * decay(
        t, t60_s * log_uniform(rng, 0.2, 1)
    ) * log_uniform(rng, 0.1, 1)


def _choke(rng: Rng, t: Wave, x: Wave, chance: float, low_s: float, high_s: float) -> Wave:
    """The hand or the pedal ends it."""
    if rng.random() >= chance:
        return x
    at = rng.uniform(low_s, high_s)
    return np.asarray(x * np.where(t < at, 1.0, decay(t - at, log_uniform(rng, 0.03, 0.25))))


def _hat_body(rng: Rng, t: Wave, t60_s: float, dark: float) -> Wave:
    """dark 0..1: how far down it reaches."""
    low = log_uniform(rng, 2500, 7500) * (1 - 0.75 * dark)
    plates = plate(
        rng,
        t.size,
        low * 0.6,
        17000,
        int(log_uniform(rng, 60, 500)),
        t60_s * rng.uniform(0.7, 1.3),
        rng.uniform(-0.1, 0.3),
        rng.uniform(-1, 5),
    )
    edges = (low * 0.5, low * 1.3, low * 2.2, 18000.0)
    t60 = tuple(t60_s * rng.uniform(0.5, 1.25) for _ in range(3))
    hiss = wash(
        rng, t, edges, t60, (0.0008,) * 3, (rng.uniform(0.05, 0.5), rng.uniform(0.4, 1), rng.uniform(0.3, 1.2))
    )
    out = unit(plates) * rng.uniform(0.05, 1) + unit(hiss) * rng.uniform(0.2, 1)
    out = unit(band(out, low * rng.uniform(0.15, 1.0), None, int(rng.integers(1, 4))))
    return out + below(rng, t, t60_s) * log_uniform(rng, 0.01, 0.9)


def _sizzle(rng: Rng, t: Wave, x: Wave) -> Wave:
    """The rattle of loosely closed cymbals: the level trembles irregularly."""
    tremble = band(noise(rng, t.size), None, log_uniform(rng, 15, 90), 1)
    return np.asarray(x * (1 + rng.uniform(0, 0.5) * np.clip(unit(tremble) * 2, -1, 1)))


def closed_hat(rng: Rng) -> Wave:
    t60 = log_uniform(rng, 0.035, 0.7)
    t = seconds(t60 * 1.3 + 0.03)
    dark = rng.random() ** 1.3
    out = unit(_hat_body(rng, t, t60, dark)) * attack(t, log_uniform(rng, 0.0002, 0.003))
    knock = modes(t.size, rng.uniform(250, 1800, 4), rng.uniform(0.2, 1, 4), rng.uniform(0.02, 0.09, 4))
    tail = shaped_noise(rng, t.size, 6000, 16000) * decay(t, t60 * 2)
    return (
        out
        + stick(rng, t) * rng.uniform(0, 0.8)
        + unit(knock) * rng.uniform(0, 0.25) * dark
        + tail * rng.uniform(0, 0.1)
    )


def pedal_hat(rng: Rng) -> Wave:
    """Closed by the foot: a softer "chick", two edges meeting, no stick; the thump of the pedal before or with it, now
    and then a faint ring after it."""
    t60 = log_uniform(rng, 0.06, 0.7)
    t = seconds(t60 * 1.4 + 0.05)
    body = unit(_hat_body(rng, t, t60, rng.uniform(0.1, 1)))
    out = body * (1 - np.exp(-t / log_uniform(rng, 0.001, 0.012)))
    if rng.random() < 0.4:
        gap = int(rng.uniform(0.004, 0.02) * RATE)
        out[gap:] += out[:-gap].copy() * rng.uniform(0.3, 1.2)
    if rng.random() < 0.4:  # the foot is heard first
        later = int(rng.uniform(0.005, 0.035) * RATE)
        out = np.concatenate([np.zeros(later), out[:-later]])
    thud = modes(t.size, rng.uniform(35, 500, 4), rng.uniform(0.2, 1, 4), rng.uniform(0.03, 0.3, 4))
    ring = unit(plate(rng, t.size, 800, 12000, 40, rng.uniform(0.1, 0.4), 0.2, 0))
    return unit(out) + unit(thud) * log_uniform(rng, 0.02, 0.8) + ring * rng.uniform(0, 0.15)


def open_hat(rng: Rng) -> Wave:
    t60 = log_uniform(rng, 0.5, 6)
    t = seconds(min(t60 * 1.1, 3.2))
    dark = 0.97 * rng.random() ** 0.6
    out = _sizzle(rng, t, unit(_hat_body(rng, t, t60, dark))) * attack(t, log_uniform(rng, 0.0002, 0.006))
    if rng.random() < 0.5:  # louder at first, then a long even rattle
        out *= rng.uniform(0.25, 0.8) + decay(t, log_uniform(rng, 0.1, 1.2))
    ring = plate(rng, t.size, 300, 3500, 24, t60 * 0.7, 0.3, -2)
    out = unit(out) + stick(rng, t) * rng.uniform(0, 0.6) + unit(ring) * rng.uniform(0, 0.15)
    return _choke(rng, t, out, 0.35, 0.12, 0.9)


def half_open_hat(rng: Rng) -> Wave:
    t60 = log_uniform(rng, 0.3, 2.2)
    t = seconds(t60 * 1.2)
    out = _sizzle(rng, t, unit(_hat_body(rng, t, t60, rng.uniform(0, 0.9))))
    out *= rng.uniform(0.2, 1) + decay(t, log_uniform(rng, 0.05, 0.6))
    return unit(out) + stick(rng, t, 1500) * rng.uniform(0.1, 0.8)


def crash(rng: Rng) -> Wave:
    """12 to 20 inches, bright to dark, soft to hard; the middle and the top swell after the stick."""
    t60 = log_uniform(rng, 2, 12)
    t = seconds(min(t60, 3.4))
    hard = rng.random()
    plates = plate(
        rng,
        t.size,
        rng.uniform(150, 500),
        rng.uniform(7000, 16000),
        int(log_uniform(rng, 100, 700)),
        t60,
        rng.uniform(0.1, 0.5),
        rng.uniform(-5, 1),
    )
    edges = (250.0, 800.0, 2500.0, 6000.0, 17000.0)
    rise = (
        log_uniform(rng, 0.004, 0.06),
        log_uniform(rng, 0.004, 0.05),
        log_uniform(rng, 0.002, 0.05),
        log_uniform(rng, 0.001, 0.04),
    )
    t60s = (
        t60 * rng.uniform(0.4, 1.2),
        t60 * rng.uniform(0.5, 1),
        t60 * rng.uniform(0.4, 1),
        t60 * rng.uniform(0.15, 0.75),
    )
    gains = (
        rng.uniform(0.05, 0.7),
        rng.uniform(0.3, 1),
        rng.uniform(0.4, 1.2),
        rng.uniform(0.1, 0.5) + hard * rng.uniform(0.2, 1),
    )
    out = unit(plates) * (1 - np.exp(-t / log_uniform(rng, 0.002, 0.04))) * rng.uniform(0.4, 1) + unit(
        wash(rng, t, edges, t60s, rise, gains)
    ) * log_uniform(rng, 0.08, 1)
    if rng.random() < 0.5:  # loud at the strike, then a long quieter ring
        out *= rng.uniform(0.1, 0.6) + decay(t, log_uniform(rng, 0.4, 3))
    out = unit(out) + stick(rng, t, 1200) * rng.uniform(0, 0.7) * rng.random()
    out += below(rng, t, t60) * log_uniform(rng, 0.01, 0.3)
    if rng.random() < 0.15:  # with the kick that nearly always goes with it
        out += modes(t.size, [rng.uniform(45, 90)], [1], [0.25]) * rng.uniform(0, 0.4)
    return _choke(rng, t, out, 0.12, 0.25, 1.0)


def splash(rng: Rng) -> Wave:
    """6 to 12 inches: thin, bright, fast."""
    t60 = log_uniform(rng, 0.6, 4)
    t = seconds(min(t60 * 1.1, 3.3))
    plates = plate(
        rng,
        t.size,
        rng.uniform(400, 1100),
        16000,
        int(rng.integers(70, 180)),
        t60,
        rng.uniform(0, 0.35),
        rng.uniform(-2, 3),
    )
    hiss = wash(
        rng,
        t,
        (700.0, 2500.0, 6000.0, 18000.0),
        (t60 * 0.8, t60 * 0.8, t60 * 0.6),
        (0.004, 0.003, 0.002),
        (0.4, 0.9, rng.uniform(0.4, 1.2)),
    )
    out = unit(plates) * (1 - np.exp(-t / log_uniform(rng, 0.001, 0.012))) + unit(hiss) * rng.uniform(0.3, 1.2)
    return _choke(rng, t, out + stick(rng, t) * rng.uniform(0, 0.4), 0.2, 0.1, 0.4)


def china(rng: Rng) -> Wave:
    """Turned-up edge: trashy, a strong low middle."""
    t60 = log_uniform(rng, 1, 5)
    t = seconds(min(t60 * 1.1, 3.2))
    plates = plate(
        rng,
        t.size,
        rng.uniform(200, 400),
        11000,
        int(rng.integers(100, 260)),
        t60,
        rng.uniform(0.1, 0.4),
        rng.uniform(-4, 0),
    )
    hiss = wash(
        rng,
        t,
        (350.0, 1200.0, 4000.0, 14000.0),
        (t60, t60 * 0.7, t60 * 0.5),
        (0.01, 0.006, 0.004),
        (rng.uniform(0.5, 1), 1, 0.7),
    )
    return unit(plates) + unit(hiss) * rng.uniform(0.5, 1.5) + stick(rng, t) * rng.uniform(0, 0.4)


def ride(rng: Rng) -> Wave:
    """The bow: a ping (several high modes struck by the wood) over the wash; dry to washy, dark to glassy."""
    t60 = log_uniform(rng, 1.5, 12)
    t = seconds(min(t60, 3.3))
    count = int(rng.integers(5, 40))
    ping_hz = np.exp(rng.uniform(np.log(1200), np.log(12000), count))
    ping = modes(
        t.size,
        ping_hz,
        rng.uniform(0.2, 1, count),
        np.exp(rng.uniform(-2.5, 1.1, count)),
        rng.uniform(0, 6, count),
    )
    low = plate(
        rng,
        t.size,
        rng.uniform(180, 500),
        rng.uniform(6000, 16000),
        int(log_uniform(rng, 60, 500)),
        t60,
        rng.uniform(0, 0.4),
        rng.uniform(-2, 5),
    )
    hiss = wash(
        rng,
        t,
        (600.0, 2500.0, 6000.0, 16000.0),
        (t60 * 0.8, t60 * 0.6, t60 * 0.5),
        (0.012, 0.015, 0.01),
        (rng.uniform(0.1, 0.6), rng.uniform(0.2, 1), rng.uniform(0.2, 1)),
    )
    out = (
        unit(ping) * log_uniform(rng, 0.15, 1)
        + unit(low) * log_uniform(rng, 0.15, 1)
        + unit(hiss) * log_uniform(rng, 0.02, 0.4)
    )
    return out + stick(rng, t) * rng.uniform(0.1, 1) + below(rng, t, t60) * log_uniform(rng, 0.01, 0.4)


def ride_bell(rng: Rng) -> Wave:
    """The dome in the middle: few low partials that ring like a bell's, or many up to a glassy ping."""
    t60 = log_uniform(rng, 1.2, 10)
    t = seconds(min(t60, 3.3))
    base, count = log_uniform(rng, 380, 2200), int(rng.integers(7, 26))
    ratios = 1 + np.concatenate([[0], np.cumsum(rng.uniform(0.15, 1.1, count - 1))])
    bell = modes(
        t.size,
        base * ratios,
        rng.uniform(0.1, 1, count) / ratios ** rng.uniform(-0.3, 1),
        t60 / ratios ** rng.uniform(0.1, 0.6),
        rng.uniform(0, 6, count),
    )
    dense = int(log_uniform(rng, 60, 400))
    body = plate(rng, t.size, rng.uniform(180, 500), 14000, dense, t60 * 0.8, 0.2, rng.uniform(-3, 4))
    shimmer = resonance(noise(rng, t.size), log_uniform(rng, 3000, 8000), 0.8) * swell(t, 0.01, t60 * 0.5)
    return (
        unit(bell)
        + unit(body) * log_uniform(rng, 0.05, 1)
        + unit(shimmer) * log_uniform(rng, 0.01, 0.3)
        + below(rng, t, t60) * log_uniform(rng, 0.01, 0.4)
        + stick(rng, t) * rng.uniform(0, 0.7)
    )


def soft_cymbal(rng: Rng) -> Wave:
    """Played with mallets, brushes or hardly at all: dark, it swells slowly, the stick is not heard."""
    t60 = log_uniform(rng, 1.5, 12)
    t = seconds(min(t60, 3.3))
    rise = log_uniform(rng, 0.01, 0.35)
    top = log_uniform(rng, 1800, 9000)
    plates = plate(
        rng,
        t.size,
        rng.uniform(100, 450),
        top,
        int(rng.integers(50, 240)),
        t60,
        rng.uniform(0.1, 0.6),
        rng.uniform(-8, -1),
    )
    edges = (200.0, 700.0, 2000.0, max(top, 2500.0))
    hiss = wash(
        rng,
        t,
        edges,
        tuple(t60 * rng.uniform(0.4, 1) for _ in range(3)),
        tuple(rise * rng.uniform(0.3, 2) for _ in range(3)),
        (rng.uniform(0.2, 1), rng.uniform(0.2, 1), rng.uniform(0.05, 0.7)),
    )
    out = unit(plates) * (1 - np.exp(-t / (rise * rng.uniform(0.2, 1)))) * rng.uniform(0.3, 1)
    return out + unit(hiss) * rng.uniform(0.1, 0.8) + stick(rng, t, 800) * rng.uniform(0, 0.08)


def loose_hat(rng: Rng) -> Wave:
    """Nearly open and hit hard with the shoulder of the stick: trashy, reaches low, and still ends within a second."""
    t60 = log_uniform(rng, 0.5, 3.5)
    t = seconds(min(t60 * 1.1, 3.2))
    body = unit(_hat_body(rng, t, t60, rng.uniform(0.4, 1)))
    clang = unit(plate(rng, t.size, rng.uniform(250, 600), 6000, int(rng.integers(20, 80)), t60 * 0.6, 0.3, -2))
    out = _sizzle(rng, t, body + clang * rng.uniform(0.05, 0.5)) * (0.4 + decay(t, log_uniform(rng, 0.1, 1)))
    return _choke(rng, t, unit(out) + stick(rng, t, 1000) * rng.uniform(0.2, 1), 0.4, 0.15, 0.7)
