"""What lets some effects take any sound, two channels at a time: a Reverb leaves more than two as they are, and MP3 has
no more, and some rates only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from daemon.audio.resample import Resampler, resample

Audio = NDArray[np.float32]
Effect = Mapping[str, Any]

_MP3 = "MP3Compressor"
_FOR_TWO = frozenset({_MP3, "Reverb"})
_RATES_HZ = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)


class Node(Protocol):
    def push(self, block: Audio) -> Audio: ...


def needed(effect: Effect, rate_hz: int, channels: int) -> bool:
    """Whether pedalboard does not play this effect on such a sound as it is."""
    many = channels > 2 and effect.get("use") in _FOR_TWO
    return many or rate_of(effect, rate_hz) != rate_hz


def rate_of(effect: Effect, rate_hz: int) -> int:
    """The rate at which a sound is played. For MP3 its own or the next above it that MP3 has; beyond all of them, the
    highest that goes into it evenly."""
    if effect.get("use") != _MP3:
        return rate_hz
    above = [rate for rate in _RATES_HZ if rate >= rate_hz]
    return above[0] if above else 44100 if rate_hz % 44100 == 0 else 48000


def in_pairs(effect: Effect, audio: Audio, rate_hz: int, through: Callable[[Audio, int], Audio]) -> Audio:
    """audio (channels, frames) through `through`, two channels at a time and at the effect's rate."""
    rate = rate_of(effect, rate_hz)
    # With silence behind it, as `InPairs` has it: the filter rings on, and MP3 makes much of little.
    given = resample(np.pad(audio, ((0, 0), (0, rate_hz // 5))), rate_hz, rate, "VHQ")
    done = np.concatenate([through(given[pair], rate) for pair in _pairs(audio.shape[0])])
    return resample(done, rate, rate_hz, "VHQ")[:, : audio.shape[1]]


class InPairs:
    """`in_pairs` block by block. make: what plays two channels at a rate."""

    def __init__(self, effect: Effect, rate_hz: int, channels: int, make: Callable[[int], Node]) -> None:
        rate = rate_of(effect, rate_hz)
        self._before = Resampler(rate_hz, rate, channels, "VHQ")
        self._behind = Resampler(rate, rate_hz, channels, "VHQ")
        self._parts = [(pair, make(rate)) for pair in _pairs(channels)]

    def push(self, block: Audio) -> Audio:
        given = self._before.push(block)
        return self._behind.push(np.concatenate([node.push(given[pair]) for pair, node in self._parts]))


def _pairs(channels: int) -> list[slice]:
    return [slice(first, first + 2) for first in range(0, channels, 2)]
