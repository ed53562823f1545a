"""Drums with a skin: kicks, snares and their sticks, toms, hand drums. Modal models with strokes and rooms."""

from __future__ import annotations

import numpy as np

from training.tagger.voices.dsp import (
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
    room,
    seconds,
    shaped_noise,
    sine,
    sweep,
    swell,
    unit,
)  # fmt: skip

# Ratios of the modes of an ideal circular membrane (zeros of the Bessel functions over the first)
SKIN = np.array([1, 1.594, 2.136, 2.296, 2.653, 2.918, 3.156, 3.501, 3.600, 4.060, 4.154, 4.610])


def skin(rng: Rng, n: int, hz: float, t60_s: float, centre: float, bright: float, drop: float = 0.0) -> Wave:
    """A struck membrane. centre: 1 hit in the middle (few modes), 0 at the edge. drop: octaves by which the pitch
    falls while it is loud."""
    ratios = SKIN * rng.uniform(0.96, 1.04, SKIN.size)
    round_mode = np.isin(np.arange(SKIN.size), (0, 3, 8))
    gain = (
        np.where(round_mode, 1.0, 1.1 - centre)
        * (ratios ** (-2.2 + 1.6 * bright))
        * rng.uniform(0.4, 1.2, SKIN.size)
    )
    t60 = t60_s / ratios ** rng.uniform(0.3, 1.2) * rng.uniform(0.6, 1.2, SKIN.size)
    t60[0] = t60_s
    phase = rng.uniform(0, 0.6, SKIN.size)
    if drop < 0.02:
        return modes(n, hz * ratios, gain, t60, phase)
    t = np.arange(n) / 44100
    bend = 2 ** (drop * np.exp(-t / rng.uniform(0.015, 0.09)))
    turns = 2 * np.pi * np.cumsum(bend) * hz / 44100
    out = np.zeros(n)
    for i in range(6):
        out += gain[i] * np.sin(turns * ratios[i] + phase[i]) * decay(t, t60[i])
    return out


def beater(rng: Rng, n: int, dull_hz: float, length_s: float) -> Wave:
    t = np.arange(n) / 44100
    return band(noise(rng, n), None, dull_hz) * decay(t, length_s) * attack(t, rng.uniform(0.0001, 0.002))


def kick(rng: Rng) -> Wave:
    """Acoustic: felt or wood beater, damped or ringing, with or without a front skin."""
    t60 = log_uniform(rng, 0.15, 1.4)
    t = seconds(t60 * 1.3 + 0.05)
    hz = log_uniform(rng, 38, 85)
    body = unit(skin(rng, t.size, hz, t60, rng.uniform(0.5, 1), rng.uniform(0, 0.5), rng.uniform(0, 1.2)))
    click = unit(beater(rng, t.size, log_uniform(rng, 800, 9000), log_uniform(rng, 0.006, 0.05)))
    if rng.random() < 0.5:
        click = unit(
            click + resonance(click, log_uniform(rng, 1500, 5500), rng.uniform(1, 4)) * rng.uniform(0.5, 3)
        )
    shell = resonance(
        noise(rng, t.size) * decay(t, rng.uniform(0.05, 0.2)), log_uniform(rng, 90, 400), rng.uniform(1, 5)
    )
    rattle = shaped_noise(rng, t.size, 800, 7000) * swell(t, 0.01, rng.uniform(0.1, 0.4))
    snare_buzz = rng.uniform(0, 0.08) if rng.random() < 0.3 else 0.0
    return body + click * log_uniform(rng, 0.02, 0.8) + unit(shell) * rng.uniform(0, 0.4) + rattle * snare_buzz


