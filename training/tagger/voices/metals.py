"""Bells, blocks, glasses: few modes, struck."""

from __future__ import annotations

import numpy as np

from training.tagger.voices.dsp import (
    RATE,
    Rng,
    Wave,
    band,
    decay,
    log_uniform,
    modes,
    noise,
    resonance,
    seconds,
    shaped_noise,
    sine,
    unit,
)  # fmt: skip


def struck(rng: Rng, hz: float, ratios: tuple[float, ...], t60_s: float, slope: float, click: float) -> Wave:
    t = seconds(min(t60_s * 1.2 + 0.04, 3.2))
    r = np.array(ratios) * rng.uniform(0.97, 1.03, len(ratios))
    r[0] = 1
    gain = rng.uniform(0.3, 1, r.size) / r ** rng.uniform(0, 0.8)
    ring = modes(t.size, hz * r, gain, t60_s / r**slope, rng.uniform(0, 6, r.size))
    tick = shaped_noise(rng, t.size, log_uniform(rng, 800, 4000), 15000, 1) * decay(
        t, log_uniform(rng, 0.002, 0.015)
    )
    return unit(ring) + tick * click * rng.uniform(0.1, 1)


def cowbell(rng: Rng) -> Wave:
    """Sheet metal, hit at the mouth or the top, open or damped against the leg."""
    hz = log_uniform(rng, 420, 1300)
    ratios = (1, rng.uniform(1.42, 1.6), 2.1, 2.75, 3.6, 4.3, 5.6, 7.1)
    return struck(rng, hz, ratios, log_uniform(rng, 0.1, 1.2), rng.uniform(0.1, 0.7), rng.uniform(0, 0.8))


def jingle(rng: Rng) -> Wave:
    """Sleigh bells: many little bells that ring at once and again."""
    t = seconds(log_uniform(rng, 0.15, 1.0))
    out = np.zeros(t.size)
    hz = np.exp(rng.uniform(np.log(2500), np.log(11000), int(rng.integers(6, 60))))
    for _ in range(int(rng.integers(1, 7))):
        at = int(rng.exponential(0.03) * RATE)
        if at < t.size - 64:
            out[at:] += modes(
                t.size - at,
                hz * rng.uniform(0.99, 1.01),
                rng.gamma(1, 1, hz.size),
                rng.uniform(0.1, 0.9, hz.size),
                rng.uniform(0, 6, hz.size),
            ) * rng.uniform(0.3, 1)
    return out


def sticks(rng: Rng) -> Wave:
    """Two drum sticks against each other: wood, short and dry."""
    t = seconds(log_uniform(rng, 0.04, 0.2))
    count = int(rng.integers(3, 14))
    hz = np.exp(rng.uniform(np.log(900), np.log(7000), count))
    ring = modes(t.size, hz, rng.uniform(0.2, 1, count), np.exp(rng.uniform(-4.6, -2.6, count)))
    tick = shaped_noise(rng, t.size, log_uniform(rng, 500, 3000), 16000, 1) * decay(
        t, log_uniform(rng, 0.003, 0.03)
    )
    return unit(ring) + tick * rng.uniform(0.05, 0.6)


def agogo(rng: Rng) -> Wave:
    return struck(
        rng, log_uniform(rng, 700, 1900), (1, 2.3, 2.6, 4.1, 5.5), log_uniform(rng, 0.15, 0.9), 0.5, 0.4
    )


def woodblock(rng: Rng) -> Wave:
    return struck(
        rng,
        log_uniform(rng, 450, 1700),
        (1, 1.9, 2.7, 3.9, 5.2),
        log_uniform(rng, 0.02, 0.15),
        rng.uniform(0, 0.6),
        0.8,
    )


def claves(rng: Rng) -> Wave:
    return struck(
        rng,
        log_uniform(rng, 1700, 3600),
        (1, 2.75, 5.4),
        log_uniform(rng, 0.03, 0.25),
        rng.uniform(0.2, 0.9),
        0.5,
    )


def triangle(rng: Rng) -> Wave:
    ratios = tuple(np.sort(rng.uniform(1.2, 6, 8)))
    return struck(
        rng, log_uniform(rng, 1300, 5000), (1, *ratios), log_uniform(rng, 0.1, 3), rng.uniform(0, 0.4), 0.3
    )


def glass(rng: Rng) -> Wave:
    return struck(
        rng,
        log_uniform(rng, 800, 4200),
        (1, 2.32, 4.25, 6.63, 9.38),
        log_uniform(rng, 0.15, 2),
        rng.uniform(0.3, 1),
        0.3,
    )


def bell(rng: Rng) -> Wave:
    return struck(
        rng, log_uniform(rng, 500, 3000), (1, 2.0, 2.4, 3.0, 4.5, 5.33, 6.1), log_uniform(rng, 0.5, 3), 0.5, 0.2
    )


def tin(rng: Rng) -> Wave:
    """Pots, cans, pipes: found objects."""
    count = int(rng.integers(4, 18))
    ratios = tuple(np.sort(rng.uniform(1.1, 9, count)))
    out = struck(
        rng, log_uniform(rng, 250, 2500), (1, *ratios), log_uniform(rng, 0.04, 0.8), rng.uniform(0.1, 0.9), 1
    )
    t = np.arange(out.size) / 44100
    rattle = resonance(noise(rng, out.size), log_uniform(rng, 1000, 6000), 2) * decay(t, rng.uniform(0.03, 0.3))
    return unit(out) + unit(rattle) * rng.uniform(0, 0.3)


__all__ = [
    "agogo",
    "band",
    "bell",
    "claves",
    "cowbell",
    "glass",
    "jingle",
    "sine",
    "sticks",
    "struck",
    "tin",
    "triangle",
    "woodblock",
]
