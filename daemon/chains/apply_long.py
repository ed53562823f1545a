"""One sound through a whole chain file, block by block: as `apply`, for what is too long for memory.

The effects' output is spooled to disk, because trim, fades and level need to know all of it; then it is read as often
as its level needs, and once to write. Memory does not depend on the length.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain as joined
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daemon.audio.resample import resample_blocks
from daemon.chains import finish
from daemon.chains.apply import narrowed, widened
from daemon.chains.level import levelled
from daemon.chains.render import Rack
from daemon.chains.spool import Spool
from daemon.chains.stream import BLOCK_FRAMES, played

Audio = NDArray[np.float32]
Tell = Callable[[int], None]
"""Called with the frames of the input done so far, often."""


def apply_long(
    chain: Mapping[str, Any], blocks: Iterable[Audio], rate_hz: int, channels: int, sound_class: str | None,
    *, exact_length: bool, spool: Path, tell: Tell, rack: Rack | None = None,
    short: Callable[[float], None] = lambda _: None,
) -> Iterator[Audio]:  # fmt: skip
    """Blocks of (channels, n) at `rate_hz` to the finished sound's blocks at the chain's rate. spool: a path that
    this may write and removes again. short: as in `levelled`."""
    tail = None if exact_length else chain.get("tail")
    level = finish.quiet_level(tail)
    taken = 0

    def given() -> Iterator[Audio]:
        nonlocal taken
        for block in blocks:
            taken += block.shape[1]
            yield widened(chain, block)
            tell(taken)

    wide = 2 if chain.get("channels") == "stereo" else channels
    narrow = 1 if chain.get("channels") == "mono" else wide
    source = joined(given(), _silence(finish.tail_frames(rate_hz, tail), wide))
    with Spool(spool, narrow) as kept:
        for block in played(_whole(chain), source, rate_hz, wide, sound_class, rack):
            kept.append(finish.sane(narrowed(chain, block)), level)
            tell(taken)
        frames = kept.frames if tail is None else max(kept.last_above, taken)
        start, end = _trim(kept, frames, None if exact_length else chain.get("trim"))
        yield from _finished(chain, kept, start, end, rate_hz, tell, short)


def _whole(chain: Mapping[str, Any]) -> list[Any]:
    """The chain's fx; beside the dry sound, where it is to keep a share of it."""
    share = chain.get("wet", 1.0)
    if share >= 1.0:
        return list(chain["fx"])
    return [{"parallel": [list(chain["fx"])], "gains_db": [0.0], "wet": share}]


def _silence(frames: int, channels: int) -> Iterator[Audio]:
    while frames > 0:
        yield np.zeros((channels, min(frames, BLOCK_FRAMES)), np.float32)
        frames -= BLOCK_FRAMES


def _trim(kept: Spool, frames: int, trim: Mapping[str, float] | None) -> tuple[int, int]:
    if trim is None or kept.peak == 0.0:
        return 0, frames
    return kept.bounds(frames, *finish.trim_levels(kept.peak, trim))


def _finished(
    chain: Mapping[str, Any], kept: Spool, start: int, end: int, rate_hz: int, tell: Tell,
    short: Callable[[float], None],
) -> Iterator[Audio]:  # fmt: skip
    rate = finish.new_rate(rate_hz, chain.get("resample"))

    def shaped() -> Iterator[Audio]:
        faded = _faded(kept.blocks(start, end), end - start, rate_hz, chain.get("fade"))
        for block in resample_blocks(faded, rate_hz, rate, kept.channels, "VHQ"):
            tell(0)
            yield block

    def through(effects: list[dict[str, Any]], blocks: Iterable[Audio]) -> Iterable[Audio]:
        return played(effects, blocks, rate, kept.channels)

    dither = finish.Dither(chain["dither"]["bits"]) if "dither" in chain else None
    for block in levelled(chain.get("normalize"), shaped, through, rate, kept.channels, short):
        yield block if dither is None else dither(block)


def _faded(
    blocks: Iterable[Audio], frames: int, rate_hz: int, fade: Mapping[str, float] | None
) -> Iterator[Audio]:
    if fade is None:
        yield from blocks
        return
    first, last = finish.fade_ramps(frames, rate_hz, fade)
    at = 0
    for block in blocks:
        size = block.shape[1]
        block[:, : max(0, first.size - at)] *= first[at : at + size]
        begins = frames - last.size  # of the fade out
        if at + size > begins and last.size:
            inside = max(begins, at)
            block[:, inside - at :] *= last[::-1][inside - begins : at + size - begins]
        at += size
        yield block