def snare(rng: Rng) -> Wave:
    """With its wires on: centre, edge, rim shot, ghost notes, brushes, damped, piccolo to deep."""
    t60 = log_uniform(rng, 0.1, 0.9)
    t = seconds(t60 * 1.5 + 0.08)
    hz = log_uniform(rng, 120, 360)
    body = unit(
        skin(
            rng,
            t.size,
            hz,
            log_uniform(rng, 0.08, 0.7),
            rng.uniform(0, 1),
            rng.uniform(0, 1),
            rng.uniform(0, 0.3),
        )
    )
    low, high = log_uniform(rng, 500, 3500), log_uniform(rng, 6000, 18000)
    wires = shaped_noise(rng, t.size, low, high, 1) * swell(t, log_uniform(rng, 0.0005, 0.006), t60)
    if rng.random() < 0.5:
        wires = unit(wires + resonance(wires, log_uniform(rng, 2500, 8000), rng.uniform(0.7, 2)))
    stick = unit(beater(rng, t.size, log_uniform(rng, 4000, 16000), rng.uniform(0.004, 0.02)))
    out = body * log_uniform(rng, 0.2, 2.5) + wires * log_uniform(rng, 0.15, 1.2) + stick * rng.uniform(0, 0.6)
    if rng.random() < 0.2:  # rim shot: the hoop rings
        hoop = modes(t.size, rng.uniform(700, 3500, 6), rng.uniform(0.2, 1, 6), rng.uniform(0.05, 0.25, 6))
        out = unit(out) + unit(hoop) * rng.uniform(0.1, 0.6)
    if rng.random() < 0.1:  # flam
        gap = int(rng.uniform(0.012, 0.035) * 44100)
        out[gap:] += out[:-gap].copy() * rng.uniform(0.5, 2)
    return out


def snares_off(rng: Rng) -> Wave:
    """The same drum without its wires: a high, short, stick-bright tom with a ringing hoop."""
    t60 = log_uniform(rng, 0.12, 0.9)
    t = seconds(t60 * 1.2 + 0.05)
    body = unit(skin(rng, t.size, log_uniform(rng, 170, 380), t60, rng.uniform(0, 0.7), rng.uniform(0.5, 1.1)))
    hoop = modes(t.size, rng.uniform(600, 4500, 9), rng.uniform(0.1, 1, 9), rng.uniform(0.04, 0.3, 9))
    stick = unit(beater(rng, t.size, log_uniform(rng, 5000, 16000), rng.uniform(0.004, 0.025)))
    sympathy = shaped_noise(rng, t.size, 1500, 9000) * swell(t, 0.004, rng.uniform(0.06, 0.25))
    return (
        body
        + unit(hoop) * rng.uniform(0.08, 0.5)
        + stick * rng.uniform(0.1, 0.7)
        + sympathy * rng.uniform(0, 0.12)
    )


def side_stick(rng: Rng) -> Wave:
    """Cross-stick: wood on the hoop with the skin damped by the hand; a hollow knock, the wires behind it from not
    heard to rattling along, dry or with the room that a kit is recorded in."""
    t = seconds(log_uniform(rng, 0.1, 0.7))
    count = int(log_uniform(rng, 4, 40))
    hz = np.sort(np.exp(rng.uniform(np.log(350), np.log(7000), count)))
    knock = modes(
        t.size,
        hz,
        rng.uniform(0.2, 1, count) * (hz / hz[0]) ** rng.uniform(-1, 0.2),
        np.exp(rng.uniform(-4.4, -2, count)),
    )
    shell = modes(
        t.size,
        [log_uniform(rng, 70, 420), log_uniform(rng, 350, 1200)],
        [1, 0.8],
        np.exp(rng.uniform(-3.5, -1, 2)),
    )
    tick = unit(beater(rng, t.size, log_uniform(rng, 4000, 18000), log_uniform(rng, 0.002, 0.04)))
    wires = shaped_noise(rng, t.size, log_uniform(rng, 500, 3000), log_uniform(rng, 6000, 16000), 1)
    crack = shaped_noise(rng, t.size, log_uniform(rng, 150, 1500), log_uniform(rng, 5000, 18000), 1)
    out = (
        unit(knock)
        + unit(shell) * rng.uniform(0, 0.9)
        + tick * rng.uniform(0.1, 1)
        + wires * decay(t, log_uniform(rng, 0.04, 0.5)) * log_uniform(rng, 0.005, 0.5)
        + crack * decay(t, log_uniform(rng, 0.05, 0.4)) * log_uniform(rng, 0.05, 2)
    )
    return room(rng, out, log_uniform(rng, 0.1, 1), log_uniform(rng, 0.02, 0.7)) if rng.random() < 0.75 else out


