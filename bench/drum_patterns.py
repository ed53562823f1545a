"""Random drum patterns and their mix, with the time of every hit. Frozen, as drum_sounds is.

A hit's reference time is when it can be heard: the time of the note plus the kit sound's own delay until its
0.5 ms envelope first comes within 26 dB of the peak of its first 80 ms. Hits less than 15 ms apart are one
onset, at the first of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.drum_sounds import LEVELS, Rng, Sound

MERGE_S = 0.015
Hit = tuple[float, str, float]  # (beat, sound, velocity 0..1)


@dataclass(frozen=True)
class Take:
    """audio: (channels, frames) float32. onsets_s: ascending. hits: (time_s, sound) of every single hit."""

    audio: NDArray[np.float32]
    rate: int
    bpm: float
    onsets_s: NDArray[np.float64]
    hits: list[tuple[float, str]]


def audible_delay_s(sound: Sound, rate: int) -> float:
    size = max(int(0.0005 * rate), 1)
    envelope = np.convolve(np.abs(sound), np.ones(size) / size)[: int(0.08 * rate)]
    return float(np.argmax(envelope > envelope.max() * 10 ** (-26 / 20))) / rate


def _timekeeper(rng: Rng, bar: int) -> list[Hit]:
    sound = str(rng.choice(["closed-hat", "closed-hat", "ride", "shaker", "tambourine"]))
    step = float(rng.choice([1.0, 0.5, 0.5, 0.25]))
    hits = [(bar * 4 + i * step, sound, rng.uniform(0.45, 0.75)) for i in range(int(4 / step))]
    hits = [(b, s, min(1.0, v * (1.35 if b % 1 == 0 else 1.0))) for b, s, v in hits]
    if sound == "closed-hat" and rng.random() < 0.5:
        hits = [(b, "open-hat" if b % 4 == 3.5 else s, v) for b, s, v in hits]
    if sound == "closed-hat" and rng.random() < 0.3:  # a trap roll
        start, count = bar * 4 + int(rng.integers(1, 4)), int(rng.choice([6, 8]))
        hits = [h for h in hits if not start <= h[0] < start + 1]
        hits += [(start + i / count, sound, 0.4 + 0.05 * i) for i in range(count)]
    return hits


def _backbeat(rng: Rng, bar: int) -> list[Hit]:
    style = rng.choice(["rock", "house", "half", "break"])
    first = bar * 4.0
    snare = str(rng.choice(["snare", "snare", "clap", "rim"]))
    kicks = {"rock": [0, 2, 2.5], "house": [0, 1, 2, 3], "half": [0, 1.75], "break": [0, 0.5, 2.5, 3.75]}[
        str(style)
    ]
    snares = {"rock": [1, 3], "house": [1, 3], "half": [2], "break": [1, 3]}[str(style)]
    hits = [(first + b, "kick", rng.uniform(0.75, 1)) for b in kicks]
    hits += [(first + b, snare, rng.uniform(0.75, 1)) for b in snares]
    if style == "house" and rng.random() < 0.5:
        hits += [(first + b, "clap", 0.8) for b in snares]
    if snare == "snare" and rng.random() < 0.5:  # ghosts
        spots = [b for b in (0.75, 1.25, 1.75, 2.25, 3.25) if rng.random() < 0.6]
        hits += [(first + b, "snare", rng.uniform(0.14, 0.3)) for b in spots]
    return hits


def _colour(rng: Rng, bar: int) -> list[Hit]:
    sound = str(rng.choice(["cowbell", "conga", "tambourine", "rim", "shaker"]))
    return [(bar * 4 + i * 0.25, sound, rng.uniform(0.4, 0.9)) for i in range(16) if rng.random() < 0.2]


def _fill(rng: Rng, bar: int) -> list[Hit]:
    step = float(rng.choice([0.25, 0.125, 1 / 6]))
    sounds = ["snare", "tom", "tom-low"] if rng.random() < 0.7 else ["snare"]
    beats = np.arange(bar * 4 + 2.0, bar * 4 + 4.0 - 1e-6, step)
    return [
        (float(b), sounds[min(int(i / beats.size * len(sounds)), len(sounds) - 1)], rng.uniform(0.45, 1))
        for i, b in enumerate(beats)
    ]


def make_pattern(rng: Rng, bars: int) -> list[Hit]:
    groove_seed, fills = int(rng.integers(1 << 30)), rng.random() < 0.7
    hits: list[Hit] = []
    for bar in range(bars):
        groove = np.random.default_rng(groove_seed + (bar % 4 == 3))
        if fills and bar % 4 == 3:
            beats = _backbeat(groove, bar) + _timekeeper(groove, bar)
            hits += [h for h in beats if h[0] < bar * 4 + 2] + _fill(rng, bar)
        else:
            hits += _backbeat(groove, bar) + _timekeeper(groove, bar)
            hits += _colour(groove, bar) if groove.random() < 0.4 else []
        if bar % 4 == 0 and rng.random() < 0.7:
            hits.append((bar * 4.0, "crash", rng.uniform(0.5, 0.9)))
    return hits


def _timed(rng: Rng, pattern: list[Hit], bpm: float) -> list[tuple[float, str, float]]:
    """Beats to seconds, with swing, human error and flams."""
    swing = rng.uniform(0.5, 0.66) if rng.random() < 0.4 else 0.5
    sloppy_s = rng.uniform(0, 0.008)
    flams = rng.random() < 0.4
    timed = []
    for beat, sound, velocity in pattern:
        half, rest = divmod(beat, 0.5)
        if abs(rest - 0.25) < 1e-9:
            rest = 0.5 * swing
        at = (half * 0.5 + rest) * 60 / bpm + rng.normal(0, sloppy_s)
        timed.append((max(at, 0.0), sound, velocity))
        if flams and sound == "snare" and velocity > 0.7 and rng.random() < 0.15:
            timed.append((max(at - rng.uniform(0.020, 0.040), 0.0), sound, velocity * rng.uniform(0.3, 0.6)))
    return sorted(timed)


def _room(rng: Rng, audio: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    size = int(rng.uniform(0.08, 0.4) * rate)
    tail = rng.standard_normal((audio.shape[0], size)) * 10 ** (-3 * np.arange(size) / size)
    tail /= np.sqrt((tail**2).sum(axis=1, keepdims=True))
    length = audio.shape[1]
    spectrum = np.fft.rfft(audio, length + size) * np.fft.rfft(tail, length + size)
    return audio + 10 ** (rng.uniform(-26, -14) / 20) * np.fft.irfft(spectrum, length + size)[:, :length]


def play(rng: Rng, kit: dict[str, Sound], rate: int, bars: int = 8) -> Take:
    """One take of a random pattern: stereo or mono, perhaps with a room, saturation and a noise floor."""
    bpm = float(rng.uniform(70, 180))
    lead_s = float(rng.uniform(0.0, 0.4))
    hits = [(t + lead_s, s, v) for t, s, v in _timed(rng, make_pattern(rng, bars), bpm) if s in kit]
    pans = {name: rng.uniform(0.25, 0.75) if name not in ("kick", "snare") else 0.5 for name in kit}
    frames = int((hits[-1][0] + 1.5) * rate)
    audio = np.zeros((2, frames))
    for at, name, velocity in hits:
        start = round(at * rate)
        part = kit[name][: frames - start] * velocity * LEVELS.get(name, 0.6)
        audio[:, start : start + part.size] += np.sqrt([[1 - pans[name]], [pans[name]]]) * part
    if rng.random() < 0.4:
        audio = _room(rng, audio, rate)
    audio /= np.abs(audio).max()
    if rng.random() < 0.4:
        audio = np.tanh(audio * rng.uniform(1, 4))
    audio += rng.standard_normal(audio.shape) * 10 ** (rng.uniform(-95, -65) / 20)
    audio *= rng.uniform(0.1, 0.95) / np.abs(audio).max()
    if rng.random() < 0.3:
        audio = audio.mean(axis=0, keepdims=True)
    heard = [(at + audible_delay_s(kit[name], rate), name) for at, name, _ in hits]
    return Take(audio.astype(np.float32), rate, bpm, merge([t for t, _ in heard]), heard)


def merge(times_s: list[float]) -> NDArray[np.float64]:
    """Ascending times of which each begins a group that lies within MERGE_S of its first."""
    kept: list[float] = []
    for time_s in sorted(times_s):
        if not kept or time_s - kept[-1] >= MERGE_S:
            kept.append(time_s)
    return np.array(kept)
