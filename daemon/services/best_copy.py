"""Which of several copies of one hit is the one to keep, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from daemon.library.asset_records import USER, Asset

_WHOLE = 0.98  # of the longest copy: as long as that one
_CANCELS = 0.9  # stereo width from which on little is left in mono


@dataclass(frozen=True, slots=True)
class _Longest:
    """Of all copies: sound_s to what is 30 dB below the loudest part, length_s of the file."""

    sound_s: float
    length_s: float


def best_first(copies: Sequence[Asset], sounds_s: Mapping[str, float]) -> list[Asset]:
    """The best first: not clipped, audible in mono, lossless, whole rather than trimmed, the higher rate, more bits,
    more channels, the longer file; then what a person rated and tagged, and what has been there for longest.

    sounds_s: how long the loud part of each copy is, by its asset's id, as the step `compare` tells. A copy is trimmed
    that ends before the loud part of another does. What is softer is no measure: the noise of few bits goes on for as
    long as the file, and a mix to mono or another rate changes how loud a tail is beside the peak."""
    longest = _longest(copies, sounds_s)
    return sorted(
        copies, key=lambda one: (*(not_as_good(one, longest) for _, not_as_good in _ORDER), one.added_at)
    )


def why(best: Asset, others: Sequence[Asset], sounds_s: Mapping[str, float]) -> str:
    """What tells the best from the others, in words."""
    longest = _longest((best, *others), sounds_s)
    for said, not_as_good in _ORDER:
        own = not_as_good(best, longest)
        if any(not_as_good(other, longest) > own for other in others):
            return said
    return "the first that came"


def _longest(copies: Sequence[Asset], sounds_s: Mapping[str, float]) -> _Longest:
    return _Longest(max(sounds_s.get(one.id, 0.0) for one in copies), max(map(_length_s, copies)))


def _trimmed(one: Asset, longest: _Longest) -> float:
    return float(_length_s(one) - _number(one, "silence_end_s") < _WHOLE * longest.sound_s)


def _shorter(one: Asset, longest: _Longest) -> float:
    return float(_length_s(one) < _WHOLE * longest.length_s)


def _length_s(one: Asset) -> float:
    """Without the silence before it."""
    return (one.length_s or 0.0) - _number(one, "silence_start_s")


def _number(one: Asset, key: str) -> float:
    value = one.meta.get(key)
    return float(value) if isinstance(value, int | float) else 0.0


_ORDER: tuple[tuple[str, Callable[[Asset, _Longest], float]], ...] = (
    ("not clipped", lambda one, _: float(_number(one, "clipped_frames") > 0)),
    ("its channels do not cancel in mono", lambda one, _: float(_number(one, "stereo_width") > _CANCELS)),
    ("lossless", lambda one, _: float(one.meta.get("bits") is None and not one.meta.get("float_source"))),
    ("not trimmed", _trimmed),
    ("the highest sample rate", lambda one, _: -float(one.rate_hz or 0)),
    ("the most bits", lambda one, _: -(32.0 if one.meta.get("float_source") else _number(one, "bits"))),
    ("more channels", lambda one, _: -float(one.channels or 0)),
    ("the longest", _shorter),
    ("the best rated", lambda one, _: -float(one.rating)),
    ("the one you tagged", lambda one, _: -float(sum(tag.origin == USER for tag in one.tags))),
)
"""What is said of it, and a figure that is the smaller the better."""
