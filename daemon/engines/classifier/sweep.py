"""A tone that sweeps down, played at each moment so fast or slow that it stands still.

The pitch of a kick falls by octaves within milliseconds, which makes its spectrum as wide and flat as that of noise.
Warped in time by its own frequency it is a steady tone, as a singing voice is by its fundamental (Kepesi and Weruaga,
Adaptive chirp-based time-frequency analysis of speech signals, 2006). What the frequency does besides falling is not
followed: that of noise leaps about, and noise stays noise.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.fft import ifft, next_fast_len, rfft
from scipy.optimize import isotonic_regression

from daemon.engines.classifier.image import Mono

_POWER = 0.98  # lies below a frequency; what is beyond _ABOVE times that one, as a click, is not looked at
_ABOVE = 2.0
_LEAST_HZ = 200.0
_LOWEST_HZ = 20.0
_LONGEST = 4  # times the sound, that it may become
_FADED = 4  # th part of the band, at its upper end


def standing_still(sound: Mono, rate_hz: int) -> Mono:
    """The sound, warped so that it keeps to one frequency, the one where it is loudest on average. As it is where it
    is silent or all too short."""
    band, fps = _band(sound, rate_hz)
    if band.size < 3 or not band.any():
        return sound
    turn = band[1:] * np.conj(band[:-1])
    weight = np.abs(turn)
    hz = np.angle(turn) % (2 * np.pi) / (2 * np.pi) * fps
    falls_hz = isotonic_regression(hz, weights=weight + 1e-9 * weight.max(), increasing=False).x
    falls_hz = np.maximum(falls_hz, _LOWEST_HZ)
    usual_hz = float(np.average(falls_hz, weights=weight))
    turns = np.concatenate([[0.0], np.cumsum(falls_hz)]) / fps
    count = min(int(turns[-1] / usual_hz * rate_hz), _LONGEST * sound.size)
    at_s = np.interp(np.arange(count) * usual_hz / rate_hz, turns, np.arange(turns.size) / fps)
    return np.asarray(np.interp(at_s * rate_hz, np.arange(sound.size), sound), np.float32)


def _band(sound: Mono, rate_hz: int) -> tuple[NDArray[np.complex64], float]:
    """(analytic signal of where the power is, its rate in Hz)."""
    size = next_fast_len(max(sound.size, 2), real=True)
    spectrum = rfft(sound, size)
    step_hz = rate_hz / size
    spectrum[: int(_LOWEST_HZ / step_hz) + 1] = 0
    below = np.cumsum(spectrum.real**2 + spectrum.imag**2)
    top_hz = float(np.searchsorted(below, _POWER * below[-1])) * step_hz
    count = min(int(max(_ABOVE * top_hz, _LEAST_HZ) / step_hz), spectrum.size)
    faded = count // _FADED
    spectrum[count - faded : count] *= np.cos(np.linspace(0, np.pi / 2, faded, dtype=np.float32)) ** 2
    band = ifft(spectrum[:count])[: -(-count * sound.size // size)]
    return np.asarray(band, np.complex64), count * step_hz
