"""Claps, snaps, shakers, tambourines, scrapers: many small collisions."""

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
    room,
    seconds,
    shaped_noise,
    swell,
    unit,
)  # fmt: skip


def one_hand(rng: Rng, n: int, cupped: float) -> Wave:
    """A single clap: a short burst, resonating in the hollow of the hands (cupped 1: low; flat 0: bright)."""
    t = np.arange(n) / RATE
    centre = log_uniform(rng, 700, 1500) * 2 ** (1.4 * (1 - cupped))
    burst = (
        noise(rng, n) * decay(t, log_uniform(rng, 0.006, 0.05)) * attack(t, log_uniform(rng, 0.0001, 0.0012))
    )
    out = unit(resonance(burst, centre, rng.uniform(0.8, 3))) + unit(band(burst, 900, 12000, 1)) * rng.uniform(
        0.1, 0.9
    )
    if rng.random() < 0.6:
        out += unit(resonance(burst, centre * rng.uniform(1.8, 3), rng.uniform(1, 4))) * rng.uniform(0.1, 0.6)
    return unit(out)


def dry_clap(rng: Rng) -> Wave:
    """One person, once, close to the microphone."""
    x = one_hand(rng, int(rng.uniform(0.06, 0.25) * RATE), rng.random())
    return room(rng, x, log_uniform(rng, 0.05, 0.5), log_uniform(rng, 0.01, 0.4))


def clap(rng: Rng) -> Wave:
    """Two to six hands within some hundredths of a second, then the room."""
    n = int(0.5 * RATE)
    out = np.zeros(n)
    for _ in range(int(rng.integers(2, 7))):
        start = int(abs(rng.normal(0, 0.012)) * RATE)
        one = one_hand(rng, n - start, rng.random())
        out[start:] += one * rng.uniform(0.4, 1)
    return room(rng, out, log_uniform(rng, 0.1, 0.9), log_uniform(rng, 0.03, 0.6))


def crowd_clap(rng: Rng) -> Wave:
    n = int(0.6 * RATE)
    out = np.zeros(n)
    for _ in range(int(rng.integers(8, 26))):
        start = int(min(abs(rng.normal(0, 0.02)), 0.1) * RATE)
        one = one_hand(rng, int(0.15 * RATE), rng.random())
        out[start : start + one.size] += one * rng.uniform(0.2, 1)
    return room(rng, out, log_uniform(rng, 0.2, 1.2), log_uniform(rng, 0.1, 0.6))


def snap(rng: Rng) -> Wave:
    """Finger snap: a very short burst with one or two clear resonances between 1 and 4 kHz, after a faint rub."""
    n = int(log_uniform(rng, 0.06, 0.4) * RATE)
    t = np.arange(n) / RATE
    hz = log_uniform(rng, 1100, 4200)
    burst = noise(rng, n) * decay(t, log_uniform(rng, 0.005, 0.08)) * attack(t, rng.uniform(0.0001, 0.0008))
    pop = modes(
        n,
        [hz, hz * rng.uniform(1.3, 2.4)],
        [1, rng.uniform(0.1, 0.7)],
        np.exp(rng.uniform(-4.2, -2, 2)),
        rng.uniform(0, 6, 2),
    )
    out = (
        unit(pop) * rng.uniform(0.2, 1.2)
        + unit(resonance(burst, hz, rng.uniform(1.5, 7)))
        + unit(band(burst, 1500, 14000, 1)) * rng.uniform(0.05, 0.5)
    )
    if rng.random() < 0.5:
        lead = int(rng.uniform(0.008, 0.04) * RATE)
        rub = shaped_noise(rng, lead, 2000, 9000) * np.linspace(0, 1, lead) * rng.uniform(0.01, 0.15)
        out = np.concatenate([rub, unit(out)])
    if rng.random() < 0.25:
        gap = int(rng.uniform(0.004, 0.025) * RATE)
        out = np.concatenate([out, np.zeros(gap)]) + np.concatenate([np.zeros(gap), out]) * rng.uniform(0.3, 1)
    return room(rng, out, log_uniform(rng, 0.1, 1), log_uniform(rng, 0.02, 0.5))


def _grains(rng: Rng, t: Wave, envelope: Wave, per_s: float) -> Wave:
    """Collisions at random times, as likely as the envelope is high."""
    hits = rng.random(t.size) < per_s / RATE * envelope
    return np.asarray(hits * rng.gamma(1.0, 1.0, t.size) * envelope)


def shaker(rng: Rng) -> Wave:
    """Beads in a box or an egg: no attack of their own, the hand's swing shapes it; one stroke or a stroke and back."""
    length = log_uniform(rng, 0.05, 0.35)
    t = seconds(length * 1.3 + 0.02)
    rise = rng.uniform(0.1, 0.6) * length
    envelope = np.where(
        t < rise,
        (t / rise) ** rng.uniform(1, 3),
        np.exp(-np.maximum(t - rise, 0) / (length * rng.uniform(0.12, 0.4))),
    )
    if rng.random() < 0.3:
        at = int(length * rng.uniform(0.5, 0.9) * RATE)
        envelope = np.concatenate([envelope, np.zeros(at)]) + np.concatenate(
            [np.zeros(at), envelope]
        ) * rng.uniform(0.3, 1)
    t = np.arange(envelope.size) / RATE
    beads = _grains(rng, t, envelope, log_uniform(rng, 800, 20000))
    centre = log_uniform(rng, 3000, 13000)
    out = resonance(beads, centre, rng.uniform(0.6, 4)) + 0.5 * resonance(
        beads, centre * rng.uniform(1.2, 1.9), rng.uniform(0.8, 4)
    )
    return unit(out) + unit(band(noise(rng, t.size), centre * 0.6, 17000, 1) * envelope) * rng.uniform(0, 0.6)


