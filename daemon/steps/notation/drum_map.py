"""Classes of drum hits as keys of the General MIDI percussion map (GM 1, channel 10)."""

from __future__ import annotations

from collections.abc import Iterable

KEYS = {
    "kick": 36,  # Bass Drum 1
    "snare": 38,  # Acoustic Snare
    "rim": 37,  # Side Stick
    "clap": 39,  # Hand Clap
    "closed-hat": 42,  # Closed Hi-Hat
    "open-hat": 46,  # Open Hi-Hat
    "tom": 47,  # Low-Mid Tom; see `tom_key`
    "crash": 49,  # Crash Cymbal 1
    "ride": 51,  # Ride Cymbal 1
    "tambourine": 54,  # Tambourine
    "cowbell": 56,  # Cowbell
    "hand-drum": 62,  # Mute Hi Conga
    "shaker": 82,  # Shaker (GM 2)
    "perc": 60,  # Hi Bongo
}
UNSURE_KEY = 76
"""Hi Wood Block: a hit of no known class stays in time and stands apart, so that a person sees and moves it."""

_TOMS = (45, 47, 50)
"""Low Tom, Low-Mid Tom, High Tom."""
_DIFFERENT = 1.25
"""Toms whose brightness differs by less than this factor are one drum."""


def key(label: str | None) -> int:
    return KEYS.get(label or "", UNSURE_KEY)


def tom_keys(brightness_hz: Iterable[float]) -> dict[float, int]:
    """A key for each tom by its brightness, from dark to bright: at most three, one when they sound alike."""
    ordered = sorted(set(brightness_hz))
    groups: list[list[float]] = []
    for value in ordered:
        if groups and value < groups[-1][0] * _DIFFERENT:
            groups[-1].append(value)
        else:
            groups.append([value])
    if len(groups) == 1:
        return dict.fromkeys(groups[0], KEYS["tom"])
    last = max(1, len(groups) - 1)
    return {value: _TOMS[round(2 * place / last)] for place, group in enumerate(groups) for value in group}
