"""What of a sound is kept to compare it with many others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray
from scipy.fft import rfft

from daemon.engines.classifier.image import mono

Wave = NDArray[np.float32]

RATE_HZ = 22050
LONGEST_S = 1.5  # from the attack on, by which any two hits are told apart
SPOTS_S = (2.0, 4.0, 8.0, 16.0)
"""Where what goes on for longer is looked at too: loops and pads may begin alike."""
SPOT_S = 0.25
SHIFT_S = 0.06  # attacks are found this far apart at most
_SILENT = 1e-4  # of full scale
_ONSET_DB = -35.0
_END_DB = -60.0
_HEARD_DB = -30.0
"""Of the loudest part: what is quieter is noise in one copy, and there in another."""
_BEFORE_S = 0.01
_PART_S = 0.01  # whose level is a sound's level then
_ABOVE_NOISE = 4.0  # times its standard deviation, which the noise of a quantiser with dither never reaches


@dataclass(frozen=True, slots=True)
class Print:
    """wave: at RATE_HZ, from just before the attack to where it has died away or the file ends, LONGEST_S at most.
    sound_s: how long all of it sounds, from the attack on. spots: what sounds SPOTS_S later, as far as it goes, with
    what lies around. noise: variance that the file's bits alone give the wave. clear_s: as sound_s, but to where that
    noise may be all there is."""

    wave: Wave
    sound_s: float
    spots: tuple[Wave, ...] = ()
    noise: float = 0.0
    clear_s: float = 0.0
    _spectra: dict[int, NDArray[Any]] = field(default_factory=dict, compare=False, repr=False)

    def spectrum(self, size: int) -> NDArray[Any]:
        """Kept: a sound is compared with many."""
        found = self._spectra.get(size)
        if found is None:
            found = self._spectra[size] = rfft(self.wave, size)
        return found


def print_of(audio: NDArray[np.float32], rate_hz: int, bits: int | None = None) -> Print | None:
    """Of (channels, n); None for silence. bits: of the samples in the file, None where they are no integers."""
    sound = mono(audio)
    level = np.abs(sound)
    top = float(level.max(initial=0.0))
    if top < _SILENT:
        return None
    noise = _quantised(bits)
    least = min(_ABOVE_NOISE * noise**0.5, 0.5 * top)
    attack = int(np.argmax(level >= max(top * 10 ** (_ONSET_DB / 20), least)))
    start = max(attack - int(_BEFORE_S * rate_hz), 0)
    end = int(np.flatnonzero(level >= max(top * 10 ** (_END_DB / 20), least))[-1]) + 1
    part = sound[start : min(end, start + int(LONGEST_S * rate_hz))]
    found: list[Wave] = []
    for at_s in SPOTS_S:
        first = start + int((at_s - SHIFT_S) * rate_hz)
        if (last := first + int((SPOT_S + 2 * SHIFT_S) * rate_hz)) <= end:
            found.append(_at_rate(sound[first:last], rate_hz))
    kept = min(RATE_HZ / rate_hz, 1.0)  # of the noise, which is as loud at every frequency
    sound_s, clear_s = (_sound_s(sound[attack:end], rate_hz, each) for each in (0.0, noise))
    return Print(_at_rate(part, rate_hz), sound_s, tuple(found), kept * noise, clear_s)


def _quantised(bits: int | None) -> float:
    """Variance of the noise of a quantiser with triangular dither: three times that of one without, of which files say
    nothing (Lipshitz, Wannamaker and Vanderkooy, "Quantization and Dither", 1992)."""
    return 0.0 if bits is None else 4.0 ** (1 - bits) / 4


def _sound_s(sound: Wave, rate_hz: int, noise: float) -> float:
    """To the end of its last part that is not much softer than the loudest, nor made by the noise."""
    starts = np.arange(0, sound.size, max(int(_PART_S * rate_hz), 1))
    ends = np.append(starts[1:], sound.size)
    power = np.add.reduceat(np.square(sound, dtype=np.float64), starts) / (ends - starts)
    least = min(max(power.max() * 10 ** (_HEARD_DB / 10), _ABOVE_NOISE * noise), power.max())
    return float(ends[np.flatnonzero(power >= least)[-1]]) / rate_hz


def _at_rate(sound: Wave, rate_hz: int) -> Wave:
    same_rate = sound if rate_hz == RATE_HZ else soxr.resample(sound, rate_hz, RATE_HZ, quality="MQ")
    return np.asarray(same_rate, np.float32)
