"""Whether a sound can go round: does its end meet its beginning without a click, and how many bars is it long."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d

from daemon.kernel.types import Json

BARS = (1, 2, 4, 8, 16, 3, 6, 12)
"""Lengths that loops have, the usual ones first."""
LOWEST_BPM, HIGHEST_BPM = 60.0, 190.0
_SHORTEST_S = 1.0
_HITS = 3
_USUAL_BPM, _SPREAD_OCTAVES = 118.0, 0.5
_CONTEXT_S = 0.004
_CLICK = 4.0  # times the usual step from sample to sample near both ends
_QUIET_TAIL = 0.01  # of the peak: an end that has died away meets any beginning that is as quiet
_FRAMES_PER_S = 200
_HELD = 11  # frames: within them the swing of a low tone and the beating of two are no attacks
_CLEAR_DB = 12.0  # a rise by more says no more: what begins after silence does not outweigh all the rest


def loopability(audio: NDArray[np.float32], rate_hz: int, hits: int, bpm_hint: float | None) -> dict[str, Json]:
    """`wraps` of any sound; of one with several hits `loop_confidence`, and where it can be a loop its `bars`, and the
    `bpm` that these give with `bpm_confidence`. A name's tempo decides between lengths that fit equally well."""
    told: dict[str, Json] = {"wraps": wraps(audio, rate_hz)}
    length_s = audio.shape[1] / rate_hz
    if length_s < _SHORTEST_S or hits < _HITS:
        return told
    found = _bars(audio, rate_hz, length_s, bpm_hint)
    if found is None:
        return told | {"loop_confidence": 0.0}
    bars, confidence = found
    sure = confidence * (1.0 if told["wraps"] else 0.5)
    told["loop_confidence"] = round(sure, 3)
    if sure >= 0.5:
        told |= {
            "bars": float(bars),
            "bpm": round(240.0 * bars / length_s, 2),
            "bpm_confidence": round(sure, 3),
        }
    return told


def wraps(audio: NDArray[np.float32], rate_hz: int) -> bool:
    """True when the step from the last sample to the first is no larger than steps near both ends are anyway, in value
    and in slope, or when both ends are quiet."""
    count = max(int(_CONTEXT_S * rate_hz), 8)
    if audio.shape[1] < 4 * count:
        return False
    peak = float(np.abs(audio).max())
    for channel in audio:
        end, begin = channel[-count:].astype(np.float64), channel[:count].astype(np.float64)
        step = abs(begin[0] - end[-1])
        if step <= _QUIET_TAIL * peak:
            continue
        usual = max(float(np.abs(np.diff(end)).mean()), float(np.abs(np.diff(begin)).mean()), 1e-9)
        if step > _CLICK * usual:
            return False
    return True


def _bars(
    audio: NDArray[np.float32], rate_hz: int, length_s: float, bpm_hint: float | None
) -> tuple[int, float] | None:
    """(bars, confidence 0..1): the length in whole bars whose beats carry most of the attacks."""
    attacks = _attacks(audio, rate_hz)
    if attacks is None:
        return None
    best, value, total = 0, 0.0, 0.0
    for bars in BARS:
        bpm = 240.0 * bars / length_s
        if not LOWEST_BPM <= bpm <= HIGHEST_BPM:
            continue
        score = _on_grid(attacks, 16 * bars) * (1.0 + 0.25 * _on_grid(attacks, 4 * bars))
        score *= float(np.exp(-0.5 * (np.log2(bpm / _USUAL_BPM) / _SPREAD_OCTAVES) ** 2))
        score *= 0.6 if bars in (3, 6, 12) else 1.0
        if bpm_hint:
            score *= 2.0 if abs(bpm / bpm_hint - 1) < 0.015 else 1.0
        total += score
        if score > value:
            best, value = bars, score
    if not best:
        return None
    fits = _on_grid(attacks, 16 * best)
    return best, float(np.clip((fits - 0.45) / 0.4, 0, 1)) * float(np.clip(0.4 + value / total, 0, 1))


def _attacks(audio: NDArray[np.float32], rate_hz: int) -> NDArray[np.float64] | None:
    """(n, 2): place within the sound (0..1) and strength of each attack."""
    size = rate_hz // _FRAMES_PER_S
    mono = audio.mean(axis=0)
    count = mono.size // size
    level = np.sqrt((mono[: count * size].reshape(count, size) ** 2).mean(axis=1)) + 1e-6
    level = maximum_filter1d(level, _HELD, origin=_HELD // 2, mode="constant")  # of the frames before
    loud = 20 * np.log10(level / level.max())
    before = np.maximum(np.concatenate([np.full(4, -60.0), loud[:-4]]), -60.0)
    rise = np.maximum(np.maximum(loud, -60.0) - before - 3.0, 0.0) * (loud > -36)
    top = (rise > 0) & (rise >= np.roll(rise, 1)) & (rise > np.roll(rise, -1))
    spots = np.flatnonzero(top)
    if spots.size < _HITS:
        return None
    return np.stack([spots / count, np.minimum(rise[spots], _CLEAR_DB)], axis=1)


def _on_grid(attacks: NDArray[np.float64], steps: int) -> float:
    """How much of the attacks' strength lies on a grid of so many steps from end to end: 1 all, 0 as by chance."""
    turns = 2 * np.pi * steps * attacks[:, 0]
    weight = attacks[:, 1] / attacks[:, 1].sum()
    # attacks are seen a little late, by the same time each: the direction of their sum does not count, but for a bound
    return float(np.abs((weight * np.exp(1j * turns)).sum()))
