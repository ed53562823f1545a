"""Musical keys: their spelling, and which of them go together."""

from __future__ import annotations

import re

_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_PITCH = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_KEY = re.compile(r"\s*([A-Ga-g])\s*([#♯b♭]?)(?:[\s_-]*(m|M|(?i:min|minor|maj|major)))?\s*")
"""Only of a lone m it matters whether it is a capital: CM is C major."""

_CAMELOT = re.compile(r"\s*(1[0-2]|[1-9])([ABab])\s*")


def parse_key(text: str) -> tuple[int, bool] | None:
    """(tonic 0..11 above C, minor) of "Am", "C# minor", "Db", "8A" (Camelot); None for what is no key."""
    wheel = _CAMELOT.fullmatch(text)
    if wheel is not None:
        minor = wheel[2].upper() == "A"
        # 8A is A minor and 8B C major; each step on the wheel is a fifth
        return ((9 if minor else 0) + 7 * (int(wheel[1]) - 8)) % 12, minor
    found = _KEY.fullmatch(text)
    if found is None:
        return None
    tonic = _PITCH[found[1].upper()] + {"#": 1, "♯": 1, "b": -1, "♭": -1}.get(found[2], 0)
    return tonic % 12, found[3] == "m" or (found[3] or "").lower() in ("min", "minor")


def key_name(tonic: int, minor: bool) -> str:
    """As roadie writes it: sharps, "m" for minor."""
    return _NAMES[tonic % 12] + ("m" if minor else "")


def spellings(text: str) -> list[str]:
    """Every way in which a library may spell this key, roadie's first; the text itself when it is no key."""
    key = parse_key(text)
    if key is None:
        return [text]
    flats = {1: "Db", 3: "Eb", 6: "Gb", 8: "Ab", 10: "Bb"}
    tail = "m" if key[1] else ""
    names = [key_name(*key)]
    if key[0] in flats:
        names.append(flats[key[0]] + tail)
    return names


def compatible(text: str) -> list[str]:
    """The key, its relative, and the keys a fifth above and below in its mode: its neighbours on the Camelot wheel.

    Empty for what is no key.
    """
    key = parse_key(text)
    if key is None:
        return []
    tonic, minor = key
    relative = (tonic + (3 if minor else 9), not minor)
    return [key_name(*each) for each in (key, relative, (tonic + 7, minor), (tonic + 5, minor))]
