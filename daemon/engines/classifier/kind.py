"""One sound or a loop: how often something begins in it, and whether that repeats in time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

LOOP, ONE_SHOT = "loop", "one-shot"
_STEP_S = 0.01
_RISE_DB = 9.0  # a new attack stands out of what the last 60 ms left by as much
_SHORTEST_S = 1.2  # of a loop: a beat and a half at 75 bpm
_APART_S = 0.07
_HITS = 4
_SHORTEST_HIT_S = 0.06
_GAP_S = 0.01  # kept free before the next attack, which a filter lets be seen early


def kind_of(sound: NDArray[np.float32], rate_hz: int, length_s: float) -> str:
    """length_s: of the whole file, of which `sound` is the beginning."""
    if length_s < _SHORTEST_S:
        return ONE_SHOT
    return LOOP if len(attacks_s(sound, rate_hz)) >= _HITS else ONE_SHOT


def hits(sound: NDArray[np.float32], rate_hz: int, most: int, before_s: float) -> list[NDArray[np.float32]]:
    """The single sounds of a loop, each from `before_s` before its attack to the next one, at most so many, spread
    evenly over it; none where too few begin for it to be made of single sounds."""
    starts = attacks_s(sound, rate_hz)
    if len(starts) < _HITS:
        return []
    spans = [
        (start, end)
        for start, end in zip(starts, [*starts[1:], sound.size / rate_hz + _GAP_S], strict=True)
        if end - start >= _SHORTEST_HIT_S
    ]
    places = np.linspace(0, len(spans) - 1, min(most, len(spans))).astype(int).tolist()
    return [_faded(sound, spans[i], rate_hz, before_s) for i in places]


def _faded(
    sound: NDArray[np.float32], span_s: tuple[float, float], rate_hz: int, before_s: float
) -> NDArray[np.float32]:
    """A part of a sound that ends without a click."""
    start, end = max(span_s[0] - before_s, 0.0), span_s[1] - _GAP_S
    part = sound[int(start * rate_hz) : int(end * rate_hz)].copy()
    fade = min(int(_GAP_S * rate_hz), part.size)
    if fade:
        part[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    return part


def attacks_s(sound: NDArray[np.float32], rate_hz: int) -> list[float]:
    """Times of attacks: rises of the level below 200 Hz, between, or above 3 kHz, by _RISE_DB within 20 ms, to no
    less than 25 dB below the loudest of that band."""
    size = int(_STEP_S * rate_hz)
    count = sound.size // size
    if count < 10:
        return [0.0]
    rises = np.zeros(count, bool)
    for band in _bands(sound, rate_hz):
        power = (band[: count * size].reshape(count, size) ** 2).mean(axis=1)
        level_db = 10 * np.log10(power / (power.max() + 1e-12) + 1e-6)
        padded = np.concatenate([np.full(6, -60.0), level_db])
        before = np.lib.stride_tricks.sliding_window_view(padded, 5)[:count].max(axis=1)
        loud = power.max() > 1e-3 * (sound**2).mean()
        rises |= (level_db - before > _RISE_DB) & (level_db > -25) & loud
    times: list[float] = []
    for at in np.flatnonzero(rises) * _STEP_S:
        if not times or at - times[-1] > _APART_S:
            times.append(float(at))
    return times


def _bands(sound: NDArray[np.float32], rate_hz: int) -> list[NDArray[np.float32]]:
    """Below 200 Hz, between, above 3 kHz, by one-pole filters."""
    low = _one_pole(sound, 200 / rate_hz)
    rest = sound - low
    middle = _one_pole(rest, 3000 / rate_hz)
    return [low, middle, rest - middle]


def _one_pole(sound: NDArray[np.float32], cut: float) -> NDArray[np.float32]:
    a = float(np.exp(-2 * np.pi * cut))
    return np.asarray(lfilter([1 - a], [1, -a], sound), np.float32)
