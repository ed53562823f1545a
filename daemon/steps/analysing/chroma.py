"""Pitch classes over time: the sound's spectral peaks, folded into one octave, low, middle and high apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft

FINE = 10
"""Bins for each semitone, so that the tuning can be found and taken out."""
RANGES_HZ = ((40.0, 250.0), (250.0, 1000.0), (1000.0, 2500.0))
_WINDOW_S = 0.37
_FAINT = 0.02  # peaks below this part of the frame's highest one are leakage or noise
_SILENT = 1e-4
_A_ABOVE_C = 9  # semitones


class PitchClasses:
    """Takes mono blocks; keeps a frame of (ranges, 12 * FINE) for each quarter of a window, for the first
    `limit_s` seconds."""

    def __init__(self, rate_hz: int, limit_s: float) -> None:
        self.rate_hz = rate_hz
        self.size = 1 << round(float(np.log2(_WINDOW_S * rate_hz)))
        self.hop = self.size // 4
        self.frames: list[NDArray[np.float16]] = []
        self._limit = int(limit_s * rate_hz / self.hop)
        self._window = np.hanning(self.size).astype(np.float32)
        self._held = np.zeros(0, np.float32)

    @property
    def fps(self) -> float:
        return float(self.rate_hz / self.hop)

    def write(self, mono: NDArray[np.float32]) -> None:
        if len(self.frames) >= self._limit:
            return
        self._held = np.concatenate([self._held, mono])
        while self._held.size >= self.size:
            self.frames.append(self._frame(self._held[: self.size]))
            self._held = self._held[self.hop :]

    def _frame(self, part: NDArray[np.float32]) -> NDArray[np.float16]:
        magnitude = np.abs(rfft(part * self._window))
        first, last = (int(hz * self.size / self.rate_hz) for hz in (RANGES_HZ[0][0], RANGES_HZ[-1][1]))
        last = min(last, magnitude.size - 1)
        centre, left, right = (magnitude[first + d : last + d] for d in (0, -1, 1))
        loud = float(magnitude[first:last].max(initial=0.0))
        fine = np.zeros((len(RANGES_HZ), 12 * FINE))
        peaks = np.flatnonzero((centre > left) & (centre >= right) & (centre > _FAINT * loud))
        if loud > _SILENT and peaks.size:
            log = np.log(np.stack([left[peaks], centre[peaks], right[peaks]]) + 1e-12)
            shift = 0.5 * (log[0] - log[2]) / (log[0] - 2 * log[1] + log[2] - 1e-12)
            hz = (first + peaks + np.clip(shift, -0.5, 0.5)) * self.rate_hz / self.size
            bins = np.round(12 * FINE * np.log2(hz / 440.0)).astype(int) + _A_ABOVE_C * FINE
            weight = np.sqrt(centre[peaks])
            for row, (low_hz, high_hz) in enumerate(RANGES_HZ):
                inside = (hz >= low_hz) & (hz < high_hz)
                np.add.at(fine[row], bins[inside] % (12 * FINE), weight[inside])
        return fine.astype(np.float16)


def tuning_cents(frames: NDArray[np.floating]) -> float:
    """How far the sound is tuned from A4 = 440 Hz, -50..50: the mean of the peaks' distances from semitones, as
    angles. frames: (n, ranges, 12 * FINE)."""
    by_distance = frames.astype(np.float64).sum(axis=(0, 1)).reshape(12, FINE).sum(axis=0)
    angle = np.angle((by_distance * np.exp(2j * np.pi * np.arange(FINE) / FINE)).sum())
    return float(angle / (2 * np.pi) * 100)


def folded(frames: NDArray[np.floating], cents: float) -> NDArray[np.float64]:
    """(n, ranges, 12) pitch classes from C of a sound tuned `cents` off: a peak counts the less the farther it lies
    from its semitone."""
    distance = (np.arange(12 * FINE)[None, :] - cents * FINE / 100) / FINE - np.arange(12)[:, None]
    distance = np.abs((distance + 6) % 12 - 6)
    weights = np.clip(1 - distance / 0.6, 0, 1)
    return np.asarray(frames.astype(np.float64) @ weights.T)
