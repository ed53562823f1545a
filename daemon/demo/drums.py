"""Drum kits: every sound drawn once for a song, then played at each hit with its velocity."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from daemon.demo.signal import Sound, decay, fade_out, filtered, peak_one, phase, seconds

Rng = np.random.Generator
FAMILIES = ("room", "machine", "wood", "tape")
LEVELS = {
    "kick": 1.0,
    "snare": 0.8,
    "clap": 0.6,
    "rim": 0.45,
    "closed-hat": 0.26,
    "open-hat": 0.3,
    "ride": 0.3,
    "crash": 0.45,
    "tom": 0.75,
    "tom-low": 0.8,
    "shaker": 0.2,
}
PANS = {
    "closed-hat": 0.3,
    "open-hat": 0.3,
    "ride": -0.35,
    "crash": -0.3,
    "tom": 0.25,
    "tom-low": -0.3,
    "shaker": -0.4,
    "clap": 0.08,
}


def _modes(rng: Rng, t: Sound, base_hz: float, ratios: tuple[float, ...], t60_s: float) -> Sound:
    """A struck body: partials at `ratios` of the lowest, the higher ones shorter."""
    out = np.zeros(t.size)
    for i, ratio in enumerate(ratios):
        gain = rng.uniform(0.5, 1.0) / (1 + 0.6 * i)
        out += gain * np.sin(2 * np.pi * base_hz * ratio * t) * decay(t, t60_s / (1 + 0.4 * i))
    return out


DRUM_HEAD = (1.0, 1.594, 2.136, 2.296, 2.653, 2.918)
"""Modes of an ideal circular membrane (Rossing, Science of Percussion Instruments)."""


def _kick(rng: Rng, rate: int, family: str) -> Sound:
    t60_s = {"machine": rng.uniform(0.35, 0.8), "tape": rng.uniform(0.3, 0.5)}.get(
        family, rng.uniform(0.22, 0.4)
    )
    t = seconds(t60_s * 1.1, rate)
    low_hz = rng.uniform(42, 62)
    sweep = low_hz * (1 + rng.uniform(1.5, 5) * np.exp(-t / rng.uniform(0.008, 0.03)))
    body = np.sin(phase(sweep, rate)) * decay(t, t60_s)
    if family == "wood":
        body = body + 0.5 * _modes(rng, t, low_hz * 1.5, DRUM_HEAD[:4], t60_s * 0.5)
    if family == "tape":
        body = np.tanh(2.5 * body)
    click = filtered(rng.standard_normal(t.size), "lowpass", rng.uniform(2500, 8000), rate) * decay(t, 0.015)
    return body + rng.uniform(0.1, 0.5) * click


def _snare(rng: Rng, rate: int, family: str) -> Sound:
    t60_s = rng.uniform(0.18, 0.4)
    t = seconds(t60_s * 1.3, rate)
    base_hz = rng.uniform(165, 240)
    ratios = (1.0, 1.83) if family == "machine" else DRUM_HEAD
    body = peak_one(_modes(rng, t, base_hz, ratios, t60_s * 0.55))
    band = (rng.uniform(700, 1800), rng.uniform(6500, 13000))
    wires = peak_one(filtered(rng.standard_normal(t.size), "bandpass", band, rate) * decay(t, t60_s))
    out = body * rng.uniform(0.5, 0.9) + wires * rng.uniform(0.6, 1.0)
    return np.tanh(1.8 * out) if family == "tape" else out


def _clap(rng: Rng, rate: int, family: str) -> Sound:  # noqa: ARG001 - one signature for all
    """Four hands within 30 ms, then the room."""
    t = seconds(0.35, rate)
    envelope = decay(np.maximum(t - 0.03, 0), rng.uniform(0.15, 0.3)) * (t >= 0.03)
    for start_s in (0.0, 0.0105, 0.021):
        envelope += decay(np.maximum(t - start_s, 0), 0.03) * (t >= start_s) * (t < 0.03)
    return filtered(rng.standard_normal(t.size), "bandpass", (rng.uniform(700, 1100), 5000), rate) * envelope


def _rim(rng: Rng, rate: int, family: str) -> Sound:  # noqa: ARG001 - one signature for all
    t = seconds(0.12, rate)
    return _modes(rng, t, rng.uniform(450, 900), (1.0, 1.71, 3.13), 0.06) + 0.3 * rng.standard_normal(
        t.size
    ) * decay(t, 0.01)


def _metal(rng: Rng, t: Sound, rate: int, family: str) -> Sound:
    """The ringing of cymbals: noise, inharmonic squares, or a cloud of partials, by family."""
    if family == "machine":
        ratios = np.array([1, 1.304, 1.466, 1.787, 1.933, 2.536]) * rng.uniform(0.98, 1.02, 6)
        base_hz = rng.uniform(400, 560)
        return np.asarray(sum(np.sign(np.sin(2 * np.pi * base_hz * ratio * t)) for ratio in ratios))
    if family == "wood":
        partials = rng.uniform(2500, min(15000, rate * 0.45), 48)
        return np.asarray(sum(np.sin(2 * np.pi * f * t + rng.uniform(0, 6)) for f in partials))
    return rng.standard_normal(t.size)


def _cymbal(rng: Rng, rate: int, family: str, t60_s: float, cut_hz: float) -> Sound:
    t = seconds(t60_s * 1.1, rate)
    ring = peak_one(_metal(rng, t, rate, family)) + 0.25 * rng.standard_normal(t.size)
    return filtered(ring, "highpass", cut_hz, rate, 4) * decay(t, t60_s)


def _tom(rng: Rng, rate: int, base_hz: float) -> Sound:
    t60_s = rng.uniform(0.3, 0.55)
    t = seconds(t60_s * 1.2, rate)
    body = np.sin(phase(base_hz * (1 + 0.5 * np.exp(-t / 0.04)), rate)) * decay(t, t60_s)
    body += 0.3 * _modes(rng, t, base_hz, DRUM_HEAD[1:4], t60_s * 0.5)
    return body + 0.2 * rng.standard_normal(t.size) * decay(t, 0.02)


def _shaker(rng: Rng, rate: int, family: str) -> Sound:  # noqa: ARG001 - one signature for all
    t = seconds(0.14, rate)
    grain = filtered(rng.standard_normal(t.size), "highpass", rng.uniform(4500, 7000), rate)
    return grain * np.minimum(t / 0.02, 1) * decay(t, 0.12)


MAKERS: dict[str, Callable[[Rng, int, str], Sound]] = {
    "kick": _kick,
    "snare": _snare,
    "clap": _clap,
    "rim": _rim,
    "closed-hat": lambda g, rate, family: _cymbal(
        g, rate, family, g.uniform(0.05, 0.11), g.uniform(6000, 8500)
    ),
    "open-hat": lambda g, rate, family: _cymbal(g, rate, family, g.uniform(0.35, 0.6), g.uniform(5500, 8000)),
    "ride": lambda g, rate, family: _cymbal(g, rate, family, g.uniform(0.8, 1.4), g.uniform(3500, 6000)),
    "crash": lambda g, rate, family: _cymbal(g, rate, family, g.uniform(1.4, 2.4), g.uniform(2000, 4000)),
    "tom": lambda g, rate, family: _tom(g, rate, g.uniform(125, 170)),  # noqa: ARG005
    "tom-low": lambda g, rate, family: _tom(g, rate, g.uniform(80, 110)),  # noqa: ARG005
    "shaker": _shaker,
}


def make_kit(rng: Rng, family: str, rate: int) -> dict[str, Sound]:
    """One sound for each drum, peak 1, of one of FAMILIES."""
    return {drum: peak_one(fade_out(make(rng, rate, family), rate)) for drum, make in MAKERS.items()}
