"""What a chain does to a sound besides its effects: the tail, trimming, fades, and the level at the end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daemon.audio.loudness import LoudnessMeter

Audio = NDArray[np.float32]
_TAIL = {"until_db": -90.0, "max_s": 10.0}
_TRIM = {"start_db": -60.0, "end_db": -70.0}


def with_room_for_tail(audio: Audio, rate_hz: int, tail: Mapping[str, float] | None) -> Audio:
    """audio followed by silence for as long as its tail may last."""
    if tail is None:
        return audio
    return np.pad(audio, ((0, 0), (0, int((_TAIL | dict(tail))["max_s"] * rate_hz))))


def without_silent_end(audio: Audio, least_frames: int, tail: Mapping[str, float] | None) -> Audio:
    """audio until it stays below `until_db` dBFS for good, but not shorter than before the tail was added."""
    if tail is None:
        return audio
    above = np.flatnonzero(np.abs(audio).max(axis=0) > 10 ** ((_TAIL | dict(tail))["until_db"] / 20))
    return audio[:, : max(int(above[-1]) + 1 if above.size else 0, least_frames)]


def trimmed(audio: Audio, trim: Mapping[str, float] | None) -> tuple[Audio, int]:
    """audio without its quiet beginning and end (dB below its own peak), and how many frames went at the front."""
    if trim is None:
        return audio, 0
    limits = _TRIM | dict(trim)
    loud = np.abs(audio).max(axis=0)
    peak = float(loud.max(initial=0.0))
    if peak == 0.0:
        return audio, 0
    first = int(np.argmax(loud > peak * 10 ** (limits["start_db"] / 20)))
    last = int(np.flatnonzero(loud > peak * 10 ** (limits["end_db"] / 20))[-1]) + 1
    return audio[:, first:last], first


def faded(audio: Audio, rate_hz: int, fade: Mapping[str, float] | None) -> Audio:
    """Raised-cosine fades, each at most half of the sound."""
    if fade is None:
        return audio
    out = audio.copy()
    for side, key in ((1, "in_ms"), (-1, "out_ms")):
        size = min(int(fade.get(key, 0.0) * rate_hz / 1000), out.shape[1] // 2)
        if size:
            ramp = (0.5 - 0.5 * np.cos(np.pi * np.arange(size) / size)).astype(np.float32)
            out[:, ::side][:, :size] *= ramp
    return out


def levelled(audio: Audio, rate_hz: int, normalize: Mapping[str, Any] | None) -> Audio:
    """audio at the level asked for. Silence stays silence.

    mode "lufs" (ITU-R BS.1770-4, integrated) gives way to `ceiling_dbtp` where both cannot be had.
    """
    if normalize is None or not audio.size:
        return audio
    meter = LoudnessMeter(rate_hz, audio.shape[0])
    meter.write(audio)
    measured = meter.result()
    if not np.isfinite(measured.peak_db):
        return audio
    mode = normalize["mode"]
    if mode == "peak":
        gain_db = normalize["dbfs"] - measured.peak_db
    elif mode == "true-peak" or not np.isfinite(measured.lufs):
        gain_db = normalize.get("dbtp", normalize.get("ceiling_dbtp", -1.0)) - measured.true_peak_dbtp
    else:
        gain_db = normalize["lufs"] - measured.lufs
        gain_db = min(gain_db, normalize.get("ceiling_dbtp", -1.0) - measured.true_peak_dbtp)
    return np.asarray(audio * np.float32(10 ** (gain_db / 20)), np.float32)
