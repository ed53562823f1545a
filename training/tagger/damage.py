"""What happens to a sound before it is in somebody's pack: all of it at random, none of it to the class.

Lengths matter (an open hat cut to 60 ms is a closed one), so each class has the shortest that it may become.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import soxr
from scipy.signal import fftconvolve, lfilter

from daemon.engines.classifier.image import RATE_HZ
from training.tagger.sound import Mono
from training.tagger.voices.dsp import Rng, band, decay, log_uniform, noise, seconds

SHORTEST_S = {
    "open-hat": 0.3, "crash": 0.75, "ride": 0.7, "strings": 0.25, "brass": 0.15, "woodwind": 0.2, "vocal": 0.15,
    "fx": 0.25, "synth": 0.15, "keys": 0.2, "guitar": 0.15, "bass": 0.15, "mallet": 0.12, "tom": 0.12, "kick": 0.07,
    "snare": 0.06, "clap": 0.06, "tambourine": 0.1, "cowbell": 0.07, "hand-drum": 0.06, "shaker": 0.05,
}  # fmt: skip
RINGING_S = {**SHORTEST_S, "crash": 0.9, "ride": 1.1}
"""The same for cymbals that nobody cut."""
_SEMITONES = {
    "fx": 7.0,
    "perc": 7.0,
    "synth": 5.0,
    "hand-drum": 5.0,
    "mallet": 4.0,
    "crash": 5.0,
    "ride": 4.0,
    "cowbell": 4.0,
}


def damaged(
    rng: Rng,
    sound: Mono,
    label: str,
    other: Callable[[], Mono],
    again: Callable[[], Mono],
    shortest_s: Mapping[str, float] = SHORTEST_S,
) -> Mono:
    """A variant of `sound`, peak anywhere. other: gives any other sound (to bleed in); again: another of its kind
    from the same source (to layer). shortest_s: of each class, what it may be cut to."""
    x = sound
    if rng.random() < 0.12 and label not in ("fx", "vocal"):
        x = _layered(rng, x, again())
    x = _pitched(rng, x, label)
    if rng.random() < 0.4:
        x = _shortened(rng, x, shortest_s.get(label, 0.035))
    if rng.random() < 0.25:
        x = _shaped(rng, x)
    if rng.random() < 0.65:
        x = _equalised(rng, x)
    if rng.random() < 0.3:
        x = _room(rng, x)
    if rng.random() < 0.25:
        x = _driven(rng, x)
    if rng.random() < 0.2:
        x = _compressed(rng, x)
    if rng.random() < 0.15:
        x = _lo_fi(rng, x)
    if rng.random() < 0.12:
        x = _mixed(x, other(), rng.uniform(-35, -18))
    if rng.random() < 0.35:
        x = x + _hiss(rng, x.size + int(rng.choice([0, 0, 2000])))[: x.size] * 10 ** (
            rng.uniform(-75, -38) / 20
        ) * _peak(x)
    if rng.random() < 0.3:  # silence, or near it, after it and before it
        x = np.concatenate(
            [np.zeros(int(rng.exponential(0.02) * RATE_HZ)), x, np.zeros(int(rng.exponential(0.3) * RATE_HZ))]
        )
    return np.asarray(x, np.float32)


def as_open_hat(rng: Rng, x: Mono) -> Mono:
    """A crash or a ride as two loose hats would sound: gone within a second or so, with little below."""
    t = np.arange(x.size) / RATE_HZ
    y = band(
        x * decay(t, log_uniform(rng, 0.35, 1.6)), log_uniform(rng, 200, 2500), None, int(rng.integers(1, 3))
    )
    if rng.random() < 0.5:  # closed by the foot
        y = y[: int(log_uniform(rng, 0.3, 1.3) * RATE_HZ)].copy()
        fade = min(y.size, int(0.05 * RATE_HZ))
        y[-fade:] *= np.linspace(1, 0, fade)
    return np.asarray(y / _peak(y), np.float32)


def _peak(x: Mono) -> float:
    return float(np.abs(x).max(initial=1e-9))


def _layered(rng: Rng, x: Mono, y: Mono) -> Mono:
    size = max(x.size, y.size)
    out = np.zeros(size, np.float32)
    out[: x.size] += x
    shift = min(int(rng.exponential(0.002) * RATE_HZ), size // 4)
    y = y[: size - shift]
    out[shift : shift + y.size] += y * np.float32(10 ** (rng.uniform(-15, 0) / 20))
    return out


def _pitched(rng: Rng, x: Mono, label: str) -> Mono:
    """As a tape that runs faster or slower."""
    if rng.random() < 0.25:
        return x
    semitones = rng.normal(0, 0.45) * _SEMITONES.get(label, 3.0)
    ratio = float(np.clip(2 ** (semitones / 12), 0.55, 1.8))
    return np.asarray(soxr.resample(x, RATE_HZ * ratio, RATE_HZ, quality="LQ"), np.float32)


def _shortened(rng: Rng, x: Mono, shortest: float) -> Mono:
    """Cut with a fade, or made to decay faster (a hand on the skin, a gate). shortest: seconds."""
    length_s = x.size / RATE_HZ
    if length_s <= shortest * 1.1:
        return x
    keep_s = log_uniform(rng, shortest, length_s)
    t = np.arange(x.size, dtype=np.float32) / RATE_HZ
    if rng.random() < 0.5:
        keep = int(keep_s * RATE_HZ)
        fade = max(int(keep * log_uniform(rng, 0.005, 0.5)), 32)
        out = x[:keep].copy()
        out[-min(fade, keep) :] *= np.linspace(1, 0, min(fade, keep)) ** rng.uniform(0.5, 2)
        return out
    start = rng.uniform(0, 0.3) * keep_s
    return np.asarray(x * decay(t - start, max(keep_s - start, 0.02) * 1.3), np.float32)


def _envelope(x: Mono, smooth_s: float) -> Mono:
    a = float(np.exp(-1 / (smooth_s * RATE_HZ)))
    return np.asarray(lfilter([1 - a], [1, -a], np.abs(x)) + 1e-6, np.float32)


def _shaped(rng: Rng, x: Mono) -> Mono:
    """A transient designer: the difference of a fast and a slow envelope lifts or lowers the attack."""
    fast, slow = _envelope(x, 0.001), _envelope(x, log_uniform(rng, 0.01, 0.06))
    return np.asarray(x * np.clip(fast / slow, 0.2, 5) ** rng.uniform(-0.5, 0.8), np.float32)


def _equalised(rng: Rng, x: Mono) -> Mono:
    """Peaks, shelves and gentle cuts (audio EQ cookbook)."""
    for _ in range(int(rng.integers(1, 4))):
        w = 2 * np.pi * log_uniform(rng, 60, 15000) / RATE_HZ
        amp, q = 10 ** (rng.normal(0, 5) / 40), log_uniform(rng, 0.4, 4)
        alpha, cos = np.sin(w) / (2 * q), np.cos(w)
        x = lfilter(
            [1 + alpha * amp, -2 * cos, 1 - alpha * amp], [1 + alpha / amp, -2 * cos, 1 - alpha / amp], x
        )
    chance = rng.random()
    if chance < 0.15:
        x = band(x, log_uniform(rng, 30, 250), None, int(rng.integers(1, 3)))
    elif chance < 0.35:
        x = band(x, None, log_uniform(rng, 5000, 18000), int(rng.integers(1, 4)))
    elif chance < 0.5:  # a slope over the whole range
        a = rng.uniform(-0.6, 0.6)
        x = lfilter([1, a], [1], x)
    return np.asarray(x, np.float32)


def _room(rng: Rng, x: Mono) -> Mono:
    """Early reflections and a tail whose treble dies first."""
    t60 = log_uniform(rng, 0.08, 1.6)
    t = seconds(t60)
    tail = band(noise(rng, t.size), log_uniform(rng, 60, 500), log_uniform(rng, 2500, 14000), 1) * decay(t, t60)
    tail[: int(rng.uniform(0, 0.02) * RATE_HZ)] = 0
    for _ in range(int(rng.integers(0, 8))):
        tail[int(rng.uniform(0.001, 0.04) * RATE_HZ) % tail.size] += rng.normal(0, 8)
    wet = fftconvolve(x, tail.astype(np.float32))
    out = wet / (np.abs(wet).max() + 1e-9) * 10 ** (rng.uniform(-28, -4) / 20)
    out[: x.size] += x / _peak(x)
    return np.asarray(out[: int(3.5 * RATE_HZ)], np.float32)


def _driven(rng: Rng, x: Mono) -> Mono:
    amount = log_uniform(rng, 1.2, 12)
    y = x / _peak(x) * amount + rng.uniform(-0.1, 0.1)
    return np.asarray(np.tanh(y) if rng.random() < 0.6 else np.clip(y, -1, 1), np.float32)


def _compressed(rng: Rng, x: Mono) -> Mono:
    level = _envelope(x, log_uniform(rng, 0.002, 0.05))
    threshold = _peak(level) * 10 ** (rng.uniform(-30, -6) / 20)
    gain = np.minimum((threshold / level) ** rng.uniform(0.3, 0.9), 1)
    return np.asarray(x * gain, np.float32)


def _lo_fi(rng: Rng, x: Mono) -> Mono:
    """A sampler of 8 to 12 bits at a low rate, with or without its filter."""
    x = x / _peak(x)
    rate = log_uniform(rng, 9000, 32000)
    if rng.random() < 0.5:
        low = soxr.resample(x, RATE_HZ, rate, quality="LQ")
        x = soxr.resample(low, rate, RATE_HZ, quality="LQ")
    else:
        x = x[
            np.minimum((np.floor(np.arange(x.size) * rate / RATE_HZ) * RATE_HZ / rate).astype(int), x.size - 1)
        ]
    step = 2.0 ** -rng.integers(6, 13)
    return np.asarray(np.round(x / step) * step, np.float32)


def _mixed(x: Mono, y: Mono, gain_db: float) -> Mono:
    out = x / _peak(x)
    y = y[: x.size]
    out = out.astype(np.float32)
    out[: y.size] += y / _peak(y) * np.float32(10 ** (gain_db / 20))
    return out


def _hiss(rng: Rng, n: int) -> Mono:
    x = noise(rng, n)
    if rng.random() < 0.5:
        x = band(x, None, log_uniform(rng, 1000, 12000), 1)
    if rng.random() < 0.15:
        x = x + 3 * np.sin(2 * np.pi * rng.choice([50, 60]) * np.arange(n) / RATE_HZ)
    return np.asarray(x / (np.abs(x).max() + 1e-9), np.float32)
