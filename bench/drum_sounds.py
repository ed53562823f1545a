"""Synthesised drum sounds with random parameters. Frozen: detectors are tuned to it, never it to them.

Four families. "analog" (808/909-like) and "acoustic" are for development; "fm" and "modal" sound otherwise and
are only heard in the unseen set. Every sound is mono float64 at `rate`, starts at its first sample, peak 1.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

Sound = NDArray[np.float64]
Rng = np.random.Generator
DEV_FAMILIES = ("analog", "acoustic")
UNSEEN_FAMILIES = ("analog", "acoustic", "fm", "modal")


def _t(length_s: float, rate: int) -> Sound:
    return np.arange(int(length_s * rate)) / rate


def _decay(t: Sound, t60_s: float) -> Sound:
    return np.asarray(10 ** (-3 * t / t60_s))


def _attack(t: Sound, attack_s: float) -> Sound:
    return np.minimum(t / max(attack_s, 1e-5), 1.0)


def _filter(x: Sound, kind: str, cut: float | tuple[float, float], rate: int, order: int = 2) -> Sound:
    return np.asarray(sosfilt(butter(order, np.minimum(cut, rate * 0.45), kind, fs=rate, output="sos"), x))


def _noise(rng: Rng, t: Sound) -> Sound:
    return rng.standard_normal(t.size)


def _sweep(t: Sound, high: float, low: float, drop_s: float, phase: float = 0.0) -> Sound:
    frequency = low + (high - low) * np.exp(-t / drop_s)
    return np.asarray(np.sin(2 * np.pi * np.cumsum(frequency) / (t.size and 1 / (t[1] - t[0])) + phase))


def _modes(rng: Rng, t: Sound, base: float, ratios: list[float], t60_s: float) -> Sound:
    out = np.zeros(t.size)
    for i, ratio in enumerate(ratios):
        gain = rng.uniform(0.4, 1.0) / (1 + 0.5 * i)
        out += gain * np.sin(2 * np.pi * base * ratio * t) * _decay(t, t60_s / (1 + 0.35 * i))
    return out


def _metal(rng: Rng, t: Sound, base: float) -> Sound:
    """Six square waves out of tune with each other, as the analogue machines make their cymbals."""
    ratios = np.array([1, 1.342, 1.2312, 1.6532, 1.9523, 2.1523]) * rng.uniform(0.97, 1.03, 6)
    return np.asarray(sum(np.sign(np.sin(2 * np.pi * base * r * t + rng.uniform(0, 6))) for r in ratios))


def kick(rng: Rng, rate: int, family: str) -> Sound:
    t60 = rng.uniform(0.25, 1.1) if family == "analog" else rng.uniform(0.2, 0.5)
    t = _t(t60 * 1.2, rate)
    low = rng.uniform(40, 65)
    if family == "modal":
        body = _modes(rng, t, low, [1, 1.59, 2.14, 2.3, 2.65], t60)
    elif family == "fm":
        index = 4 * np.exp(-t / 0.02)
        body = np.sin(2 * np.pi * low * t + index * np.sin(2 * np.pi * low * 2.7 * t)) * _decay(t, t60)
    else:
        body = _sweep(t, low * rng.uniform(2, 7), low, rng.uniform(0.008, 0.04)) * _decay(t, t60)
    click = _filter(_noise(rng, t), "lowpass", rng.uniform(2000, 9000), rate) * _decay(
        t, rng.uniform(0.008, 0.03)
    )
    return (body + rng.uniform(0.0, 0.5) * click) * _attack(t, rng.uniform(0.0002, 0.003))


def snare(rng: Rng, rate: int, family: str) -> Sound:
    t60 = rng.uniform(0.12, 0.5)
    t = _t(t60 * 1.3, rate)
    base = rng.uniform(150, 260)
    if family == "fm":
        body = np.sin(2 * np.pi * base * t + 3 * np.exp(-t / 0.05) * np.sin(2 * np.pi * base * 1.41 * t))
        body *= _decay(t, t60 * 0.6)
    else:
        body = _modes(rng, t, base, [1, 1.6] if family == "analog" else [1, 1.59, 2.3, 2.9, 3.5], t60 * 0.6)
    wires = _filter(_noise(rng, t), "bandpass", (rng.uniform(800, 2500), rng.uniform(6000, 14000)), rate)
    return (body * rng.uniform(0.4, 1) + wires * rng.uniform(0.4, 1.2) * _decay(t, t60)) * _attack(
        t, rng.uniform(0.0002, 0.002)
    )


def rim(rng: Rng, rate: int, family: str) -> Sound:  # noqa: ARG001 - one signature for all
    t = _t(0.12, rate)
    tone = _modes(rng, t, rng.uniform(400, 1100), [1, 1.7, 3.1], rng.uniform(0.03, 0.09))
    return tone + rng.uniform(0, 0.4) * _noise(rng, t) * _decay(t, 0.01)


def clap(rng: Rng, rate: int, family: str) -> Sound:  # noqa: ARG001 - one signature for all
    """Three or four hands within 30 ms, then the room: one onset, at the first hand."""
    t60 = rng.uniform(0.15, 0.5)
    t = _t(t60 * 1.2 + 0.05, rate)
    envelope = np.zeros(t.size)
    at = 0.0
    for _ in range(rng.integers(3, 5)):
        envelope[int(at * rate) :] = _decay(t[: t.size - int(at * rate)], rng.uniform(0.03, 0.06))
        at += rng.uniform(0.006, 0.0105)
    tail = int(at * rate)
    envelope[tail:] = np.maximum(envelope[tail:], _decay(t[: t.size - tail], t60))
    return (
        _filter(_noise(rng, t), "bandpass", (rng.uniform(600, 1100), rng.uniform(2500, 7000)), rate) * envelope
    )


def _cymbal(rng: Rng, rate: int, family: str, t60_s: float, cut_hz: float) -> Sound:
    t = _t(min(t60_s * 1.2, 4.0), rate)
    if family == "analog":
        tone = _metal(rng, t, rng.uniform(320, 560))
    elif family == "fm":
        base = rng.uniform(900, 2400)
        tone = np.sin(2 * np.pi * base * t + 8 * np.sin(2 * np.pi * base * 1.483 * t))
    elif family == "modal":
        tone = sum(np.sin(2 * np.pi * f * t + rng.uniform(0, 6)) for f in rng.uniform(2500, 15000, 40)) * 0.2
    else:
        tone = _noise(rng, t)
    tone = tone / np.abs(tone).max() + rng.uniform(0.1, 0.8) * _noise(rng, t) * 0.3
    return (
        _filter(tone, "highpass", cut_hz, rate, 4) * _decay(t, t60_s) * _attack(t, rng.uniform(0.0002, 0.003))
    )


def closed_hat(rng: Rng, rate: int, family: str) -> Sound:
    return _cymbal(rng, rate, family, rng.uniform(0.04, 0.14), rng.uniform(5000, 8500))


def open_hat(rng: Rng, rate: int, family: str) -> Sound:
    return _cymbal(rng, rate, family, rng.uniform(0.35, 0.9), rng.uniform(5000, 8000))


def crash(rng: Rng, rate: int, family: str) -> Sound:
    return _cymbal(rng, rate, family, rng.uniform(1.5, 3.3), rng.uniform(1500, 4000))


def ride(rng: Rng, rate: int, family: str) -> Sound:
    wash = _cymbal(rng, rate, family, rng.uniform(0.9, 2.2), rng.uniform(3000, 6000))
    t = np.arange(wash.size) / rate
    bell = _modes(rng, t, rng.uniform(500, 900), [1, 2.7, 5.4, 7.1], 0.4)
    return wash / np.abs(wash).max() + rng.uniform(0.05, 0.5) * bell / np.abs(bell).max()


def tom(rng: Rng, rate: int, family: str) -> Sound:
    t60 = rng.uniform(0.3, 0.9)
    t = _t(t60 * 1.2, rate)
    base = rng.uniform(75, 220)
    body = _sweep(t, base * 1.6, base, 0.04) * _decay(t, t60)
    if family in ("modal", "acoustic"):
        body = body + _modes(rng, t, base, [1.59, 2.14, 2.65], t60 * 0.6) * 0.4
    return (body + 0.3 * _noise(rng, t) * _decay(t, 0.02)) * _attack(t, rng.uniform(0.0002, 0.002))


def shaker(rng: Rng, rate: int, family: str) -> Sound:  # noqa: ARG001 - one signature for all
    t = _t(0.14, rate)
    grain = _filter(_noise(rng, t), "highpass", rng.uniform(4000, 7000), rate)
    return grain * _attack(t, rng.uniform(0.005, 0.02)) * _decay(t, rng.uniform(0.08, 0.16))


def tambourine(rng: Rng, rate: int, family: str) -> Sound:  # noqa: ARG001 - one signature for all
    t = _t(0.3, rate)
    jingles = sum(np.sin(2 * np.pi * f * t + rng.uniform(0, 6)) for f in rng.uniform(5000, 14000, 25))
    return np.asarray(jingles * 0.2 + _filter(_noise(rng, t), "highpass", 6000, rate)) * _decay(t, 0.2)


def cowbell(rng: Rng, rate: int, family: str) -> Sound:  # noqa: ARG001 - one signature for all
    t = _t(0.4, rate)
    base = rng.uniform(500, 620)
    pair = np.sign(np.sin(2 * np.pi * base * t)) + np.sign(np.sin(2 * np.pi * base * 1.48 * t))
    return _filter(pair, "bandpass", (base * 0.8, base * 4), rate) * _decay(t, rng.uniform(0.15, 0.4))


def conga(rng: Rng, rate: int, family: str) -> Sound:  # noqa: ARG001 - one signature for all
    t = _t(0.4, rate)
    skin = _modes(rng, t, rng.uniform(180, 420), [1, 1.5, 2.2], rng.uniform(0.12, 0.35))
    return skin + rng.uniform(0.05, 0.3) * _noise(rng, t) * _decay(t, 0.015)


SOUNDS: dict[str, Callable[[Rng, int, str], Sound]] = {
    "kick": kick,
    "snare": snare,
    "rim": rim,
    "clap": clap,
    "closed-hat": closed_hat,
    "open-hat": open_hat,
    "crash": crash,
    "ride": ride,
    "tom": tom,
    "tom-low": tom,
    "shaker": shaker,
    "tambourine": tambourine,
    "cowbell": cowbell,
    "conga": conga,
}

LEVELS = {
    "kick": 1.0,
    "snare": 0.9,
    "clap": 0.7,
    "closed-hat": 0.45,
    "open-hat": 0.5,
    "ride": 0.5,
    "shaker": 0.35,
}


def make_kit(rng: Rng, rate: int, families: tuple[str, ...]) -> dict[str, Sound]:
    """One kit: every name of SOUNDS, peak 1, faded at its end so that no sound stops with a step."""
    family = str(rng.choice(families))
    kit = {}
    for name, make in SOUNDS.items():
        sound = make(rng, rate, family)
        fade = min(sound.size, int(0.01 * rate))
        sound[-fade:] *= np.linspace(1, 0, fade)
        kit[name] = sound / np.abs(sound).max()
    return kit
