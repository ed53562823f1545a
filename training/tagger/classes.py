"""The classes, the coarse groups by which they are also judged, and which General MIDI sounds belong to them."""

from __future__ import annotations

from daemon.engines.classifier.classes import CLASSES

COARSE: dict[str, str] = {
    "kick": "kick",
    "snare": "snare and rim",
    "rim": "snare and rim",
    "clap": "clap and snap",
    "snap": "clap and snap",
    "closed-hat": "hats",
    "open-hat": "hats",
    "tom": "tom",
    "crash": "crash and ride",
    "ride": "crash and ride",
    **dict.fromkeys(("shaker", "tambourine", "cowbell", "hand-drum", "perc"), "other percussion"),
}
"""Classes that are not here are "everything else"."""
ELSE = "everything else"
GROUPS = (*dict.fromkeys(COARSE.values()), ELSE)

_KEYS_OF_CLASS: dict[str, tuple[int, ...]] = {
    "kick": (35, 36),
    "snare": (38, 40),
    "rim": (37,),
    "clap": (39,),
    "snap": (26,),
    "closed-hat": (42, 44),
    "open-hat": (46,),
    "tom": (41, 43, 45, 47, 48, 50),
    "crash": (49, 52, 55, 57),
    "ride": (51, 53, 59),
    "shaker": (69, 70, 82),
    "tambourine": (54,),
    "cowbell": (56,),
    "hand-drum": (60, 61, 62, 63, 64, 65, 66),
    "perc": (31, 58, 67, 68, 73, 74, 75, 76, 77, 78, 79, 80, 81, 83),
}
DRUM_KEYS: dict[int, str] = {key: name for name, keys in _KEYS_OF_CLASS.items() for key in keys}

# Programs from 0. What General MIDI names two ways (dulcimer, timpani, orchestra hit) is left out; its synth strings
# and synth brass are synths.
_PROGRAMS_OF_CLASS: dict[str, tuple[int, ...]] = {
    "bass": tuple(range(32, 40)),
    "guitar": (*range(24, 32), 104, 105, 106),
    "keys": (*range(8), *range(16, 21), 21, 23),
    "strings": (*range(40, 47), 48, 49, 110),
    "brass": tuple(range(56, 62)),
    "woodwind": (*range(64, 80), 22, 109, 111),
    "mallet": (8, 9, 10, 11, 12, 13, 14, 108, 114),
    "synth": (*range(80, 85), *range(86, 92), 93, 94, 95, 50, 62, 63),
    "vocal": (52, 53, 54),
    "fx": (97, 101, 103, 119, 120, 121, 122, 123, 124, 125, 126, 127),
    "tom": (117, 118),
    "perc": (113, 115),
}
PROGRAMS: dict[int, str] = {
    program: name for name, programs in _PROGRAMS_OF_CLASS.items() for program in programs
}

# Lowest and highest note that is played of a class, MIDI numbers
COMPASS: dict[str, tuple[int, int]] = {
    "bass": (24, 52),
    "guitar": (40, 79),
    "keys": (33, 90),
    "strings": (40, 88),
    "brass": (38, 78),
    "woodwind": (50, 91),
    "mallet": (50, 96),
    "synth": (36, 84),
    "vocal": (48, 79),
    "fx": (36, 84),
    "tom": (43, 70),
    "perc": (55, 84),
}

# How often a class is met in packs that people use, roughly: a kit has several kicks, snares, toms and hats, and one
# tambourine if any. Counted in no pack; a guess from what kits are made of.
MET: dict[str, float] = {
    "kick": 3.0, "snare": 3.0, "rim": 1.0, "clap": 1.0, "snap": 0.4, "closed-hat": 2.5, "open-hat": 1.5, "tom": 2.5,
    "crash": 1.5, "ride": 1.2, "shaker": 0.6, "tambourine": 0.4, "cowbell": 0.5, "hand-drum": 1.0, "perc": 1.5,
    "bass": 1.5, "guitar": 0.8, "keys": 1.0, "strings": 0.7, "brass": 0.5, "woodwind": 0.4, "mallet": 0.5,
    "synth": 1.5, "vocal": 1.0, "fx": 1.5,
}  # fmt: skip


def coarse(label: str) -> str:
    return COARSE.get(label, ELSE)


__all__ = ["CLASSES", "COARSE", "COMPASS", "DRUM_KEYS", "ELSE", "GROUPS", "MET", "PROGRAMS", "coarse"]
