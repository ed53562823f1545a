"""A singing voice by source and filter: harmonics of a gliding, vibrating pitch under moving formants."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from daemon.demo.score import SongNote
from daemon.demo.signal import Sound, filtered, phase
from daemon.demo.theory import hz

Rng = np.random.Generator

VOWELS: dict[str, tuple[tuple[float, float, float], ...]] = {
    "a": ((730, 0, 90), (1090, -4, 110), (2440, -16, 160), (3400, -20, 200)),
    "e": ((530, 0, 80), (1840, -10, 120), (2480, -14, 160), (3400, -20, 200)),
    "i": ((300, 0, 60), (2290, -14, 130), (3010, -17, 180), (3600, -22, 220)),
    "o": ((570, 0, 80), (840, -5, 90), (2410, -24, 160), (3300, -26, 200)),
    "u": ((310, 0, 60), (870, -12, 90), (2240, -28, 160), (3200, -30, 200)),
}
"""(centre_hz, gain_db, bandwidth_hz) of the formants: mean of men in Peterson and Barney (1952), widths as usual
in formant synthesis."""


@dataclass(frozen=True, slots=True)
class Voice:
    """tract: formants' scale, 1 for a man, about 1.17 for a woman. tilt: fall of the glottal harmonics as a
    power of their number. vibrato_cents: depth either side. glide_s: time from one pitch to the next. breath:
    share of noise. doubled: sung twice, slightly apart."""

    tract: float
    tilt: float
    vibrato_cents: float
    vibrato_hz: float
    glide_s: float
    breath: float
    doubled: bool


FAMILIES = ("alto", "tenor", "airy", "soprano", "choir", "straight")


def make_voice(rng: Rng, family: str) -> Voice:
    """A singer of one of FAMILIES."""
    tract = {"tenor": 1.0, "soprano": 1.25, "straight": 1.08}.get(family, 1.15) * rng.uniform(0.96, 1.05)
    return Voice(
        tract=tract,
        tilt=1.6 if family == "airy" else rng.uniform(0.9, 1.4),
        vibrato_cents=rng.uniform(3, 8) if family == "straight" else rng.uniform(18, 55),
        vibrato_hz=rng.uniform(4.8, 6.4),
        glide_s=rng.uniform(0.02, 0.07),
        breath=rng.uniform(0.05, 0.1) if family == "airy" else rng.uniform(0.01, 0.04),
        doubled=family == "choir",
    )


def sing(voice: Voice, notes: tuple[SongNote, ...], length_frames: int, rate: int, rng: Rng) -> Sound:
    """(length_frames,) of the melody; notes must not overlap."""
    takes = 2 if voice.doubled else 1
    return np.asarray(
        np.sum([_take(voice, notes, length_frames, rate, rng) for _ in range(takes)], axis=0) / takes
    )


CONTROL = 64  # frames between points of pitch, formants and loudness


def _take(voice: Voice, notes: tuple[SongNote, ...], length_frames: int, rate: int, rng: Rng) -> Sound:
    times = np.arange(0, length_frames + CONTROL, CONTROL) / rate
    pitch, level = _pitch(voice, notes, times, rng), _level(notes, times)
    frames = np.arange(length_frames) / rate
    f0 = hz(0) * 2 ** (np.interp(frames, times, pitch) / 12)
    angle = phase(f0, rate)
    centres, gains, widths = _formants(voice, notes, times)
    f0_times = hz(0) * 2 ** (pitch / 12)
    out = np.zeros(length_frames)
    for n in range(1, int(min(9000, rate * 0.45) / f0.min()) + 1):
        partial_hz = n * f0_times
        gain = _response(partial_hz, centres, gains, widths) * n**-voice.tilt
        gain = np.where(partial_hz < rate * 0.45, gain, 0.0) * level
        if gain.max() > 1e-5:
            out += np.interp(frames, times, gain) * np.sin(n * angle)
    return out + _breath(voice, np.interp(frames, times, level), out, rate, rng)


def _pitch(voice: Voice, notes: tuple[SongNote, ...], times: Sound, rng: Rng) -> Sound:
    """MIDI pitch over time: glides into each note, vibrato that sets in, a slow drift."""
    target = np.full(times.size, float(notes[0].pitch) if notes else 60.0)
    since = np.full(times.size, 0.0)
    for note in notes:
        from_here = times >= note.start_s
        target[from_here] = note.pitch
        since[from_here] = times[from_here] - note.start_s
    frame_s = float(times[1] - times[0])
    reach = max(int(2 * voice.glide_s / frame_s), 1)
    window = np.hanning(reach + 2)
    padded = np.concatenate([np.full(window.size - 1, target[0]), target])
    glided = np.convolve(padded, window / window.sum(), "valid")
    onset = np.clip((since - 0.15) / 0.25, 0, 1)
    vibrato = (
        voice.vibrato_cents / 100 * onset * np.sin(2 * np.pi * voice.vibrato_hz * times + rng.uniform(0, 6))
    )
    drift = 0.06 * np.sin(2 * np.pi * 0.7 * times + rng.uniform(0, 6))
    return np.asarray(glided + vibrato + drift)


def _level(notes: tuple[SongNote, ...], times: Sound) -> Sound:
    """Loudness over time: a soft attack, a slight swell, a release into the next breath."""
    level = np.zeros(times.size)
    for note in notes:
        rise = np.clip((times - note.start_s) / 0.035, 0, 1)
        fall = np.clip((note.end_s + 0.04 - times) / 0.07, 0, 1)
        swell = 1 - 0.25 * np.clip((times - note.start_s - 0.3) / 1.5, 0, 1)
        level = np.maximum(level, note.velocity * rise * fall * swell)
    return level


def _formants(voice: Voice, notes: tuple[SongNote, ...], times: Sound) -> tuple[Sound, Sound, Sound]:
    """Centre (Hz), linear gain and bandwidth (Hz) of each formant over time, gliding from vowel to vowel."""
    points = [(note.start_s + 0.03, VOWELS[note.vowel or "a"]) for note in notes] or [(0.0, VOWELS["a"])]
    at = [start_s for start_s, _ in points]
    held = [(at[i], 0) for i in range(len(at))]
    knots, values = [], []
    for i, (start_s, _) in enumerate(held):
        table = np.array(points[i][1])
        until = at[i + 1] - 0.06 if i + 1 < len(at) else start_s + 10
        knots += [start_s, max(until, start_s + 0.005)]
        values += [table, table]
    stack = np.array(values)  # (knots, formants, 3)
    shape = [[np.interp(times, knots, stack[:, k, j]) for k in range(stack.shape[1])] for j in range(3)]
    return np.array(shape[0]) * voice.tract, 10 ** (np.array(shape[1]) / 20), np.array(shape[2])


def _response(frequency_hz: Sound, centres: Sound, gains: Sound, widths: Sound) -> Sound:
    """Gain of parallel resonances at a frequency that moves over time."""
    distance = (frequency_hz - centres) / (widths / 2)
    return np.asarray((gains / np.sqrt(1 + distance**2)).sum(axis=0) + 0.01)


def _breath(voice: Voice, level: Sound, tone: Sound, rate: int, rng: Rng) -> Sound:
    noise = filtered(rng.standard_normal(level.size), "bandpass", (1500, 8000), rate)
    loudness = np.sqrt(np.mean(tone**2) + 1e-12) / np.sqrt(np.mean(noise**2))
    return np.asarray(voice.breath * 4 * loudness * noise * level)