def tom(rng: Rng) -> Wave:
    """Rack to floor, damped with tape or ringing, single or double headed, with the snare buzzing along at times."""
    t60 = log_uniform(rng, 0.2, 5)
    t = seconds(min(t60 * 1.1 + 0.1, 3.2))
    hz = log_uniform(rng, 55, 260)
    body = unit(skin(rng, t.size, hz, t60, rng.uniform(0.1, 1), rng.uniform(0.1, 1.1), rng.uniform(0, 0.5)))
    stick = unit(beater(rng, t.size, log_uniform(rng, 1500, 12000), rng.uniform(0.005, 0.03)))
    buzz = shaped_noise(rng, t.size, 1000, 9000) * swell(t, 0.01, rng.uniform(0.1, 0.6))
    return (
        body
        + stick * log_uniform(rng, 0.03, 0.9)
        + buzz * (rng.uniform(0, 0.08) if rng.random() < 0.4 else 0.0)
    )


def _hand(rng: Rng, hz: float, t60_s: float, bright: float, slap: float) -> Wave:
    t = seconds(t60_s * 1.3 + 0.06)
    body = unit(skin(rng, t.size, hz, t60_s, rng.uniform(0, 0.9), bright, rng.uniform(0, 0.25)))
    palm = shaped_noise(rng, t.size, log_uniform(rng, 300, 1500), log_uniform(rng, 2500, 9000), 1) * decay(
        t, log_uniform(rng, 0.01, 0.08)
    )
    return body * (1 - 0.7 * slap) + palm * (0.05 + slap * rng.uniform(0.3, 1))


def conga(rng: Rng) -> Wave:
    slap = rng.random() ** 2
    return _hand(rng, log_uniform(rng, 130, 480), log_uniform(rng, 0.08, 1), rng.uniform(0.2, 0.9), slap)


def bongo(rng: Rng) -> Wave:
    return _hand(
        rng, log_uniform(rng, 250, 850), log_uniform(rng, 0.06, 0.6), rng.uniform(0.3, 1), rng.random() ** 2
    )


def djembe(rng: Rng) -> Wave:
    kind = rng.integers(3)
    if kind == 0:  # bass: the air in the body
        t = seconds(rng.uniform(0.2, 0.7))
        low = modes(
            t.size,
            [log_uniform(rng, 55, 110), log_uniform(rng, 150, 280)],
            [1, 0.3],
            [rng.uniform(0.15, 0.6), 0.15],
        )
        return unit(low) + unit(beater(rng, t.size, log_uniform(rng, 500, 3000), 0.03)) * rng.uniform(0.05, 0.4)
    if kind == 1:
        return _hand(rng, log_uniform(rng, 200, 420), log_uniform(rng, 0.1, 0.7), rng.uniform(0.4, 0.9), 0.15)
    return _hand(
        rng,
        log_uniform(rng, 300, 700),
        log_uniform(rng, 0.08, 0.5),
        rng.uniform(0.8, 1.3),
        rng.uniform(0.4, 0.9),
    )


