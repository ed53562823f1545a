"""Which periods a piece of music could be tapped to, and what speaks for each of them.

Which of all tempi is the beat is told by where kicks, snares, hats and changes of harmony repeat: autocorrelation says
at which parts and multiples of the period, the spectrum of the curves how evenly in between (Peeters 2011 puts both
together). A small network (`nets`) has learnt from songs with known tempo how that looks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, uniform_filter1d

Curves = NDArray[np.float64]

LOWEST_BPM, HIGHEST_BPM = 50.0, 210.0
_WINDOW_S = 10.0
_LAGS = (1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4, 1.0, 4 / 3, 3 / 2, 2.0, 3.0, 4.0, 6.0, 8.0)
_RATES = (1 / 4, 1 / 3, 1 / 2, 2 / 3, 1.0, 3 / 2, 2.0, 3.0, 4.0)
_TOLERANCE = 0.02  # of a lag, within which its peak is looked for


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How the curves repeat. correlation: (rows, lags) at `fps`, 1 at lag 0. spectrum: (rows, frequencies), each row
    divided by its largest value; step_hz between frequencies. Rows are the curves, then their sum first of all."""

    correlation: NDArray[np.float64]
    spectrum: NDArray[np.float64]
    fps: float
    step_hz: float


def sharpened(curves: NDArray[np.floating], fps: float) -> Curves:
    """What stands above the local average, smoothed so that human timing still adds up; each row with mean square 1
    where it is not silent. curves: (rows, n)."""
    wide = curves.astype(np.float64)
    above = np.maximum(wide - uniform_filter1d(wide, int(0.4 * fps) | 1, axis=1), 0)
    above = np.minimum(above, np.percentile(above, 99.5, axis=1, keepdims=True) + 1e-9)
    smooth = gaussian_filter1d(above, 0.014 * fps, axis=1)
    return np.asarray(smooth / (np.sqrt((smooth**2).mean(axis=1, keepdims=True)) + 1e-9))


def rhythm(pulses: Curves, fps: float) -> Rhythm:
    """Means over half-overlapping windows, so that a tempo that wanders a little is heard."""
    rows = np.concatenate([pulses.sum(axis=0, keepdims=True), pulses])
    size = min(int(_WINDOW_S * fps), rows.shape[1])
    length = 4 * size
    correlation, spectrum = np.zeros((len(rows), size)), np.zeros((len(rows), length // 2 + 1))
    window = np.hanning(size)
    for start in range(0, rows.shape[1] - size + 1, max(size // 2, 1)):
        part = rows[:, start : start + size]
        part = part - part.mean(axis=1, keepdims=True)
        power = np.abs(np.fft.rfft(part, 2 * size, axis=1)) ** 2
        correlation += np.fft.irfft(power, axis=1)[:, :size]
        spectrum += np.abs(np.fft.rfft(part * window, length, axis=1))
    falling = np.maximum(1 - np.arange(size) / size, 0.2)
    correlation = correlation / (correlation[:, :1] + 1e-9) / falling
    step_hz = fps / length
    heard = spectrum[:, : int(12 / step_hz)]
    return Rhythm(correlation, heard / (heard.max(axis=1, keepdims=True) + 1e-9), fps, step_hz)


def candidates() -> NDArray[np.float64]:
    """Tempi in bpm, 2 percent apart."""
    return np.geomspace(LOWEST_BPM, HIGHEST_BPM, round(np.log(HIGHEST_BPM / LOWEST_BPM) / 0.02) + 1)


def evidence(found: Rhythm, bpm: NDArray[np.float64]) -> NDArray[np.float64]:
    """(candidates, features): what each row of the rhythm says at parts and multiples of a candidate's beat."""
    period_s = 60.0 / bpm
    parts = [correlated(found, lag * period_s) for lag in _LAGS]
    parts += [_strength(found, rate / period_s) for rate in _RATES]
    octave = np.log2(bpm / 110.0)
    told = np.concatenate(parts).T  # (candidates, rows * (lags + rates))
    return np.column_stack([told, octave, octave**2, np.abs(octave)])


def correlated(found: Rhythm, lags_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """(rows, lags): the largest correlation near each lag; 0 beyond what was computed."""
    spread = np.linspace(1 - _TOLERANCE, 1 + _TOLERANCE, 5)[:, None]
    spots = (lags_s * spread * found.fps).ravel()
    at = np.arange(found.correlation.shape[1])
    rows = [np.interp(spots, at, row, right=0.0).reshape(5, -1).max(axis=0) for row in found.correlation]
    return np.array(rows)


def _strength(found: Rhythm, rates_hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """(rows, rates): the largest magnitude near each rate."""
    spread = np.linspace(1 - _TOLERANCE, 1 + _TOLERANCE, 5)[:, None]
    spots = (rates_hz * spread / found.step_hz).ravel()
    at = np.arange(found.spectrum.shape[1])
    rows = [np.interp(spots, at, row, right=0.0).reshape(5, -1).max(axis=0) for row in found.spectrum]
    return np.array(rows)
