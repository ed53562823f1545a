"""Tempo and bars from two curves of novelty: all of the sound, and its low end.

The tempo is where a comb of autocorrelation lags (Klapuri et al. 2006 give the idea) is strongest, weighted by how
usual a tempo is; then made exact by the phase of the whole curve against a steady pulse. Bars begin where the low
end and the harmony change.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, uniform_filter1d

Curve = NDArray[np.float32]

_WINDOW_S = 12.0
_USUAL_BPM, _USUAL_OCTAVES = 115.0, 1.0
_BAR_WEIGHT = 0.75
_LAGS = ((1, 1.0), (2, 0.9), (3, 0.4), (4, 0.9), (8, 0.6))  # beats and their weight in the comb
_LEAST_S = 4.0


@dataclass(frozen=True, slots=True)
class Tempo:
    """confidence: 0..1. first_downbeat_s: the first bar line at or after the sound begins."""

    bpm: float
    confidence: float
    beats_per_bar: int
    first_downbeat_s: float


def estimate(
    curve: Curve, low: Curve, change: Curve, fps: float, bpm_range: tuple[float, float]
) -> Tempo | None:
    """Tempo of curves (frames,) at `fps`: novelty, novelty of the low end, change of harmony. None when there is
    too little sound or no pulse at all."""
    if curve.size < _LEAST_S * fps or not curve.any():
        return None
    pulse = _sharpened(curve, fps)
    low_pulse = _sharpened(low, fps)
    correlation, low_correlation = _autocorrelation(pulse, fps), _autocorrelation(low_pulse, fps)
    if correlation is None:
        return None
    low_correlation = np.zeros(1) if low_correlation is None else low_correlation
    bpm, strength, margin = _coarse(correlation, low_correlation, fps, bpm_range)
    bpm, coherence = _exact(pulse, bpm, fps)
    beat_s, phase_s = 60.0 / bpm, _phase_s(pulse, bpm, fps)
    begins_s = float(np.argmax(pulse > 0.2 * pulse.max())) / fps
    beats, first = _bars(low_pulse, change, beat_s, phase_s, fps, begins_s)
    confidence = float(np.clip(1.6 * strength * (0.5 + coherence), 0, 1) * np.clip(0.55 + 2.5 * margin, 0, 1))
    return Tempo(round(float(bpm), 2), round(float(confidence), 3), beats, round(float(first), 4))


def _sharpened(curve: Curve, fps: float) -> NDArray[np.float64]:
    """What stands above the local average, smoothed by 20 ms so that human timing still adds up."""
    above = np.maximum(curve - uniform_filter1d(curve, int(0.4 * fps) | 1), 0).astype(np.float64)
    return np.asarray(gaussian_filter1d(np.minimum(above, np.percentile(above, 99.5) + 1e-9), 0.012 * fps))


def _autocorrelation(pulse: NDArray[np.float64], fps: float) -> NDArray[np.float64] | None:
    """Mean normalised autocorrelation of half-overlapping windows, so that a tempo that drifts a little is heard."""
    size = min(int(_WINDOW_S * fps), pulse.size)
    rows = []
    for start in range(0, pulse.size - size + 1, max(size // 2, 1)):
        part = pulse[start : start + size] - pulse[start : start + size].mean()
        energy = float((part**2).sum())
        if energy > 1e-9:
            spectrum = np.abs(np.fft.rfft(part, 2 * size)) ** 2
            lags = np.fft.irfft(spectrum)[:size] / energy
            rows.append(lags * size / np.maximum(size - np.arange(size), size // 4))
    return np.asarray(np.mean(rows, axis=0)) if rows else None


def _coarse(
    correlation: NDArray[np.float64], low: NDArray[np.float64], fps: float, bpm_range: tuple[float, float]
) -> tuple[float, float, float]:
    """(bpm, strength 0..1, margin 0..1 over the next other tempo) of the best comb.

    A tempo and its double have nearly the same comb. What tells them apart is that the low end repeats by bars.
    """
    candidates = np.geomspace(bpm_range[0], bpm_range[1], 600)
    comb = sum(weight * _at(correlation, beats, candidates, fps) for beats, weight in _LAGS)
    comb = np.asarray(comb) / sum(weight for _, weight in _LAGS)
    bars = np.maximum(_at(low, 4, candidates, fps), 0.8 * _at(low, 3, candidates, fps))
    usual = np.exp(-0.5 * (np.log2(candidates / _USUAL_BPM) / _USUAL_OCTAVES) ** 2)
    scores = np.maximum(comb + _BAR_WEIGHT * bars, 0) * usual
    best = int(np.argmax(scores))
    others = scores[np.abs(np.log2(candidates / candidates[best])) > 0.06]
    margin = 1 - float(others.max(initial=0.0)) / max(float(scores[best]), 1e-9)
    return float(candidates[best]), float(np.clip(comb[best], 0, 1)), margin


def _at(
    correlation: NDArray[np.float64], beats: int, candidates: NDArray[np.float64], fps: float
) -> NDArray[np.float64]:
    """The correlation at `beats` beats of every candidate tempo; 0 where it was not computed."""
    lags = beats * 60.0 / candidates * fps
    return np.asarray(np.interp(lags, np.arange(correlation.size), correlation, right=0.0))


def _exact(pulse: NDArray[np.float64], bpm: float, fps: float) -> tuple[float, float]:
    """(bpm, coherence 0..1): the rate within 2.5 percent at which pulses of eighths, beats and half bars line up
    best over the whole curve. Coherence falls when the tempo wanders."""
    times = np.arange(pulse.size) / fps
    length_s = pulse.size / fps
    best, value = bpm, -1.0
    step = bpm * min(0.0005, 0.1 / max(length_s * bpm / 60.0, 1.0))
    span = 0.025 if length_s < 120 else 0.01
    spots = np.flatnonzero(pulse > 0.1 * pulse.max())
    times, heights = times[spots], pulse[spots]
    for candidate in np.arange(bpm * (1 - span), bpm * (1 + span), max(step, 2 * span * bpm / 1500)):
        turns = 2 * np.pi * candidate / 60.0 * times
        score = sum(abs(np.dot(heights, np.exp(1j * k * turns))) * w for k, w in ((1, 1.0), (2, 0.7), (4, 0.3)))
        if score > value:
            best, value = float(candidate), float(score)
    coherence = value / (2.0 * float(heights.sum()) + 1e-9)
    return best, float(np.clip(coherence, 0, 1))


def _phase_s(pulse: NDArray[np.float64], bpm: float, fps: float) -> float:
    """Time of the beat nearest after 0, by sampling the curve on grids that are shifted against each other."""
    period = 60.0 / bpm * fps
    shifts = np.arange(0, period, 1.0)
    beats = np.arange(0, pulse.size - period, period)
    sums = [np.interp(beats + shift, np.arange(pulse.size), pulse).sum() for shift in shifts]
    return float(shifts[int(np.argmax(sums))]) / fps


def _bars(
    low: NDArray[np.float64], change: Curve, beat_s: float, phase_s: float, fps: float, begins_s: float
) -> tuple[int, float]:
    """(beats per bar, time of the first bar line): the grouping by 4 or 3 whose first beats stand out most in the
    low end and in the harmony. 4 unless 3 is clearly better."""
    count = int((low.size / fps - phase_s) / beat_s)
    beats_s = phase_s + beat_s * np.arange(max(count, 1))
    accent = np.asarray(_at_beats(low, beats_s, fps, 0.05))
    accent = accent + 1.5 * _at_beats(change.astype(np.float64), beats_s, fps, 0.15)
    found = {size: _accented(accent, size) for size in (4, 3)}
    size = 3 if found[3][1] > 1.35 * found[4][1] and count >= 12 else 4
    offset = found[size][0]
    bar_s = size * beat_s
    first = phase_s + offset * beat_s
    bars = np.floor((begins_s + 0.15 * beat_s - first) / bar_s)
    first += max(bars, 0.0) * bar_s
    return size, first + (bar_s if first < begins_s - 0.15 * beat_s else 0.0)


def _at_beats(
    curve: NDArray[np.float64], beats_s: NDArray[np.floating], fps: float, reach_s: float
) -> NDArray[np.float64]:
    """Largest value near each beat, scaled so that the mean is 1."""
    reach = max(int(reach_s * fps), 1)
    spots = np.round(beats_s * fps).astype(int)
    values = np.array([curve[max(at - reach, 0) : at + reach + 1].max(initial=0.0) for at in spots])
    return values / max(float(values.mean()), 1e-9)


def _accented(accent: NDArray[np.float64], size: int) -> tuple[int, float]:
    """(offset, how far the strongest position stands above the average of all)."""
    if accent.size < 2 * size:
        return 0, 0.0
    means = np.array([accent[offset::size].mean() for offset in range(size)])
    return int(np.argmax(means)), float(means.max() - means.mean())
