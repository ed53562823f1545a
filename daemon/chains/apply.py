"""One sound through a whole chain file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daemon.chains import finish
from daemon.chains.render import play

Audio = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Rendered:
    """audio: (channels, frames). head_frames: trimmed off the front."""

    audio: Audio
    head_frames: int = 0


def apply_chain(
    chain: Mapping[str, Any],
    audio: Audio,
    rate_hz: int,
    sound_class: str | None = None,
    *,
    exact_length: bool = False,
) -> Rendered:
    """audio (channels, frames) through a canonical chain: effects, tail, trim, fades, level, in this order.

    exact_length: as many frames out as in, so no tail and no trim; for what must stay in time (loops, stems).
    """
    tail = None if exact_length else chain.get("tail")
    wet = play(chain["fx"], finish.with_room_for_tail(audio, rate_hz, tail), rate_hz, sound_class)
    wet = finish.without_silent_end(wet, audio.shape[1], tail)
    wet, head_frames = finish.trimmed(wet, None if exact_length else chain.get("trim"))
    wet = finish.faded(wet, rate_hz, chain.get("fade"))
    return Rendered(finish.levelled(wet, rate_hz, chain.get("normalize")), head_frames)
