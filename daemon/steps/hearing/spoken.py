"""What a file's name says of its sound: evidence, not truth."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

_BPM = re.compile(
    r"(?<![\d.])(\d{2,3}(?:\.\d{1,2})?)\s*[-_ ]?\s*bpm(?![a-z])|(?<![a-z])bpm\s*[-_ ]?\s*(\d{2,3})(?!\d)", re.I
)
_NUMBER = re.compile(r"(?:^|[-_ ])(\d{2,3})(?=$|[-_ .])")
_KEY = re.compile(r"(?:^|[-_ (\[])([A-G])([#b]?)[ _-]?((?i:minor|major|min|maj)|m)(?=$|[-_ .)\]])")
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
    "hand-drum": ("conga", "congas", "bongo", "bongos", "djembe", "tabla", "cajon", "darbuka"),
    "perc": ("perc", "percs", "percussion", "clave", "claves", "woodblock", "agogo", "guiro", "triangle"),
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
_TWO = {("bass", "drum"): "kick", ("finger", "snap"): "snap", ("hand", "clap"): "clap", ("side", "stick"): "rim",
        ("rim", "shot"): "rim"}  # fmt: skip
_HAT = frozenset({"hat", "hats", "hihat", "hihats", "hh"})
_OPEN = frozenset({"open", "opened", "semiopen", "halfopen"})
_CLOSED = frozenset({"closed", "close", "pedal", "foot"})
_CYMBAL = frozenset({"cymbal", "cymbals"})
_ANY_PERCUSSION = ("perc", "rim", "shaker", "tambourine", "cowbell", "hand-drum")
_BESIDE = frozenset(
    {"drum", "drums", "hi", "one", "shot", "shots", "hits", "samples", "sounds", "loop", "loops"}
)
"""Of a folder's name: these beside what it names make it no less a folder of that."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """labels: classes that the name names. among: those that it allows for, as a hat may be open or closed; empty when
    it says nothing of them. loop: it says "loop"; one_shot: "one shot". bpm, key: None when unsaid. a lone number
    counts as a tempo only beside the word "loop"."""

    labels: tuple[str, ...] = ()
    among: tuple[str, ...] = ()
    loop: bool = False
    one_shot: bool = False
    bpm: float | None = None
    key: str | None = None


def spoken(stem: str) -> Spoken:
    """What a file name without its extension says."""
    words = _words(stem)
    labels = _labels(words, re.findall(r"[a-z0-9]+", stem.lower()))
    loop = any(word in ("loop", "loops", "groove", "break", "breakbeat") for word in words)
    one_shot = ("one", "shot") in pairwise(words) or "oneshot" in words
    return Spoken(labels, _among(words, labels), loop, one_shot, _bpm(stem, loop), _key(stem))


def among_of(path: Path) -> tuple[str, ...]:
    """The classes that a file's name allows for or, where it is silent, its folder's."""
    return spoken(path.stem).among or among_by_folder(path.parent.name)


def among_by_folder(name: str) -> tuple[str, ...]:
    """The classes that a folder's name allows for, when it says nothing else: "Open Hats", not "Bass House Vol 1"."""
    words = _words(name)
    known = _CLASS.keys() | _HAT | _OPEN | _CLOSED | _CYMBAL | _BESIDE
    return _among(words, _labels(words, words)) if all(word in known for word in words) else ()


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).lower())  # KickHard


def _labels(words: list[str], joined: list[str]) -> tuple[str, ...]:
    """joined: words as they are written, with their digits."""
    found = [label for pair in pairwise(words) if (label := _TWO.get(pair))]
    if not _HAT.isdisjoint(words):
        found += ["open-hat"] if not _OPEN.isdisjoint(words) else []
        found += ["closed-hat"] if not _CLOSED.isdisjoint(words) else []
    if not found:
        found = [label for word in [*words, *joined] if (label := _CLASS.get(word))]
    return tuple(dict.fromkeys(found))


def _among(words: list[str], labels: tuple[str, ...]) -> tuple[str, ...]:
    found = list(labels)
    if "perc" in found:
        found += _ANY_PERCUSSION
    if not _HAT.isdisjoint(words) and "open-hat" not in found and "closed-hat" not in found:
        found += ["closed-hat", "open-hat"]
    if not _CYMBAL.isdisjoint(words) and "crash" not in found and "ride" not in found:
        found += ["crash", "ride"]
    return tuple(dict.fromkeys(found))


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
    return tonic + ("m" if found[3] == "m" or found[3].lower() in ("min", "minor") else "")
