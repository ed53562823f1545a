"""What a chain does to a sound besides its effects and its level: the tail, trimming, fades, rate, dither."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from daemon.audio.reader import LOUDEST
from daemon.audio.resample import resample
from daemon.chains.errors import NoSound

Audio = NDArray[np.float32]
_TAIL = {"until_db": -90.0, "max_s": 10.0}
_TRIM = {"start_db": -60.0, "end_db": -70.0}


def sane(audio: Audio) -> Audio:
    """audio as it is. Raises NoSound for what no reader would take for sound."""
    if audio.size and not (audio.max() <= LOUDEST and audio.min() >= -LOUDEST):  # NaN is not
        raise NoSound
    return audio


def tail_frames(rate_hz: int, tail: Mapping[str, float] | None) -> int:
    """How long a tail may last at most."""
    return 0 if tail is None else int((_TAIL | dict(tail))["max_s"] * rate_hz)


def quiet_level(tail: Mapping[str, float] | None) -> float:
    """Below this a tail has died away (linear)."""
    return float(10 ** ((_TAIL | dict(tail or {}))["until_db"] / 20))


def with_room_for_tail(audio: Audio, rate_hz: int, tail: Mapping[str, float] | None) -> Audio:
    """audio followed by silence for as long as its tail may last."""
    if tail is None:
        return audio
    return np.pad(audio, ((0, 0), (0, tail_frames(rate_hz, tail))))


def without_silent_end(audio: Audio, least_frames: int, tail: Mapping[str, float] | None) -> Audio:
    """audio until it stays below `until_db` dBFS for good, but not shorter than before the tail was added."""
    if tail is None:
        return audio
    above = np.flatnonzero(np.abs(audio).max(axis=0) > quiet_level(tail))
    return audio[:, : max(int(above[-1]) + 1 if above.size else 0, least_frames)]


def trim_levels(peak: float, trim: Mapping[str, float]) -> tuple[float, float]:
    """(at the beginning, at the end): what is not above it is cut; linear, from dB below the sound's own peak."""
    limits = _TRIM | dict(trim)
    return peak * 10 ** (limits["start_db"] / 20), peak * 10 ** (limits["end_db"] / 20)


def trimmed(audio: Audio, trim: Mapping[str, float] | None) -> tuple[Audio, int]:
    """audio without its quiet beginning and end, and how many frames went at the front."""
    if trim is None:
        return audio, 0
    loud = np.abs(audio).max(axis=0)
    peak = float(loud.max(initial=0.0))
    if peak == 0.0:
        return audio, 0
    start_level, end_level = trim_levels(peak, trim)
    first = int(np.argmax(loud > start_level))
    last = int(np.flatnonzero(loud > end_level)[-1]) + 1
    return audio[:, first:last], first


def fade_ramps(frames: int, rate_hz: int, fade: Mapping[str, float]) -> tuple[Audio, Audio]:
    """Raised-cosine gains (in, out), both rising, each at most half of the sound."""
    sizes = (min(int(fade.get(key, 0.0) * rate_hz / 1000), frames // 2) for key in ("in_ms", "out_ms"))
    first, last = ((0.5 - 0.5 * np.cos(np.pi * np.arange(n) / n)).astype(np.float32) if n else np.zeros(0, "f4")
                   for n in sizes)  # fmt: skip
    return first, last


def faded(audio: Audio, rate_hz: int, fade: Mapping[str, float] | None) -> Audio:
    if fade is None:
        return audio
    out = audio.copy()
    for side, ramp in zip((1, -1), fade_ramps(out.shape[1], rate_hz, fade), strict=True):
        if ramp.size:
            out[:, ::side][:, : ramp.size] *= ramp
    return out


def at_rate(audio: Audio, rate_hz: int, wanted: Mapping[str, float] | None) -> tuple[Audio, int]:
    """(audio, its rate) after soxr, where another rate is wanted."""
    rate = new_rate(rate_hz, wanted)
    return resample(audio, rate_hz, rate, "VHQ"), rate


def new_rate(rate_hz: int, wanted: Mapping[str, float] | None) -> int:
    return rate_hz if wanted is None else int(wanted["rate_hz"])


class Dither:
    """To `bits` with triangular dither of one step (TPDF: Lipshitz, Wannamaker, Vanderkooy, JAES 1992), the same
    each time. What passes full scale stays beyond it: nothing is clipped."""

    def __init__(self, bits: float) -> None:
        self._scale = float(2 ** (int(bits) - 1))
        self._random = np.random.default_rng(0)

    def __call__(self, block: Audio) -> Audio:
        # Frame by frame, so that it does not matter in which blocks a sound comes.
        noise = self._random.random((block.shape[1], block.shape[0], 2))
        steps = block.astype(np.float64) * self._scale + (noise[..., 0] - noise[..., 1]).T
        return (np.rint(steps) / self._scale).astype(np.float32)
