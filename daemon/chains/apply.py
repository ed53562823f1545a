"""One sound through a whole chain file, in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daemon.audio.resample import to_channels
from daemon.chains import finish
from daemon.chains.level import levelled
from daemon.chains.render import Rack, blend, play

Audio = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Rendered:
    """audio: (channels, frames) at rate_hz. head_frames: trimmed off the front. short_lu: what a limiter left missing
    of the loudness asked for."""

    audio: Audio
    rate_hz: int
    head_frames: int = 0
    short_lu: float = 0.0


def apply_chain(
    chain: Mapping[str, Any],
    audio: Audio,
    rate_hz: int,
    sound_class: str | None = None,
    *,
    exact_length: bool = False,
    rack: Rack | None = None,
) -> Rendered:
    """audio (channels, frames) through a canonical chain: channels, effects, tail, trim, fades, rate, level, dither,
    in this order.

    exact_length: as many frames out as in, so no tail and no trim; for what must stay in time (loops, stems).
    """
    tail = None if exact_length else chain.get("tail")
    wide = widened(chain, audio)
    dry = finish.with_room_for_tail(wide, rate_hz, tail)
    wet = blend(dry, play(chain["fx"], dry, rate_hz, sound_class, rack), chain.get("wet", 1.0))
    wet = finish.without_silent_end(finish.sane(narrowed(chain, wet)), audio.shape[1], tail)
    wet, head_frames = finish.trimmed(wet, None if exact_length else chain.get("trim"))
    wet = finish.faded(wet, rate_hz, chain.get("fade"))
    wet, rate_hz = finish.at_rate(wet, rate_hz, chain.get("resample"))
    wet, short_lu = _levelled(chain, wet, rate_hz)
    if "dither" in chain:
        wet = finish.Dither(chain["dither"]["bits"])(wet)
    return Rendered(wet, rate_hz, head_frames, short_lu)


def _levelled(chain: Mapping[str, Any], audio: Audio, rate_hz: int) -> tuple[Audio, float]:
    short: list[float] = []

    def through(effects: list[dict[str, Any]], blocks: Iterable[Audio]) -> Iterable[Audio]:
        return (play(effects, block, rate_hz) for block in blocks)

    normalize = chain.get("normalize")
    blocks = levelled(normalize, lambda: [audio], through, rate_hz, audio.shape[0], short.append)
    return next(blocks), sum(short)


def widened(chain: Mapping[str, Any], audio: Audio) -> Audio:
    """To stereo before the effects, which may then make it wide."""
    return next(iter(to_channels([audio], 2))) if chain.get("channels") == "stereo" else audio


def narrowed(chain: Mapping[str, Any], audio: Audio) -> Audio:
    """To mono behind them, which hear the sound as it is."""
    return next(iter(to_channels([audio], 1))) if chain.get("channels") == "mono" else audio
