"""A sound at the level that its chain asks for: measured, gained, and where a limiter is to hold it, heard again.

A limiter takes from loudness what it holds back, and its true peak is an estimate. So the gain before it is set anew
after each hearing, and what is still above the ceiling comes off behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from daemon.audio.loudness import Loudness

Audio = NDArray[np.float32]
Blocks = Iterable[Audio]
Play = Callable[[list[dict[str, Any]], Blocks], Blocks]
"""Blocks through effects."""

SHORT_LU = 0.2
"""What a limiter may miss a loudness by."""
_HEARINGS = 5
_NEAR_LU = 0.1
_FLATTEST = 0.2  # LU for a dB of gain, below which a limiter is not pressed harder at once
# Into a limiter, beyond what the sound would need without one: hardly louder beyond it, only flatter.
_HARDEST_DB = 18.0
_STEP_DB = 6.0  # at most, from one hearing to the next: somewhere between, it is loudest
_OVERSAMPLED = 8
_MARGIN_DB = 0.03  # by which meters that oversample alike differ


@dataclass(frozen=True, slots=True)
class _Level:
    """gain_db: before the limiter. ceiling_dbtp: of the limiter, None where there is none. behind_db: after it.
    short_lu: what is missing of the loudness asked for."""

    gain_db: float = 0.0
    ceiling_dbtp: float | None = None
    behind_db: float = 0.0
    short_lu: float = 0.0


def levelled(
    normalize: Mapping[str, Any] | None, blocks: Callable[[], Blocks], play: Play, rate_hz: int, channels: int,
    short: Callable[[float], None],
) -> Iterator[Audio]:  # fmt: skip
    """Blocks of (channels, n) at the level asked for. Silence stays silence. blocks: begins anew at each call. short:
    told how many LU are missing where a limiter cannot make the sound as loud as was asked."""
    if normalize is None:
        yield from blocks()
        return

    def hear(level: _Level) -> Loudness:
        return _heard(_at(level, blocks(), play), rate_hz, channels)

    level = _found(normalize, hear)
    if level.short_lu > SHORT_LU:
        short(level.short_lu)
    yield from _at(level, blocks(), play)


def _at(level: _Level, blocks: Blocks, play: Play) -> Iterator[Audio]:
    gained = (_gained(block, level.gain_db) for block in blocks)
    if level.ceiling_dbtp is None:
        return gained
    limiter = {"use": "BrickwallLimiter", "ceiling_db": level.ceiling_dbtp, "true_peak": True}
    return (_gained(block, level.behind_db) for block in play([limiter], gained))


def _gained(block: Audio, gain_db: float) -> Audio:
    return np.asarray(block * np.float32(10 ** (gain_db / 20)), np.float32)


def _heard(blocks: Blocks, rate_hz: int, channels: int) -> Loudness:
    # What it stands on takes a second to import, and a chain that sets no level need not wait for it.
    from daemon.audio.loudness import LoudnessMeter  # noqa: PLC0415

    meter = LoudnessMeter(rate_hz, channels, _OVERSAMPLED)
    for block in blocks:
        meter.write(block)
    return meter.result()


def _found(normalize: Mapping[str, Any], hear: Callable[[_Level], Loudness]) -> _Level:
    heard = hear(_Level())
    level = _Level(_gain_db(heard, normalize))
    if not normalize.get("limit") or not isfinite(heard.peak_db):
        return level
    ceiling = normalize.get("ceiling_dbtp", normalize.get("dbtp", -1.0))
    wanted = normalize["lufs"] if normalize["mode"] == "lufs" and isfinite(heard.lufs) else None
    return _limited(replace(level, ceiling_dbtp=ceiling), wanted, hear)


def _gain_db(heard: Loudness, normalize: Mapping[str, Any]) -> float:
    """mode "lufs" (ITU-R BS.1770-4, integrated) gives way to `ceiling_dbtp` where both cannot be had, unless a
    limiter is to hold the ceiling."""
    if not isfinite(heard.peak_db):
        return 0.0
    mode = normalize["mode"]
    if mode == "peak":
        return float(normalize["dbfs"] - heard.peak_db)
    if mode == "true-peak" or not isfinite(heard.lufs):
        wanted = normalize.get("dbtp", normalize.get("ceiling_dbtp", -1.0))
        return float(wanted - heard.true_peak_dbtp)
    gain_db = normalize["lufs"] - heard.lufs
    if normalize.get("limit"):
        return float(gain_db)
    return float(min(gain_db, normalize.get("ceiling_dbtp", -1.0) - heard.true_peak_dbtp))


def _limited(first: _Level, wanted_lufs: float | None, hear: Callable[[_Level], Loudness]) -> _Level:
    """The best of a few hearings, each nearer to what is wanted by the slope between the two before."""
    level = best = _under_ceiling(first, wanted_lufs, hear)
    slope = 1.0
    for _ in range(_HEARINGS - 1):
        more_db = min(level.short_lu / slope, _STEP_DB)
        gain_db = min(level.gain_db + more_db, first.gain_db + _HARDEST_DB)
        if abs(best.short_lu) < _NEAR_LU or gain_db == level.gain_db:
            break
        before, level = level, _under_ceiling(replace(first, gain_db=gain_db), wanted_lufs, hear)
        gained = (before.short_lu - level.short_lu) / (level.gain_db - before.gain_db)
        slope = min(1.0, max(_FLATTEST, gained))
        best = min(best, level, key=lambda each: abs(each.short_lu))
    return best


def _under_ceiling(level: _Level, wanted_lufs: float | None, hear: Callable[[_Level], Loudness]) -> _Level:
    """The level with what has to come off behind the limiter, and with what is missing then."""
    heard = hear(level)
    behind_db = min(0.0, (level.ceiling_dbtp or 0.0) - _MARGIN_DB - heard.true_peak_dbtp)
    short_lu = 0.0 if wanted_lufs is None else wanted_lufs - heard.lufs - behind_db
    return replace(level, behind_db=behind_db, short_lu=short_lu)
