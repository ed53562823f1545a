"""Whether two sounds are one hit, at another gain, rate or format, or trimmed.

Two hits of one drum sound alike and are two; only the wave tells. So both are brought to one rate, laid on each other
where they fit best, and compared sample by sample: as they are, which low notes decide, and with their spectra made
flat by a difference, which is where a second hit of the same drum betrays itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft

from daemon.engines.classifier.image import mono

Wave = NDArray[np.float32]

RATE_HZ = 22050
LONGEST_S = 1.5  # from the attack on, by which any two sounds are told apart
SAME = 0.95
"""Correlation from which on two waves are one sound. A lossy file of 128 kbit/s has more than that to its original."""
_SAME_FLAT = 0.9  # of the differences, in which what a lossy codec drops weighs more
_SHORTEST_S = 0.02
_ONSET_DB = -35.0
_BEFORE_S = 0.01
_SHIFT_S = 0.06  # attacks are found this far apart at most
_FINER = 8  # places tried from one sample to the next: two files need not have been cut at the same one
_TOGETHER = 0.8  # of the shorter one, that lies on the other
_PART = 0.2  # of the longer sound, that the shorter one has at least: less is a fragment of it


@dataclass(frozen=True, slots=True)
class Print:
    """wave: at RATE_HZ, from just before the attack to where it has died away or the file ends. sound_s: its length."""

    wave: Wave
    sound_s: float


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
    if rate_hz != RATE_HZ:
        part = soxr.resample(part, rate_hz, RATE_HZ, quality="MQ")
    return Print(np.asarray(part, np.float32), (end - start) / rate_hz)


def same(one: Print, other: Print) -> bool:
    """Whether both are one hit."""
    short, long = sorted((one.wave, other.wave), key=len)
    if short.size < _SHORTEST_S * RATE_HZ or short.size < _PART * long.size:
        return False
    plain, flat = likeness(short, long)
    return plain >= SAME and flat >= _SAME_FLAT


def likeness(short: Wave, long: Wave) -> tuple[float, float]:
    """Correlation of both where they fit best, and of their differences laid on each other in the same way; the
    other way up counts as well. Only where both are is compared."""
    size = next_fast_len(short.size + long.size, real=True)
    cross = rfft(long, size) * np.conj(rfft(short, size))
    places = irfft(cross, size * _FINER) * _FINER
    most = int(_SHIFT_S * RATE_HZ) * _FINER
    around = np.concatenate([places[-most:], places[: most + 1]])
    at = int(np.argmax(np.abs(around))) - most
    a, b = _overlap(short, long, round(at / _FINER))
    if a.size < _TOGETHER * short.size:
        return 0.0, 0.0
    turn = 2 * np.pi * np.arange(cross.size) / size
    slope = 2 - 2 * np.cos(turn)  # power response of a difference
    rises = _sum(cross * slope * np.exp(1j * turn * at / _FINER), size)
    return _part(float(around[at + most]), a, b), _part(rises, np.diff(a), np.diff(b))


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