def tabla(rng: Rng) -> Wave:
    """Loaded skin: overtones nearly harmonic (Raman), or the bayan's low tone that the heel of the hand bends."""
    if rng.random() < 0.4:
        t = seconds(rng.uniform(0.25, 1.2))
        start = log_uniform(rng, 65, 130)
        bend = start * 2 ** (rng.uniform(-0.1, 0.7) * (1 - np.exp(-t / rng.uniform(0.05, 0.3))))
        body = sine(bend, t.size) * decay(t, rng.uniform(0.25, 1.2)) + 0.3 * sine(2 * bend, t.size) * decay(
            t, 0.2
        )
        return body + unit(beater(rng, t.size, 4000, 0.02)) * rng.uniform(0.05, 0.4)
    t60 = log_uniform(rng, 0.1, 1.3)
    t = seconds(t60 * 1.1 + 0.05)
    hz = log_uniform(rng, 220, 460)
    ratios = np.array([1, 2.0, 3.01, 4.01, 5.02, 6.05]) * rng.uniform(0.99, 1.01, 6)
    ring = modes(
        t.size,
        hz * ratios,
        rng.uniform(0.2, 1, 6) / ratios ** rng.uniform(0, 1),
        t60 / ratios ** rng.uniform(0.3, 1),
    )
    tick = unit(beater(rng, t.size, log_uniform(rng, 3000, 12000), rng.uniform(0.005, 0.03)))
    return unit(ring) + tick * rng.uniform(0.1, 0.8)


def cajon(rng: Rng) -> Wave:
    """A box: a thump of its air, or a slap of its thin plate with the wires behind it."""
    t = seconds(rng.uniform(0.12, 0.5))
    thump = modes(
        t.size, [log_uniform(rng, 65, 120), log_uniform(rng, 140, 260)], [1, 0.5], rng.uniform(0.08, 0.3, 2)
    )
    plate = modes(t.size, rng.uniform(250, 2200, 9), rng.uniform(0.1, 1, 9), rng.uniform(0.02, 0.1, 9))
    wires = shaped_noise(rng, t.size, log_uniform(rng, 1000, 3000), 12000, 1) * decay(
        t, rng.uniform(0.05, 0.22)
    )
    palm = unit(beater(rng, t.size, log_uniform(rng, 1500, 8000), rng.uniform(0.005, 0.03)))
    if rng.random() < 0.5:
        return (
            unit(thump)
            + unit(plate) * rng.uniform(0.05, 0.4)
            + palm * rng.uniform(0.05, 0.4)
            + wires * rng.uniform(0, 0.15)
        )
    return (
        unit(thump) * rng.uniform(0, 0.4)
        + unit(plate)
        + wires * rng.uniform(0.05, 0.6)
        + palm * rng.uniform(0.2, 0.8)
    )


def timbale(rng: Rng) -> Wave:
    """A tight skin on a metal shell that rings, struck with a thin stick; or the shell alone (cascara)."""
    t60 = log_uniform(rng, 0.15, 1.5)
    t = seconds(t60 * 1.2 + 0.06)
    body = unit(skin(rng, t.size, log_uniform(rng, 200, 650), t60, rng.uniform(0, 0.6), rng.uniform(0.6, 1.3)))
    count = int(rng.integers(8, 50))
    shell = modes(
        t.size,
        np.exp(rng.uniform(np.log(400), np.log(9000), count)),
        rng.gamma(1, 1, count),
        t60 * np.exp(rng.normal(-0.8, 0.5, count)),
    )
    stick = unit(beater(rng, t.size, log_uniform(rng, 5000, 18000), rng.uniform(0.004, 0.03)))
    skin_share = 0.0 if rng.random() < 0.15 else 1.0
    return body * skin_share + unit(shell) * log_uniform(rng, 0.1, 1.0) + stick * rng.uniform(0.05, 0.7)


__all__ = [
    "bongo",
    "cajon",
    "conga",
    "djembe",
    "drive",
    "kick",
    "side_stick",
    "snare",
    "snares_off",
    "sweep",
    "tabla",
    "timbale",
    "tom",
]
