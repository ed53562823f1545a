"""Which of several copies of one hit is the one to keep, and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from daemon.library.asset_records import USER, Asset

_WHOLE = 0.98  # of the longest copy: as long as that one


def best_first(copies: Sequence[Asset]) -> list[Asset]:
    """The best first: not clipped, lossless, whole rather than trimmed, the higher rate, more bits; then what a person
    rated and tagged, and what has been there for longest."""
    longest = max(map(_sound_s, copies))
    return sorted(
        copies, key=lambda one: (*(not_as_good(one, longest) for _, not_as_good in _ORDER), one.added_at)
    )


def why(best: Asset, others: Sequence[Asset]) -> str:
    """What tells the best from the others, in words."""
    longest = max(map(_sound_s, (best, *others)))
    for said, not_as_good in _ORDER:
        own = not_as_good(best, longest)
        if any(not_as_good(other, longest) > own for other in others):
            return said
    return "the first that came"


def _sound_s(one: Asset) -> float:
    """Its length without the silence at its ends."""
    ends = float(str(one.meta.get("silence_start_s") or 0.0)) + float(str(one.meta.get("silence_end_s") or 0.0))
    return max((one.length_s or 0.0) - ends, 0.0)


def _number(one: Asset, key: str) -> float:
    value = one.meta.get(key)
    return float(value) if isinstance(value, int | float) else 0.0


_ORDER: tuple[tuple[str, Callable[[Asset, float], float]], ...] = (
    ("not clipped", lambda one, _: float(_number(one, "clipped_frames") > 0)),
    ("lossless", lambda one, _: float(one.meta.get("bits") is None and not one.meta.get("float_source"))),
    ("not trimmed", lambda one, longest: float(_sound_s(one) < _WHOLE * longest)),
    ("the highest sample rate", lambda one, _: -float(one.rate_hz or 0)),
    ("the most bits", lambda one, _: -(32.0 if one.meta.get("float_source") else _number(one, "bits"))),
    ("more channels", lambda one, _: -float(one.channels or 0)),
    ("the best rated", lambda one, _: -float(one.rating)),
    ("the one you tagged", lambda one, _: -float(sum(tag.origin == USER for tag in one.tags))),
)
"""What is said of it, and a figure (asset, length of the longest copy in s) that is the smaller the better."""
