"""Whether two sounds are one hit, at another gain, rate or format, or trimmed.

Two hits of one drum sound alike and are two; only the wave tells. So both are brought to one rate, laid on each other
where they fit best, and compared sample by sample: as they are, which low notes decide, and with their spectra made
flat by a difference, which is where a second hit of the same drum betrays itself. A codec spoils the highest notes of
a wave, most of all that of AAC; what it keeps is the middle of the spectrum, where a second hit has hardly an octave
in common with the first. Few bits spoil all that is soft, by a noise whose loudness is known.
"""

from __future__ import annotations

import numpy as np
from scipy.fft import irfft, rfft

from daemon.steps.likeness.fitting import STEP_S, Fit, fit, part, powers
from daemon.steps.likeness.prints import LONGEST_S, RATE_HZ, SHIFT_S, SPOT_S, Print, Wave, print_of

__all__ = ["Print", "print_of", "same"]

SAME = 0.95
"""Correlation from which on two waves are one sound. A lossy file of 128 kbit/s mostly has more than that to its
original."""
_SAME_FLAT = 0.9  # of the differences, in which what a lossy codec drops weighs more
_SAME_LOSSY, _SAME_OCTAVES = 0.8, 0.96  # or: of the waves, and of the octaves that a codec keeps
_SAME_HELD, _SAME_FLAT_HELD = 0.997, 0.965
"""Of a wave form that is held. All of those are like a sine: a triangle has 0.993 to it."""
_SHORTEST_S = 0.02
_HELD = 0.4  # of the louder one, that the softer one of the first and the last third of a held sound has
_SINGLE_CYCLE_S = 0.1
_CYCLE = 0.9  # of a single cycle, that another one has at least to be the same: half a sine is no sine
_SLOWEST_S = 0.05  # a period of a tone
_PERIODIC = 0.97  # likeness of a held tone to itself a period later
_ROUGHLY = 0.02  # that a short transform may be wrong by
_PART = 0.2  # of the longer sound, that the shorter one has at least: less is a fragment of it
_PART_OF_LONG = 0.5  # the same where the longer one is more than a hit
_SAME_SPOT = 0.8  # correlation: as of the waves in a lossy file
_HEARD_DB = 35.0  # below its loudest step a sound's level says nothing
_NOISE_DB = 6.0  # above its noise a sound's level says something
_FADE_DB = 3.0  # that the levels of one sound may differ by on the way, besides the gain
_TRIMMED = 0.15  # of the shorter one at its end, where it may have been faded out


def same(one: Print, other: Print) -> bool:
    """Whether both are one hit."""
    short, long = sorted((one, other), key=lambda each: each.wave.size)
    if short.wave.size < _SHORTEST_S * RATE_HZ or _fragment(short, long):
        return False
    steady = held(short.wave) or held(long.wave)
    if steady and long.wave.size <= _SINGLE_CYCLE_S * RATE_HZ and short.wave.size < _CYCLE * long.wave.size:
        return False
    found = fit(short, long)
    if found is None or found.roughly < _SAME_LOSSY - _ROUGHLY or not _alike(found, steady):
        return False
    return _fades_alike(found) and _goes_on_alike(short, long, found)


def _alike(found: Fit, steady: bool) -> bool:
    """steady: a wave form is held, so that there is little to tell it by."""
    plain, flat = found.likeness()
    if steady:
        return plain >= _SAME_HELD and flat >= _SAME_FLAT_HELD
    if plain >= SAME and flat >= _SAME_FLAT:
        return True
    return plain >= _SAME_LOSSY and (found.octaves() >= _SAME_OCTAVES or found.noise_apart())


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


def _fades_alike(found: Fit) -> bool:
    """A low note decides a correlation by its beginning; one that dies away sooner is another one. In its noise no
    level is a sound's own."""
    step = int(STEP_S * RATE_HZ)
    count = int(found.a.size * (1 - _TRIMMED)) // step
    if count < 2:
        return True
    levels, floors = [], []
    for wave, noise in ((found.a, found.noise_a), (found.b, found.noise_b)):
        levels.append(10 * np.log10(powers(wave[: count * step]) + 1e-12))
        floors.append(10 * np.log10(noise + 1e-12) + _NOISE_DB)
    a, b = levels
    heard = (a > a.max() - _HEARD_DB) | (b > b.max() - _HEARD_DB)
    apart = float(np.median((a - b)[heard]))
    floor = max(floors[0], floors[1] + apart)  # as loud as `a`
    away = np.maximum(a, floor) - np.maximum(b + apart, floor)
    return float(np.abs(away[heard]).max()) <= _FADE_DB


def _goes_on_alike(short: Print, long: Print, found: Fit) -> bool:
    """At the spots that both have, but for rests."""
    count, around = int(SPOT_S * RATE_HZ), int(SHIFT_S * RATE_HZ)
    for one, other in zip(short.spots, long.spots, strict=False):
        a = found.late(one, one.size)[around : around + count]  # what lies around takes up what comes round
        b = other[around + found.shift :][:count]
        a = a[: b.size]
        if not (_rests(a, short) and _rests(b, long)) and part(float(a @ b), a, b) < _SAME_SPOT:
            return False
    return True


def _rests(spot: Wave, whole: Print) -> bool:
    """Whether a sound says nothing there: it is silent, or only its noise is left."""
    loudest = float(powers(whole.wave).max()) * 10 ** (-_HEARD_DB / 10)
    return float(np.square(spot).mean()) < max(loudest, whole.noise * 10 ** (_NOISE_DB / 10))
