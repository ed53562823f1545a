"""The parts of words that are written as one: "SnareRimshot01" is of Snare, Rimshot and 01."""

from __future__ import annotations

import re
import unicodedata

_PART = re.compile("U+(?!l)|U?l+|d+")  # of a word's letters told by kind: see `_kind`


def split(word: str) -> list[str]:
    """A word at its changes of case and between letters and digits; itself where it has none. Of capitals the last
    belongs to the small letters that follow: "TRKick" is of TR and Kick. All the letters of the word are in its parts,
    in their order."""
    kinds = "".join(map(_kind, word))
    return [word[part.start() : part.end()] for part in _PART.finditer(kinds)]


def parts(text: str) -> list[str]:
    """The parts of each word of a text that has several, in their order."""
    whole = unicodedata.normalize("NFC", text)  # a letter and its accent are one
    found: list[str] = []
    for word in dict.fromkeys(re.findall(r"[^\W_]+", whole)):
        several = split(word)
        if len(several) > 1:
            found += several
    return found


def _kind(letter: str) -> str:
    if not letter.isalpha():
        return "d"
    return "U" if letter.isupper() else "l"
