"""What a file says of its sound already, wherever in it that stands: so that nothing is written that contradicts it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from daemon.audio.places import BPM, KEY, ROOT_NOTE, Place
from daemon.audio.tag_facts import NOBODYS, Own

_ROUNDED = 0.51
"""Some places hold a whole number of beats per minute."""


def said(found: Iterable[Place], own: Own = NOBODYS) -> dict[str, list[str]]:
    """The texts of these places for each of FACTS, without those that roadie wrote itself."""
    texts: dict[str, list[str]] = {}
    for place in found:
        if not own.holds(place.name, place.text):
            for fact, text in place.says:
                texts.setdefault(fact, []).append(text)
    return texts


def agrees(fact: str, value: object, text: str) -> bool:
    """Whether a text of a file says what `value` does."""
    if fact in (BPM, ROOT_NOTE):
        try:
            return abs(float(str(value)) - float(text)) < _ROUNDED
        except ValueError:
            return False
    if fact == KEY:
        return _key(str(value)) == _key(text)
    return str(value).casefold() == text.casefold()


def _key(text: str) -> str:
    """`A minor` and `Amin` as `Am`."""
    return re.sub(r"\s*(?:major|maj)$", "", re.sub(r"\s*(?:minor|min)$", "m", text.strip()))
