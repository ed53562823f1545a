"""Whether a sound can go round: does its end meet its beginning without a click, and how many bars is it long."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from daemon.kernel.types import Json
from daemon.steps.analysing.loops import bars_of

_SHORTEST_S = 1.0
_HITS = 3
_SURE = 0.5  # of its bars, for them to be told
_CLICKS = 0.6  # times as sure is what clicks when it goes round, of which whole bars may have been cut as well
_CONTEXT_S = 0.004
_CLICK = 4.0  # times the usual step from sample to sample near both ends
_QUIET_TAIL = 0.01  # of the peak: an end that has died away meets any beginning that is as quiet


def loopability(audio: NDArray[np.float32], rate_hz: int, hits: int, bpm_hint: float | None) -> dict[str, Json]:
    """`wraps` of any sound; of one with several hits `loop_confidence`, and where it can be a loop its `bars`, and the
    `bpm` that these give with `bpm_confidence`. A name's tempo decides between lengths that fit equally well."""
    told: dict[str, Json] = {"wraps": wraps(audio, rate_hz)}
    length_s = audio.shape[1] / rate_hz
    if length_s < _SHORTEST_S or hits < _HITS:
        return told
    found = bars_of(audio, rate_hz, bpm_hint)
    if found is None:
        return told | {"loop_confidence": 0.0}
    bars, confidence = found
    sure = confidence * (1.0 if told["wraps"] else _CLICKS)
    told["loop_confidence"] = round(sure, 3)
    if sure >= _SURE:
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
