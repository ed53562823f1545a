"""What can be measured of a short sound. Each figure has a plain meaning and an analytic test."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.fft import next_fast_len, rfft

from daemon.engines.classifier.image import Mono, mono
from daemon.engines.classifier.sweep import standing_still

_STEP_S = 0.001
_SPECTRUM_S = 0.5  # of the sound from its attack on: the part by which an ear names it
_BANDS_HZ = (20.0, 160.0, 320.0, 640.0, 1280.0, 2560.0, 5120.0, 10240.0, 20480.0)
"""Octaves; but what is below 160 Hz is one band to the ear too (Zwicker, Subdivision of the Audible Frequency Range
into Critical Bands, 1961), and in an octave of so few Hz a tone that dies away would look as wide as noise."""
_TONE = 0.1  # noisiness: below it a sound is one, whether or not it sweeps


@dataclass(frozen=True, slots=True)
class Measures:
    """length_s: from attack to 60 dB below the peak. attack_s: 10 to 90 percent of the peak. decay_s: from the
    peak to 40 dB below it, or to the end. brightness_hz: spectral centroid of the power. noisiness: 0 for a tone,
    1 for white noise (spectral flatness by bands, and of a tone that sweeps down as if it stood still). low, high:
    part of the power below 150 Hz, above 5 kHz. hits: rises like a new attack in the whole sound. peak_db: dBFS."""

    length_s: float
    attack_s: float
    decay_s: float
    brightness_hz: float
    noisiness: float
    low: float
    high: float
    hits: int
    peak_db: float


def measure(audio: NDArray[np.float32], rate_hz: int) -> Measures | None:
    """Measures of audio (channels, n); None for silence (below -80 dBFS)."""
    sound = mono(audio)
    level = np.abs(sound)
    peak = float(level.max(initial=0.0))
    if peak < 1e-4:
        return None
    envelope = _envelope(level, rate_hz)
    smooth = _held(envelope)
    top = int(np.argmax(smooth >= 0.9 * smooth.max()))
    start = int(np.argmax(envelope >= 0.1 * envelope.max()))
    heard = _fading(sound[int(start * _STEP_S * rate_hz) :][: int(_SPECTRUM_S * rate_hz)])
    power, bin_hz = _spectrum(heard, rate_hz)
    total = float(power.sum()) + 1e-20
    return Measures(
        length_s=(_last_above(smooth, 1e-3) - start) * _STEP_S,
        attack_s=max(int(np.argmax(envelope >= 0.9 * envelope.max())) - start, 0) * _STEP_S,
        decay_s=max(_last_above(smooth, 1e-2) - top, 1) * _STEP_S,
        brightness_hz=float(power @ np.arange(power.size)) * bin_hz / total,
        noisiness=_noisiness(heard, rate_hz, _flatness(power, bin_hz)),
        low=float(power[: _first(150.0, bin_hz)].sum()) / total,
        high=float(power[_first(5000.0, bin_hz) :].sum()) / total,
        hits=_hits(smooth),
        peak_db=20 * float(np.log10(peak)),
    )


def _envelope(level: Mono, rate_hz: int) -> NDArray[np.float32]:
    """Peak of each millisecond."""
    size = max(int(_STEP_S * rate_hz), 1)
    return np.asarray(np.maximum.reduceat(level, np.arange(0, level.size, size)))


def _held(envelope: NDArray[np.float32]) -> NDArray[np.float32]:
    """Largest of the last 8 values, so that a low tone's own swing is no decay."""
    held = envelope.copy()
    for back in (1, 2, 4):
        held[back:] = np.maximum(held[back:], held[:-back].copy())
    return held


def _last_above(envelope: NDArray[np.float32], part: float) -> int:
    return int(np.flatnonzero(envelope >= part * envelope.max())[-1])


def _fading(sound: Mono) -> Mono:
    """Half a window: no fade at the attack, which is the beginning."""
    return np.asarray(sound * _half_window(sound.size))


def _spectrum(fading: Mono, rate_hz: int) -> tuple[NDArray[np.float32], float]:
    """(power, Hz from bin to bin)."""
    size = next_fast_len(max(fading.size, int(0.05 * rate_hz)), real=True)
    spectrum = rfft(fading, size)
    return np.asarray(spectrum.real**2 + spectrum.imag**2), rate_hz / size


@lru_cache(maxsize=4)  # most sounds are longer than what is looked at
def _half_window(size: int) -> NDArray[np.float32]:
    return np.asarray(np.cos(np.linspace(0, np.pi / 2, size, endpoint=False, dtype=np.float32)) ** 2)


def _first(hz: float, bin_hz: float) -> int:
    """The first bin that is not below a frequency."""
    return int(np.ceil(hz / bin_hz - 1e-9))


def _noisiness(fading: Mono, rate_hz: int, flatness: float) -> float:
    """flatness: of its spectrum as it is."""
    if flatness < _TONE:
        return flatness
    return min(flatness, _flatness(*_spectrum(standing_still(fading, rate_hz), rate_hz)))


def _flatness(power: NDArray[np.float32], bin_hz: float) -> float:
    """Geometric over arithmetic mean of the power in each band, weighted by the band's power; exp(-0.577) is
    what a periodogram of white noise gives."""
    edges = [_first(hz, bin_hz) for hz in _BANDS_HZ]
    logs = np.log(power[edges[0] : edges[-1]] + np.float32(1e-20))
    weights, values = [], []
    for low, high in pairwise(edges):
        part = power[low:high]
        if part.size >= 8:
            mean = float(part.mean()) + 1e-20
            values.append(float(np.exp(logs[low - edges[0] : high - edges[0]].mean())) / mean)
            weights.append(mean * part.size)
    if not weights or sum(weights) <= 0:
        return 0.0
    return float(min(np.average(values, weights=weights) / np.exp(-0.5772), 1.0))


def _hits(smooth: NDArray[np.float32]) -> int:
    """How often the level rises by 9 dB within 30 ms to at least a quarter of the peak, 60 ms apart."""
    lag = 30
    if smooth.size <= lag:
        return 1
    before = np.concatenate([np.zeros(lag, np.float32), smooth[:-lag]])
    rises = np.flatnonzero((smooth > 2.8 * before) & (smooth > 0.25 * smooth.max()))
    return 1 + int(np.count_nonzero(np.diff(rises) > 60)) if rises.size else 1
