"""Small building blocks of synthesis. Sounds are mono float64 arrays; times in seconds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

Sound = NDArray[np.float64]


def seconds(length_s: float, rate: int) -> Sound:
    return np.arange(max(int(length_s * rate), 1)) / rate


def decay(t: Sound, t60_s: float) -> Sound:
    """An exponential that has fallen by 60 dB at `t60_s`."""
    return np.asarray(10 ** (-3 * t / t60_s))


def gate(t: Sound, length_s: float, attack_s: float, release_s: float) -> Sound:
    """Rises over `attack_s`, holds until `length_s`, falls by 60 dB in `release_s`."""
    rise = np.minimum(t / max(attack_s, 1e-4), 1.0)
    fall = decay(np.maximum(t - length_s, 0.0), release_s)
    return np.asarray(rise * fall)


def filtered(x: Sound, kind: str, cut_hz: float | tuple[float, float], rate: int, order: int = 2) -> Sound:
    """Butterworth; cut-off frequencies are held below the Nyquist frequency."""
    limit = np.minimum(cut_hz, rate * 0.45)
    return np.asarray(sosfilt(butter(order, limit, kind, fs=rate, output="sos"), x))


def phase(frequency_hz: Sound, rate: int) -> Sound:
    """Phase in radians of an oscillator with a changing frequency."""
    return np.asarray(2 * np.pi * np.cumsum(frequency_hz) / rate)


def fade_out(x: Sound, rate: int, fade_s: float = 0.01) -> Sound:
    """Ends in silence, so that no sound stops with a step."""
    count = min(x.size, int(fade_s * rate))
    x[x.size - count :] *= np.linspace(1, 0, count)
    return x


def peak_one(x: Sound) -> Sound:
    return x / max(float(np.abs(x).max()), 1e-9)
