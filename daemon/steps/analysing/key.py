"""Key: how well the sound's pitch classes fit each major and minor scale's profile.

Profiles by Temperley (What's Key for Key?, 1999), correlated as Krumhansl does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft

_MAJOR = (5.0, 2.0, 3.5, 2.0, 4.5, 4.0, 2.0, 4.5, 2.0, 3.5, 1.5, 4.0)
# Temperley's minor has the raised seventh of classical harmony; popular music mostly has the natural one.
_MINOR = (5.0, 2.0, 3.5, 4.5, 2.0, 4.0, 2.0, 4.5, 3.5, 2.0, 3.2, 2.3)
_MAJOR_NAMES = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_MINOR_NAMES = ("Cm", "C#m", "Dm", "Ebm", "Em", "Fm", "F#m", "Gm", "G#m", "Am", "Bbm", "Bm")
_LOW_HZ, _HIGH_HZ = 60.0, 1800.0
_WINDOW_S = 0.37
_OPENING_S = 1.2  # a song mostly begins on its tonic: what tells a minor key from its relative major
_OPENING_WEIGHT = 0.25
_FINE = 3  # bins per semitone, so that an instrument tuned off 440 Hz is heard right


@dataclass(frozen=True, slots=True)
class Key:
    """name: "Am", "C#m", "F". confidence: 0..1. tuning_cents: from A4 = 440 Hz."""

    name: str
    confidence: float
    tuning_cents: float


class PitchClasses:
    """Adds up spectral peaks by pitch class, block by block. Holds 36 numbers and one window."""

    def __init__(self, rate_hz: int) -> None:
        self.rate_hz = rate_hz
        self.size = 1 << round(float(np.log2(_WINDOW_S * rate_hz)))
        self.hop = self.size // 4
        self._window = np.hanning(self.size).astype(np.float32)
        self._held = np.zeros(0, np.float32)
        self.fine = np.zeros(12 * _FINE)
        self.frames: list[NDArray[np.float32]] = []  # (12,) each: for the change of harmony

    @property
    def fps(self) -> float:
        return float(self.rate_hz / self.hop)

    def write(self, mono: NDArray[np.float32]) -> None:
        self._held = np.concatenate([self._held, mono])
        while self._held.size >= self.size:
            self._add(self._held[: self.size])
            self._held = self._held[self.hop :]

    def _add(self, part: NDArray[np.float32]) -> None:
        magnitude = np.abs(rfft(part * self._window))
        first, last = int(_LOW_HZ * self.size / self.rate_hz), int(_HIGH_HZ * self.size / self.rate_hz)
        centre, left, right = (magnitude[first + d : last + d] for d in (0, -1, 1))
        loud = magnitude[first:last].max(initial=0.0)
        peaks = np.flatnonzero((centre > left) & (centre >= right) & (centre > 0.02 * loud))
        fine = np.zeros(12 * _FINE)
        if loud > 1e-4 and peaks.size:
            log = np.log(np.stack([left[peaks], centre[peaks], right[peaks]]) + 1e-12)
            shift = 0.5 * (log[0] - log[2]) / (log[0] - 2 * log[1] + log[2] - 1e-12)
            hz = (first + peaks + np.clip(shift, -0.5, 0.5)) * self.rate_hz / self.size
            bins = np.round(12 * _FINE * np.log2(hz / 440.0)).astype(int) + 9 * _FINE  # 9 semitones: A above C
            np.add.at(fine, bins % (12 * _FINE), np.sqrt(centre[peaks]))
        self.fine += fine
        self.frames.append(_folded(fine, 0).astype(np.float32))


def _folded(fine: NDArray[np.float64], shift: int) -> NDArray[np.float64]:
    """(12,) from thirds of semitones, with the tuning moved by `shift` thirds."""
    return np.asarray(np.roll(fine, _FINE // 2 - shift).reshape(12, _FINE).sum(axis=1))


def key_of(classes: PitchClasses) -> Key | None:
    """The best key, or None when nothing tuned was heard."""
    total = float(classes.fine.sum())
    if total <= 0:
        return None
    by_shift = [float(np.roll(classes.fine, -shift)[::_FINE].sum()) for shift in (-1, 0, 1)]
    tuning = int(np.argmax(by_shift)) - 1
    chroma = np.roll(classes.fine, -tuning)[::_FINE] + 0.3 * _folded(classes.fine, tuning)
    fits = sorted(_fits(chroma, _opening(classes)), reverse=True)
    best, name = fits[0]
    rival = next(value for value, other in fits[1:] if other != name)
    confidence = float(np.clip((best - 0.4) / 0.4, 0, 1) * np.clip(0.45 + (best - rival) / 0.14, 0, 1))
    return Key(name, round(confidence, 3), round(tuning * 100 / _FINE, 1))


def _opening(classes: PitchClasses) -> NDArray[np.float64]:
    """(12,) pitch classes of the first moments in which anything tuned sounds."""
    sounding = [frame for frame in classes.frames[: int(60 * classes.fps)] if frame.any()]
    return np.asarray(np.sum(sounding[: max(int(_OPENING_S * classes.fps), 1)], axis=0, dtype=np.float64))


def _fits(chroma: NDArray[np.float64], opening: NDArray[np.float64]) -> list[tuple[float, str]]:
    """(fit, name) of every key: correlation with its profile, and a little with its tonic triad at the start."""
    fits = []
    for profile, names, third in ((_MAJOR, _MAJOR_NAMES, 4), (_MINOR, _MINOR_NAMES, 3)):
        triad = np.zeros(12)
        triad[[0, third, 7]] = 1.0
        for tonic in range(12):
            fit = np.corrcoef(chroma, np.roll(profile, tonic))[0, 1]
            start = np.corrcoef(opening, np.roll(triad, tonic))[0, 1]
            fits.append((float(fit + _OPENING_WEIGHT * start), names[tonic]))
    return fits


def harmony_change(frames: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    """(frames,): how much the pitch classes of the second after each frame differ from those before, 0..2."""
    if not frames:
        return np.zeros(1, np.float32)
    chroma = np.array(frames)
    sums = np.concatenate([np.zeros((1, 12), np.float32), np.cumsum(chroma, axis=0)])
    reach, count = 4, len(frames)
    at = np.arange(count)
    before = sums[at] - sums[np.maximum(at - reach, 0)]
    after = sums[np.minimum(at + reach, count)] - sums[at]
    unit = [part / np.maximum(np.linalg.norm(part, axis=1, keepdims=True), 1e-9) for part in (before, after)]
    return np.asarray(1 - (unit[0] * unit[1]).sum(axis=1), np.float32)
