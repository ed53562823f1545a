"""The classes that the tagger knows, in the order of its outputs."""

from __future__ import annotations

CLASSES: tuple[str, ...] = (
    "kick",
    "snare",
    "rim",
    "clap",
    "snap",
    "closed-hat",
    "open-hat",
    "tom",
    "crash",
    "ride",
    "shaker",
    "tambourine",
    "cowbell",
    "hand-drum",
    "perc",
    "bass",
    "guitar",
    "keys",
    "strings",
    "brass",
    "woodwind",
    "mallet",
    "synth",
    "vocal",
    "fx",
)
DRUMS = CLASSES[: CLASSES.index("bass")]
"""What a drum kit and a percussionist play."""
UNSURE = "unsure"
