"""Whether two sounds are one hit, at another gain, rate or format, or trimmed.

Two hits of one drum sound alike and are two; only the wave tells. So both are brought to one rate, laid on each other
where they fit best, and compared sample by sample: as they are, which low notes decide, and with their spectra made
flat by a difference, which is where a second hit of the same drum betrays itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray
from scipy.fft import irfft, rfft
from scipy.signal.windows import tukey

from daemon.engines.classifier.image import mono

Wave = NDArray[np.float32]

RATE_HZ = 22050
LONGEST_S = 1.5  # from the attack on, by which any two hits are told apart
SPOTS_S = (2.0, 4.0, 8.0, 16.0)
"""Where what goes on for longer is looked at too: loops and pads may begin alike."""
SPOT_S = 0.25
SAME = 0.95
"""Correlation from which on two waves are one sound. A lossy file of 128 kbit/s has more than that to its original."""
_SAME_FLAT = 0.9  # of the differences, in which what a lossy codec drops weighs more
_SAME_HELD, _SAME_FLAT_HELD = 0.997, 0.965
"""Of a wave form that is held. All of those are like a sine: a triangle has 0.993 to it."""
_SHORTEST_S = 0.02
_HELD = 0.4  # of the louder one, that the softer one of the first and the last third of a held sound has
_SINGLE_CYCLE_S = 0.1
_CYCLE = 0.9  # of a single cycle, that another one has at least to be the same: half a sine is no sine
_SLOWEST_S = 0.05  # a period of a tone
_PERIODIC = 0.97  # likeness of a held tone to itself a period later
_ONSET_DB = -35.0
_BEFORE_S = 0.01
_SHIFT_S = 0.06  # attacks are found this far apart at most
_FINER = 8  # places tried from one sample to the next: two files need not have been cut at the same one
_MOST = int(_SHIFT_S * RATE_HZ)
_REACH = 1440  # a little more than _MOST, of which a transform is quick
_ROUGHLY = 0.02  # that a short transform may be wrong by
_TOGETHER = 0.8  # of the shorter one, that lies on the other
_PART = 0.2  # of the longer sound, that the shorter one has at least: less is a fragment of it
_PART_OF_LONG = 0.5  # the same where the longer one is more than a hit
_SAME_SPOT = 0.8  # correlation: a place is found only to a sample there
_STEP_S = 0.03
_HEARD_DB = 35.0  # below its loudest step a sound's level says nothing
_FADE_DB = 3.0  # that the levels of one sound may differ by on the way, besides the gain
_TRIMMED = 0.15  # of the shorter one at its end, where it may have been faded out


@dataclass(frozen=True, slots=True)
class Print:
    """wave: at RATE_HZ, from just before the attack to where it has died away or the file ends, LONGEST_S at most.
    sound_s: the length of all of it. spots: what sounds SPOTS_S later, as far as it goes, with what lies around."""

    wave: Wave
    sound_s: float
    spots: tuple[Wave, ...] = ()
    _spectra: dict[int, NDArray[Any]] = field(default_factory=dict, compare=False, repr=False)

    def spectrum(self, size: int) -> NDArray[Any]:
        """Kept: a sound is compared with many."""
        found = self._spectra.get(size)
        if found is None:
            found = self._spectra[size] = rfft(self.wave, size)
        return found


def print_of(audio: NDArray[np.float32], rate_hz: int) -> Print | None:
    """Of (channels, n); None for silence."""
    sound = mono(audio)
    level = np.abs(sound)
    top = float(level.max(initial=0.0))
    if top < 1e-4:
        return None
    spots = np.flatnonzero(level >= top * 10 ** (_ONSET_DB / 20))
    start = max(int(spots[0]) - int(_BEFORE_S * rate_hz), 0)
    end = int(np.flatnonzero(level >= top * 1e-3)[-1]) + 1
    part = sound[start : min(end, start + int(LONGEST_S * rate_hz))]
    found: list[Wave] = []
    for at_s in SPOTS_S:
        first = start + int((at_s - _SHIFT_S) * rate_hz)
        if (last := first + int((SPOT_S + 2 * _SHIFT_S) * rate_hz)) <= end:
            found.append(_at_rate(sound[first:last], rate_hz))
    return Print(_at_rate(part, rate_hz), (end - start) / rate_hz, tuple(found))


def _at_rate(sound: Wave, rate_hz: int) -> Wave:
    same_rate = sound if rate_hz == RATE_HZ else soxr.resample(sound, rate_hz, RATE_HZ, quality="MQ")
    return np.asarray(same_rate, np.float32)


def same(one: Print, other: Print) -> bool:
    """Whether both are one hit."""
    short, long = sorted((one, other), key=lambda each: each.wave.size)
    if short.wave.size < _SHORTEST_S * RATE_HZ or _fragment(short, long):
        return False
    steady = held(short.wave) or held(long.wave)
    if steady and long.wave.size <= _SINGLE_CYCLE_S * RATE_HZ and short.wave.size < _CYCLE * long.wave.size:
        return False
    fit = _fit(short, long)
    if fit is None or fit.roughly < SAME - _ROUGHLY:
        return False
    plain, flat = _likeness(fit)
    if plain < SAME or flat < _SAME_FLAT or not _fades_alike(fit) or not _goes_on_alike(short, long, fit):
        return False
    return not steady or (plain >= _SAME_HELD and flat >= _SAME_FLAT_HELD)


def _fragment(short: Print, long: Print) -> bool:
    least, most = sorted((short.sound_s, long.sound_s))
    return least < (_PART_OF_LONG if most > LONGEST_S else _PART) * most


def held(wave: Wave) -> bool:
    """Whether a sound, at RATE_HZ, is a single cycle, or a tone that neither fades nor changes."""
    first, _, last = (float(np.sqrt(np.mean(np.square(part)))) for part in np.array_split(wave, 3))
    if min(first, last) < _HELD * max(first, last):
        return False
    if wave.size <= _SINGLE_CYCLE_S * RATE_HZ:
        return True
    again = irfft(np.square(np.abs(rfft(wave, 2 * wave.size))))[: int(_SLOWEST_S * RATE_HZ)]
    again /= again[0] * (1 - np.arange(again.size) / wave.size)
    away = np.flatnonzero(again < 0)
    return bool(away.size and again[away[0] :].max() >= _PERIODIC)


@dataclass(frozen=True, slots=True)
class _Fit:
    """Where two sounds lie on each other best. cross: their cross spectrum, of `size`. at: in _FINER of a sample.
    a, b: the parts of both that lie there. roughly: their correlation, as far as a short transform tells."""

    cross: NDArray[Any]
    size: int
    at: int
    a: Wave
    b: Wave
    roughly: float


def _fit(short: Print, long: Print) -> _Fit | None:
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
    return _Fit(cross, size, at, a, b, _part(float(around[best]), a, b))


def _likeness(fit: _Fit) -> tuple[float, float]:
    """Exactly: the values of both correlations at the place found, out of all of the spectrum."""
    turn = 2 * np.pi * np.arange(fit.cross.size, dtype=np.float32) / fit.size
    turned = fit.cross * np.exp(1j * (fit.at / _FINER) * turn)
    slope = 2 - 2 * np.cos(turn)  # power response of a difference
    plain = _part(_sum(turned, fit.size), fit.a, fit.b)
    return plain, _part(_sum(turned * slope, fit.size), np.diff(fit.a), np.diff(fit.b))


def _fades_alike(fit: _Fit) -> bool:
    """A low note decides a correlation by its beginning; one that dies away sooner is another one."""
    step = int(_STEP_S * RATE_HZ)
    count = int(fit.a.size * (1 - _TRIMMED)) // step
    if count < 2:
        return True
    a, b = (
        10 * np.log10(np.square(each[: count * step].reshape(count, step)).mean(1) + 1e-12)
        for each in (fit.a, fit.b)
    )
    heard = (a > a.max() - _HEARD_DB) | (b > b.max() - _HEARD_DB)
    apart = (a - b)[heard]
    return float(np.abs(apart - np.median(apart)).max()) <= _FADE_DB


def _goes_on_alike(short: Print, long: Print, fit: _Fit) -> bool:
    """At the spots that both have."""
    count, around = int(SPOT_S * RATE_HZ), int(_SHIFT_S * RATE_HZ)
    shift = round(fit.at / _FINER)
    for one, other in zip(short.spots, long.spots, strict=False):
        a, b = one[around : around + count], other[max(around + shift, 0) :][:count]
        a = a[: b.size]
        if _part(float(a @ b), a, b) < _SAME_SPOT:
            return False
    return True


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


def _part(product: float, a: Wave, b: Wave) -> float:
    power = float(a @ a) * float(b @ b)
    return min(abs(product) / power**0.5, 1.0) if power > 0 else 0.0
