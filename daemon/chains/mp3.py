"""What lets MP3Compressor take any sound: MP3 has some rates only, and one or two channels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from daemon.audio.resample import Resampler, resample

Audio = NDArray[np.float32]

NAME = "MP3Compressor"
_RATES_HZ = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)


class Node(Protocol):
    def push(self, block: Audio) -> Audio: ...


def rate_of(rate_hz: int) -> int:
    """The rate at which such a sound is MP3: its own or the next above it; beyond all of them, the highest that goes
    into it evenly."""
    above = [rate for rate in _RATES_HZ if rate >= rate_hz]
    return above[0] if above else 44100 if rate_hz % 44100 == 0 else 48000


def in_pairs(audio: Audio, rate_hz: int, through: Callable[[Audio, int], Audio]) -> Audio:
    """audio (channels, frames) through `through`, two channels at a time and at a rate of MP3's."""
    rate = rate_of(rate_hz)
    # With silence behind it, as `InPairs` has it: the filter rings on, and MP3 makes much of little.
    given = resample(np.pad(audio, ((0, 0), (0, rate_hz // 5))), rate_hz, rate, "VHQ")
    done = np.concatenate([through(given[pair], rate) for pair in _pairs(audio.shape[0])])
    return resample(done, rate, rate_hz, "VHQ")[:, : audio.shape[1]]


class InPairs:
    """`in_pairs` block by block. make: what plays two channels at a rate of MP3's."""

    def __init__(self, rate_hz: int, channels: int, make: Callable[[int], Node]) -> None:
        rate = rate_of(rate_hz)
        self._before = Resampler(rate_hz, rate, channels, "VHQ")
        self._behind = Resampler(rate, rate_hz, channels, "VHQ")
        self._parts = [(pair, make(rate)) for pair in _pairs(channels)]

    def push(self, block: Audio) -> Audio:
        given = self._before.push(block)
        return self._behind.push(np.concatenate([node.push(given[pair]) for pair, node in self._parts]))


def _pairs(channels: int) -> list[slice]:
    return [slice(first, first + 2) for first in range(0, channels, 2)]
