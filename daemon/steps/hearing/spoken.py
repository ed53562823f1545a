"""What a file's name says of its sound: evidence, not truth."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

_BPM = re.compile(
    r"(?<![\d.])(\d{2,3}(?:\.\d{1,2})?)\s*[-_ ]?\s*bpm(?![a-z])|(?<![a-z])bpm\s*[-_ ]?\s*(\d{2,3})(?!\d)", re.I
)
_NUMBER = re.compile(r"(?:^|[-_ ])(\d{2,3})(?=$|[-_ .])")
_KEY = re.compile(r"(?:^|[-_ (\[])([A-G])([#b]?)[ _-]?(minor|major|min|maj|m)(?=$|[-_ .)\]])")
_LOWEST_BPM, _HIGHEST_BPM = 50.0, 220.0

WORDS = {
    "kick": ("kick", "kicks", "kik", "bd", "bassdrum", "kck"),
    "snare": ("snare", "snares", "sd", "snr"),
    "rim": ("rim", "rimshot", "rims", "sidestick"),
    "clap": ("clap", "claps", "handclap", "clp"),
    "snap": ("snap", "snaps", "fingersnap"),
    "closed-hat": ("closedhat", "closedhihat", "chh", "hhc", "chat"),
    "open-hat": ("openhat", "openhihat", "ohh", "hho", "ohat"),
    "tom": ("tom", "toms", "floortom"),
    "crash": ("crash", "crashes"),
    "ride": ("ride", "rides"),
    "shaker": ("shaker", "shakers", "maraca", "maracas", "cabasa"),
    "tambourine": ("tambourine", "tamb", "tambo"),
    "cowbell": ("cowbell", "cowbells"),
    "hand-drum": ("conga", "congas", "bongo", "bongos", "djembe", "tabla", "cajon"),
    "perc": ("perc", "percs", "percussion"),
    "bass": ("bass", "sub", "808bass"),
    "guitar": ("guitar", "gtr", "guitars"),
    "keys": ("keys", "piano", "rhodes", "organ", "epiano", "wurli"),
    "strings": ("strings", "violin", "cello", "viola"),
    "brass": ("brass", "trumpet", "trombone", "horn", "horns"),
    "woodwind": ("flute", "clarinet", "oboe", "sax", "saxophone", "woodwind"),
    "mallet": ("mallet", "marimba", "vibraphone", "xylophone", "glockenspiel", "kalimba"),
    "synth": ("synth", "pad", "lead", "pluck", "arp", "stab"),
    "vocal": ("vocal", "vocals", "vox", "voice", "acapella", "adlib"),
    "fx": ("fx", "sfx", "riser", "impact", "sweep", "whoosh", "downlifter", "uplifter", "foley"),
}  # fmt: skip
_CLASS = {word: label for label, words in WORDS.items() for word in words}
_TWO = {("closed", "hat"): "closed-hat", ("closed", "hihat"): "closed-hat", ("closed", "hh"): "closed-hat",
        ("open", "hat"): "open-hat", ("open", "hihat"): "open-hat", ("open", "hh"): "open-hat",
        ("bass", "drum"): "kick", ("finger", "snap"): "snap", ("hand", "clap"): "clap",
        ("side", "stick"): "rim", ("rim", "shot"): "rim"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Spoken:
    """labels: classes that the name names. loop: it says "loop"; one_shot: "one shot". bpm, key: None when unsaid.
    a lone number counts as a tempo only beside the word "loop"."""

    labels: tuple[str, ...] = ()
    loop: bool = False
    one_shot: bool = False
    bpm: float | None = None
    key: str | None = None


def spoken(stem: str) -> Spoken:
    """What a file name without its extension says."""
    split = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", stem)  # KickHard
    words = re.findall(r"[a-z]+", split.lower())
    joined = re.findall(r"[a-z0-9]+", stem.lower())
    labels = [label for pair in pairwise(words) if (label := _TWO.get(pair))]
    if not labels:
        labels = [label for word in [*words, *joined] if (label := _CLASS.get(word))]
    loop = any(word in ("loop", "loops", "groove", "break", "breakbeat") for word in words)
    one_shot = ("one", "shot") in pairwise(words) or "oneshot" in words
    return Spoken(tuple(dict.fromkeys(labels)), loop, one_shot, _bpm(stem, loop), _key(stem))


def _bpm(stem: str, loop: bool) -> float | None:
    found = _BPM.search(stem)
    text = (found[1] or found[2]) if found else None
    if text is None and loop:
        numbers = [number for number in _NUMBER.findall(stem) if _LOWEST_BPM <= float(number) <= _HIGHEST_BPM]
        text = numbers[0] if len(numbers) == 1 else None
    bpm = float(text) if text else None
    return bpm if bpm is not None and _LOWEST_BPM <= bpm <= _HIGHEST_BPM else None


def _key(stem: str) -> str | None:
    found = _KEY.search(stem)
    if found is None:
        return None
    flats = {"Cb": "B", "Db": "C#", "Eb": "D#", "Fb": "E", "Gb": "F#", "Ab": "G#", "Bb": "A#"}
    tonic = flats.get(found[1] + found[2], found[1] + found[2])
    tonic = {"E#": "F", "B#": "C"}.get(tonic, tonic)
    return tonic + ("m" if found[3] in ("m", "min", "minor") else "")
