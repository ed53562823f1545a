"""Where two sounds lie on each other best, and how alike they are there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, rfft
from scipy.signal.windows import tukey

from daemon.steps.likeness.prints import RATE_HZ, SHIFT_S, Print, Wave

_FINER = 8  # places tried from one sample to the next: two files need not have been cut at the same one
_MOST = int(SHIFT_S * RATE_HZ)
_REACH = 1440  # a little more than _MOST, of which a transform is quick
_TOGETHER = 0.8  # of the shorter one, that lies on the other
_HIDES_DB = -40.0  # of the peak
_MORE = 1.25  # noise may be as much louder than it is on average, in a step
_MISFIT = 0.003  # of the power, that is left because a place is found only to _FINER of a sample
STEP_S = 0.03
_OCTAVES_HZ = (0.0, 100.0, 200.0, 400.0, 800.0, 1600.0, 3200.0, 6400.0)  # where each begins
_MIDDLE = slice(1, 6)  # of these: what a codec keeps of a wave
_HEARD_DB = 50.0  # below the loudest octave one says nothing
_OCTAVES = 3  # that say something, at least


@dataclass(frozen=True, slots=True)
class Fit:
    """cross: the cross spectrum of both, of `size`. at: the place, in _FINER of a sample. a, b: the parts of both that
    lie on each other there. noise_a, noise_b: variance of their noise, as far as it is known. roughly: their
    correlation, as far as a short transform tells."""

    cross: NDArray[Any]
    size: int
    at: int
    a: Wave
    b: Wave
    noise_a: float
    noise_b: float
    roughly: float

    @property
    def shift(self) -> int:
        """The place in samples: how much further on in the longer sound the shorter one begins."""
        return round(self.at / _FINER)

    def likeness(self) -> tuple[float, float]:
        """Correlations of both, as they are and of their differences from sample to sample. Exactly: the values at the
        place found, out of all of the spectrum."""
        slope = 2 - 2 * np.cos(2 * np.pi * np.arange(self.cross.size, dtype=np.float32) / self.size)
        turned = self._turned()
        plain = part(_sum(turned, self.size), self.a, self.b)
        return plain, part(_sum(turned * slope, self.size), np.diff(self.a), np.diff(self.b))

    def octaves(self) -> float:
        """The mean correlation of the octaves between 100 Hz and 3200 Hz, however loud each is; 0 where few of them
        are heard."""
        edges = [round(hz * self.size / RATE_HZ) for hz in _OCTAVES_HZ]
        cross, a, b = (
            np.add.reduceat(each, edges)
            for each in (
                self._turned().real,
                *(np.square(np.abs(rfft(each, self.size))) for each in (self.a, self.b)),
            )
        )
        level = np.minimum(a / a.sum(), b / b.sum())
        heard = (level > level.max() * 10 ** (-_HEARD_DB / 10))[_MIDDLE]
        if np.count_nonzero(heard) < _OCTAVES:
            return 0.0
        alike = np.sign(cross.sum()) * cross / np.sqrt(a * b + 1e-30)
        return float(np.minimum(alike[_MIDDLE][heard], 1.0).mean())

    def noise_apart(self) -> bool:
        """Whether nothing tells both apart but the noise of few bits: what is left of one when the other is taken from
        it is nowhere more than that. False where the noise is so loud that it could hide another hit."""
        a = self.late(self.a, self.size)
        gain = float(a @ self.b) / float(a @ a)
        noise = self.noise_b + gain**2 * self.noise_a
        if noise > float(np.square(self.b).max()) * 10 ** (_HIDES_DB / 10):
            return False
        left = self.b - gain * a
        pairs = ((left, self.b, noise), (np.diff(left), np.diff(self.b), 2 * noise))
        return all((powers(one) <= _MORE * most + _MISFIT * powers(of)).all() for one, of, most in pairs)

    def late(self, wave: Wave, size: int) -> Wave:
        """A part of the shorter sound, later by what the place has beyond whole samples (`shift`). size: of the
        transform, that of the part at least."""
        turn = 2 * np.pi * np.arange(size // 2 + 1, dtype=np.float32) / size
        moved = rfft(wave, size) * np.exp(-1j * (self.at / _FINER - self.shift) * turn)
        return np.asarray(irfft(moved, size)[: wave.size])

    def _turned(self) -> NDArray[Any]:
        """The cross spectrum at the place found."""
        turn = 2 * np.pi * np.arange(self.cross.size, dtype=np.float32) / self.size
        return np.asarray(self.cross * np.exp(1j * (self.at / _FINER) * turn))


def fit(short: Print, long: Print) -> Fit | None:
    """None when too little of the shorter one lies on the other."""
    size = _size(long.wave.size + _REACH)
    cross = long.spectrum(size) * np.conj(short.spectrum(size))
    places = irfft(cross, size)
    near = np.concatenate([places[-_REACH:], places[:_REACH]]) * _faded()
    fine = irfft(rfft(near), near.size * _FINER) * _FINER
    edge = (_REACH - _MOST) * _FINER
    around = np.abs(fine[edge : edge + 2 * _MOST * _FINER + 1])
    best = int(np.argmax(around))
    at = best - _MOST * _FINER
    a, b = _overlap(short.wave, long.wave, round(at / _FINER))
    if a.size < _TOGETHER * short.wave.size:
        return None
    return Fit(cross, size, at, a, b, short.noise, long.noise, part(float(around[best]), a, b))


def part(product: float, a: Wave, b: Wave) -> float:
    """The correlation, 0..1, of two waves by their product."""
    power = float(a @ a) * float(b @ b)
    return min(abs(product) / power**0.5, 1.0) if power > 0 else 0.0


def powers(wave: Wave) -> NDArray[Any]:
    """Mean power of each step of STEP_S, the last of which may be shorter."""
    starts = np.arange(0, wave.size, int(STEP_S * RATE_HZ))
    return np.asarray(np.add.reduceat(np.square(wave), starts) / np.diff(starts, append=wave.size))


@cache
def _faded() -> Wave:
    """Out of the places around, which a transform takes for periodic, the middle; what is beyond _MOST fades."""
    return np.asarray(tukey(2 * _REACH, (_REACH - _MOST) / _REACH), np.float32)


def _size(least: int) -> int:
    """Of a transform: few sizes, so that the spectrum of a sound serves for many others."""
    size = 2048
    while size < least:
        size = size * 3 // 2 if size & (size - 1) == 0 else size * 4 // 3
    return size


def _sum(spectrum: NDArray[Any], size: int) -> float:
    """The first value of what `irfft` would give."""
    ends = float(spectrum[0].real) + (float(spectrum[-1].real) if size % 2 == 0 else 0.0)
    inner = spectrum[1:-1] if size % 2 == 0 else spectrum[1:]
    return (ends + 2 * float(inner.real.sum())) / size


def _overlap(a: Wave, b: Wave, shift: int) -> tuple[Wave, Wave]:
    """The parts of both that lie on each other when `a` is laid so much further on in `b`."""
    if shift >= 0:
        b = b[shift:]
    else:
        a = a[-shift:]
    count = min(a.size, b.size)
    return a[:count], b[:count]
