"""What can be measured of a short sound. Each figure has a plain meaning and an analytic test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft, rfftfreq

Mono = NDArray[np.float32]

_STEP_S = 0.001
_SPECTRUM_S = 0.5  # of the sound from its attack on: the part by which an ear names it
_PITCH_S = 0.25
_LOWEST_HZ, _HIGHEST_HZ = 32.0, 2000.0
_CLEAR = 0.85  # autocorrelation from which a pitch is told


@dataclass(frozen=True, slots=True)
class Measures:
    """length_s: from attack to 60 dB below the peak. attack_s: 10 to 90 percent of the peak. decay_s: from the
    peak to 40 dB below it, or to the end. brightness_hz: spectral centroid of the power. noisiness: 0 for a tone,
    1 for white noise (spectral flatness by octaves). low, high: part of the power below 150 Hz, above 5 kHz.
    pitch_hz: fundamental, 0 without a clear one; clarity: 0..1. drop_octaves: how far the pitch of the first
    moment lies above that of the rest. bursts: separate attacks in the first 45 ms. sustain: mean level of the
    sound's second quarter to its peak, 0..1. hits: rises like a new attack in the whole sound."""

    length_s: float
    attack_s: float
    decay_s: float
    brightness_hz: float
    noisiness: float
    low: float
    high: float
    pitch_hz: float
    clarity: float
    drop_octaves: float
    bursts: int
    sustain: float
    hits: int
    peak_db: float


