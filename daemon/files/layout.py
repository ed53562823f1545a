"""Layouts such as "{source}/{kind}/{class}": checked before they are used, and never a way out of their root."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass

from daemon.files.names import safe_name
from daemon.kernel.errors import BadParameter

FIELDS = ("source", "kind", "class", "stem", "bpm", "key", "date")
_MAX_LEVELS = 12


@dataclass(frozen=True, slots=True)
class Level:
    """One folder. parts: (literal text, name of the field after it or None)."""

    parts: tuple[tuple[str, str | None], ...]

    def render(self, fields: Mapping[str, str]) -> str | None:
        """The folder's name, or None when a field of it is not known: then the level is left out."""
        if any(name is not None and name not in fields for _, name in self.parts):
            return None
        text = "".join(literal + (fields[name] if name else "") for literal, name in self.parts)
        return safe_name(text)


def parse(layout: str) -> tuple[Level, ...]:
    """The levels of a layout. Raises BadParameter, naming what is legal."""
    if "\\" in layout or "\0" in layout or layout.startswith("/"):
        raise _bad(layout, "it must be relative, with / between folders")
    texts = [text.strip() for text in layout.split("/")]
    levels = tuple(_level(text, layout) for text in texts if text)
    if len(levels) > _MAX_LEVELS:
        raise _bad(layout, f"more than {_MAX_LEVELS} folders deep")
    return levels


def _level(text: str, layout: str) -> Level:
    if text in (".", ".."):
        raise _bad(layout, f"{text} is no folder of its own")
    try:
        found = list(string.Formatter().parse(text))
    except ValueError as error:
        raise _bad(layout, str(error)) from error
    for _, name, spec, conversion in found:
        if name is not None and (name not in FIELDS or spec or conversion):
            raise _bad(layout, f"unknown field {{{name}}}" if name not in FIELDS else "fields take no format")
    return Level(tuple((literal, name) for literal, name, _, _ in found))


def _bad(layout: str, why: str) -> BadParameter:
    legal = ", ".join(f"{{{name}}}" for name in FIELDS)
    return BadParameter("this layout is not legal", where=layout, why=why, hint=f"Fields: {legal}")