def maraca(rng: Rng) -> Wave:
    """The beads arrive together: a sharper, shorter stroke."""
    length = log_uniform(rng, 0.03, 0.12)
    t = seconds(length * 1.5 + 0.02)
    envelope = swell(t, log_uniform(rng, 0.001, 0.012), length)
    beads = _grains(rng, t, envelope, log_uniform(rng, 3000, 30000))
    centre = log_uniform(rng, 3000, 8500)
    out = unit(resonance(beads, centre, rng.uniform(0.7, 3))) + unit(
        band(noise(rng, t.size), 2500, 16000, 1) * envelope
    ) * rng.uniform(0.1, 0.8)
    if rng.random() < 0.4:  # the small rattle before the stroke
        lead = seconds(rng.uniform(0.02, 0.06))
        pre = resonance(_grains(rng, lead, lead / lead[-1], 4000), centre, 2) * 0.2
        out = np.concatenate([unit(pre) * rng.uniform(0.05, 0.3), out])
    return out


def tambourine(rng: Rng) -> Wave:
    """Pairs of jingles: bright inharmonic rings that patter on; struck (with a skin or a hand) or shaken."""
    length = log_uniform(rng, 0.12, 1)
    t = seconds(length * 1.3 + 0.03)
    count = int(log_uniform(rng, 10, 160))
    hz = rng.uniform(3500, 15500, count)
    out = np.zeros(t.size)
    shaken = rng.random() < 0.35
    for _ in range(int(rng.integers(2, 12))):
        at = int((rng.uniform(0, 0.12) if shaken else rng.exponential(0.02)) * RATE)
        if at >= t.size - 64:
            continue
        ring = modes(
            t.size - at,
            hz * rng.uniform(0.995, 1.005),
            rng.gamma(1, 1, count),
            rng.uniform(0.3, 1, count) * length,
            rng.uniform(0, 6, count),
        )
        out[at:] += ring * rng.uniform(0.2, 1)
    hiss = shaped_noise(rng, t.size, log_uniform(rng, 4500, 8000), 17000) * swell(
        t, 0.02 if shaken else 0.001, length * 0.6
    )
    rattle = shaped_noise(rng, t.size, log_uniform(rng, 800, 3000), 12000, 1) * decay(
        t, length * rng.uniform(0.1, 0.6)
    )
    out = unit(out) + hiss * rng.uniform(0.1, 0.9) + rattle * log_uniform(rng, 0.01, 0.4)
    if rng.random() < 0.4:
        out += unit(
            modes(t.size, rng.uniform(150, 700, 4), rng.uniform(0.2, 1, 4), rng.uniform(0.04, 0.2, 4))
        ) * rng.uniform(0.05, 0.6)
    return out


def guiro(rng: Rng) -> Wave:
    length = log_uniform(rng, 0.1, 0.7)
    t = seconds(length + 0.05)
    rate = log_uniform(rng, 30, 140) * (1 + rng.uniform(-0.4, 0.8) * t / length)
    teeth = np.diff(np.floor(np.cumsum(rate) / RATE), prepend=0) > 0
    hits = teeth * rng.uniform(0.4, 1, t.size) * (t < length)
    return unit(resonance(hits, log_uniform(rng, 1200, 4500), rng.uniform(2, 8))) + 0.6 * unit(
        resonance(hits, log_uniform(rng, 3000, 8000), rng.uniform(2, 8))
    )


def vibraslap(rng: Rng) -> Wave:
    t = seconds(rng.uniform(0.5, 1.6))
    rate = rng.uniform(18, 32) * (1 + rng.uniform(0, 0.3) * t)
    teeth = np.diff(np.floor(np.cumsum(rate) / RATE), prepend=0) > 0
    hits = teeth * decay(t, rng.uniform(0.6, 1.8))
    return unit(resonance(hits, log_uniform(rng, 1500, 3500), rng.uniform(4, 15))) + 0.5 * unit(
        resonance(hits, log_uniform(rng, 3000, 6000), rng.uniform(3, 10))
    )


def cuica(rng: Rng) -> Wave:
    """A stick rubbed inside a drum: a voice-like tone that slides, open or muted."""
    length = log_uniform(rng, 0.08, 0.7)
    t = seconds(length * 1.2)
    hz = log_uniform(rng, 200, 900) * 2 ** (
        rng.uniform(-0.7, 0.7) * t / length + 0.02 * np.sin(rng.uniform(20, 50) * t)
    )
    turns = np.cumsum(hz) / RATE
    tone = sum(np.sin(2 * np.pi * k * turns) / k ** rng.uniform(0.6, 2) for k in range(1, 9))
    shape = attack(t, log_uniform(rng, 0.003, 0.08)) * np.where(
        t < length * 0.6, 1, decay(t - length * 0.6, length * 0.5)
    )
    rub = shaped_noise(rng, t.size, 500, 6000, 1) * rng.uniform(0, 0.15)
    return np.asarray(unit(resonance(np.asarray(tone), log_uniform(rng, 400, 1500), 0.7)) * shape + rub * shape)