def measure(audio: NDArray[np.float32], rate_hz: int) -> Measures | None:
    """Measures of audio (channels, n); None for silence (below -80 dBFS)."""
    mono = np.asarray(audio.mean(axis=0), np.float32)
    if np.abs(mono).max(initial=0.0) < 0.5 * np.abs(audio).max(initial=0.0):
        mono = audio[int(np.argmax((audio**2).sum(axis=1)))]  # the channels cancel each other
    peak = float(np.abs(mono).max(initial=0.0))
    if peak < 1e-4:
        return None
    envelope = _envelope(mono, rate_hz, 1)
    smooth = np.asarray(_held(envelope, 8))
    top = int(np.argmax(smooth >= 0.9 * smooth.max()))
    start = int(np.argmax(envelope >= 0.1 * envelope.max()))
    sound = mono[int(start * _STEP_S * rate_hz) :]
    hz, power = _spectrum(sound[: int(_SPECTRUM_S * rate_hz)], rate_hz)
    pitch_hz, clarity = _pitch(sound[int(0.02 * rate_hz) : int((0.02 + _PITCH_S) * rate_hz)], rate_hz)
    total = float(power.sum()) + 1e-20
    end = _last_above(smooth, 1e-3)
    quarter = max((end - start) // 4, 1)
    return Measures(
        length_s=(end - start) * _STEP_S,
        attack_s=max(int(np.argmax(envelope >= 0.9 * envelope.max())) - start, 0) * _STEP_S,
        decay_s=max(_last_above(smooth, 1e-2) - top, 1) * _STEP_S,
        brightness_hz=float((hz * power).sum()) / total,
        noisiness=_flatness(hz, power),
        low=float(power[hz < 150].sum()) / total,
        high=float(power[hz > 5000].sum()) / total,
        pitch_hz=pitch_hz if clarity >= _CLEAR else 0.0,
        clarity=clarity,
        drop_octaves=_drop(sound, rate_hz),
        bursts=_bursts(mono[int(start * _STEP_S * rate_hz) :][: int(0.045 * rate_hz)], rate_hz),
        sustain=float(smooth[start + quarter : start + 2 * quarter].mean() / smooth.max())
        if end > start + 4
        else 0.0,
        hits=_hits(smooth),
        peak_db=20 * float(np.log10(peak)),
    )


def midi_note(pitch_hz: float) -> int:
    """Nearest MIDI number (A4 = 440 Hz = 69)."""
    return round(69 + 12 * float(np.log2(pitch_hz / 440.0)))


def _envelope(mono: Mono, rate_hz: int, steps_ms: int) -> NDArray[np.float32]:
    size = max(int(_STEP_S * rate_hz * steps_ms), 1)
    count = max(-(-mono.size // size), 1)
    padded = np.zeros(count * size, np.float32)
    padded[: mono.size] = np.abs(mono)
    return np.asarray(padded.reshape(count, size).max(axis=1))


def _held(envelope: NDArray[np.float32], steps: int) -> NDArray[np.float32]:
    """Largest of the last `steps` values, so that a low tone's own swing is no decay."""
    padded = np.concatenate([np.zeros(steps - 1, np.float32), envelope])
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, steps).max(axis=1))


def _last_above(envelope: NDArray[np.float32], part: float) -> int:
    return int(np.flatnonzero(envelope >= part * envelope.max())[-1])


def _spectrum(sound: Mono, rate_hz: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    size = next_fast_len(max(sound.size, int(0.05 * rate_hz)), real=True)
    # half a window: no fade at the attack, which is the beginning
    window = np.cos(np.linspace(0, np.pi / 2, sound.size, endpoint=False)) ** 2
    power = np.abs(rfft(sound * window.astype(np.float32), size)) ** 2
    return rfftfreq(size, 1 / rate_hz), power.astype(np.float64)


def _flatness(hz: NDArray[np.float64], power: NDArray[np.float64]) -> float:
    """Geometric over arithmetic mean of the power in each octave, weighted by the octave's power; exp(-0.577) is
    what a periodogram of white noise gives."""
    weights, values = [], []
    for low in (80.0, 160.0, 320.0, 640.0, 1280.0, 2560.0, 5120.0, 10240.0):
        part = power[(hz >= low) & (hz < 2 * low)]
        if part.size >= 8:
            mean = float(part.mean()) + 1e-20
            values.append(float(np.exp(np.log(part + 1e-20).mean())) / mean)
            weights.append(float(part.sum()))
    if not weights or sum(weights) <= 0:
        return 0.0
    return float(min(np.average(values, weights=weights) / np.exp(-0.5772), 1.0))


def _pitch(sound: Mono, rate_hz: int) -> tuple[float, float]:
    """(fundamental in Hz, clarity 0..1) by the normalised autocorrelation (McLeod & Wyvill 2005): the first peak
    that comes within 0.9 of the highest."""
    if sound.size < 3 * rate_hz / _HIGHEST_HZ or not sound.any():
        return 0.0, 0.0
    size = next_fast_len(2 * sound.size, real=True)
    correlation = irfft(np.abs(rfft(sound.astype(np.float64), size)) ** 2, size)[: sound.size]
    squares = np.cumsum(sound.astype(np.float64) ** 2)
    lags = np.arange(sound.size)
    energy = squares[sound.size - 1 - lags] + squares[-1] - np.concatenate([[0.0], squares[:-1]])
    normal = 2 * correlation / np.maximum(energy, 1e-12)
    last = min(int(rate_hz / _LOWEST_HZ), int(sound.size * 0.6))
    below = np.flatnonzero(normal[:last] < 0)
    first = max(int(below[0]) if below.size else last, int(rate_hz / _HIGHEST_HZ))
    view = normal[first:last]
    if view.size < 3:
        return 0.0, 0.0
    peaks = np.flatnonzero((view[1:-1] >= view[:-2]) & (view[1:-1] > view[2:])) + 1
    if not peaks.size:
        return 0.0, 0.0
    best = peaks[np.argmax(view[peaks] >= 0.9 * view[peaks].max())]
    lag = first + int(best)
    left, middle, right = normal[lag - 1 : lag + 2]
    shift = 0.5 * (left - right) / (left - 2 * middle + right - 1e-12)
    return rate_hz / (lag + float(shift)), float(np.clip(middle, 0, 1))


def _drop(sound: Mono, rate_hz: int) -> float:
    """Octaves by which zero crossings of the first 15 ms below 1 kHz are denser than those of 60 to 160 ms."""
    early, late = sound[: int(0.015 * rate_hz)], sound[int(0.06 * rate_hz) : int(0.16 * rate_hz)]
    if late.size < int(0.05 * rate_hz) or not late.any():
        return 0.0
    first, then = (_crossings_per_s(_smoothed(part, rate_hz), rate_hz) for part in (early, late))
    return float(np.clip(np.log2((first + 20) / (then + 20)), -3, 5))


def _smoothed(part: Mono, rate_hz: int) -> NDArray[np.float64]:
    size = max(int(rate_hz / 2000), 1)
    return np.convolve(part, np.ones(size) / size, "same")


def _crossings_per_s(part: NDArray[np.float64], rate_hz: int) -> float:
    return float(np.count_nonzero(np.diff(np.signbit(part)))) * rate_hz / part.size


def _bursts(start: Mono, rate_hz: int) -> int:
    """Peaks of the 2 ms envelope of what is above about 500 Hz that stand 4 dB over the dip before them."""
    bright = np.diff(start, prepend=start[:1])
    envelope = _envelope(bright, rate_hz, 2)
    count, floor, top = 1, np.inf, 0.0
    for value in envelope:
        if value > 1.6 * floor and value > 0.35 * envelope.max():
            count, floor, top = count + 1, np.inf, float(value)
        top = max(top, float(value))
        if value < 0.6 * top:
            floor = min(floor, float(value))
            top = max(float(value), 0.6 * top)
    return count


def _hits(smooth: NDArray[np.float32]) -> int:
    """How often the level rises by 9 dB within 30 ms to at least a quarter of the peak, 60 ms apart."""
    lag = 30
    if smooth.size <= lag:
        return 1
    before = np.concatenate([np.zeros(lag, np.float32), smooth[:-lag]])
    rises = np.flatnonzero((smooth > 2.8 * before) & (smooth > 0.25 * smooth.max()))
    return 1 + int(np.count_nonzero(np.diff(rises) > 60)) if rises.size else 1
