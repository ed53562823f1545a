"""Which assets a query's facets allow: arrays by asset number, from the columns."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daemon.engines.classifier.classes import CLASSES, UNSURE
from daemon.kernel.errors import BadParameter
from daemon.kernel.work import Kind
from daemon.library.columns import BETWEEN, Columns
from daemon.library.keys import compatible, parse_key, spellings
from daemon.library.query import Query
from daemon.library.text import sql

Mask = NDArray[np.bool_]
Array = NDArray[Any]

_AT = "SELECT a.rowid FROM path p JOIN asset a ON a.id = p.asset_id WHERE p.path = ?"

# how much more is heard as more: 6 percent is a semitone of brightness, 1 dB just noticeable
BUT = {
    "brighter": ("brightness", 1.06, None), "darker": ("brightness", 1 / 1.06, None),
    "shorter": ("length", 0.9, None), "longer": ("length", 1 / 0.9, None),
    "higher": ("pitch", None, 0.5), "lower": ("pitch", None, -0.5),
    "louder": ("loudness", None, 1.0), "quieter": ("loudness", None, -1.0),
    "noisier": ("noisiness", None, 0.03), "cleaner": ("noisiness", None, -0.03),
}  # fmt: skip
"""Word -> (column, factor, or else difference). Where a sound has no pitch, higher and lower are its brightness."""

_LEGAL = {
    "kind": tuple(
        kind.value for kind in (Kind.SOURCE, Kind.STEM, Kind.ONE_SHOT, Kind.LOOP, Kind.SLICE, Kind.MIDI)
    ),
    "class": (*CLASSES, UNSURE),
}
"""Facet -> its words, besides those that sounds of the library have."""

MEASURES = {
    "brightness": "brightness_hz",
    "length": "length_s",
    "pitch": "root_note",
    "loudness": "lufs",
    "noisiness": "noisiness",
}
"""Column -> key of a meta."""


def masks(query: Query, columns: Columns) -> dict[str, Mask]:
    """One mask for each facet that the query names; and one for what stands somewhere, where not everything does."""
    found: dict[str, Mask] = {}
    missing = columns["missing"]
    if query.missing or missing.any():
        found["missing"] = missing if query.missing else ~missing
    equal = {"kind": query.kind, "class": query.label, "stem": query.stem, "source": query.source}
    for name, word in equal.items():
        if word is not None:
            found[name] = _is_one_of(columns, name, _spelt(name, word, columns))
    if query.key is not None:
        keys = compatible(query.key) if query.compatible else [query.key]
        if not keys or (parse_key(query.key) is None and columns.place("key", query.key) is None):
            raise BadParameter(f"{query.key!r} is no key", hint="For example Am, F#, Bb minor or 8A")
        found["key"] = _is_one_of(columns, "key", [name for key in keys for name in spellings(key)])
    if query.folder is not None:
        found["folder"] = _below(columns, query.folder)
    if query.path is not None:
        found["path"] = _at(columns, query.path)
    ranges = {
        "bpm": (query.bpm_min, query.bpm_max),
        "length": (query.length_min, query.length_max),
        "rating": (query.rating_min, None),
    }
    for name, (low, high) in ranges.items():
        if low is not None and high is not None and low > high:
            raise BadParameter(
                f"no {name} is from {low:g} to {high:g}", hint=f"The smaller first: {high:g}..{low:g}"
            )
        if low is not None or high is not None:
            found[name] = _within(columns[name], low, high)
    return found


def together(found: Mapping[str, Mask], columns: Columns, without: str | None = None) -> Mask:
    """What all masks allow (but one, when named), among what the library still knows."""
    mask = columns["known"].copy()
    for name, each in found.items():
        if name != without:
            mask &= each
    return mask


def different(but: tuple[str, ...], measures: Mapping[str, float], columns: Columns) -> Mask:
    """What differs in the ways named from a sound with these measures (by column).

    Raises BadParameter for a word that is none, and for what was not measured of the sound.
    """
    mask = columns["known"].copy()
    for word in but:
        if word not in BUT:
            raise BadParameter(f"a sound cannot be {word!r}", hint=f"Differences: {', '.join(BUT)}")
        column, factor, step = BUT[word]
        if column == "pitch" and "pitch" not in measures:
            column, factor = "brightness", 1.06 if word == "higher" else 1 / 1.06
        if column not in measures:
            raise BadParameter(f"the {column} of this sound was not measured", hint="Scan its folder again")
        own = measures[column]
        edge = own * factor if factor is not None else own + (step or 0.0)
        values = columns[column]
        mask &= values >= edge if edge > own else values <= edge
    return mask


def measures_of(number: int, columns: Columns) -> dict[str, float]:
    """What was measured of an asset, by column."""
    found = {name: float(columns[name][number]) for name in MEASURES}
    return {name: value for name, value in found.items() if math.isfinite(value)}


def _spelt(name: str, word: str, columns: Columns) -> list[str]:
    """A facet's word as sounds have it: of kinds and classes in whatever case, as text is searched.

    Raises BadParameter for a kind or class that is none of roadie's, and that no sound has.
    """
    if name not in _LEGAL:
        return [word]
    found = [each for each in columns.words(name) if each.casefold() == word.casefold()]
    if found or word.casefold() in _LEGAL[name]:
        return found
    own = sorted(set(columns.words(name)) - {"", *_LEGAL[name]})
    known = ", ".join((*_LEGAL[name], *own))
    plural = "Kinds" if name == "kind" else "Classes"
    raise BadParameter(f"there is no {name} {word!r}", hint=f"{plural}: {known}")


def _is_one_of(columns: Columns, name: str, words: list[str]) -> Mask:
    places = [place for place in (columns.place(name, word) for word in words) if place]
    mask = np.zeros(columns.size, bool)
    for place in places:
        mask |= columns[name] == place
    return mask


def _below(columns: Columns, folder: str) -> Mask:
    start = folder.rstrip("/\\")
    below = (f"{start}/", f"{start}\\")
    inside = [
        any(each == start or each.startswith(below) for each in words.split(BETWEEN))
        for words in columns.words("folder")
    ]
    return np.asarray(np.array(inside, bool)[columns["folder"]])


def _at(columns: Columns, path: str) -> Mask:
    mask = np.zeros(columns.size, bool)
    numbers = [number for (number,) in sql(_AT, path) if number < columns.size]
    mask[numbers] = True
    return mask


def _within(values: Array, low: float | None, high: float | None) -> Mask:
    """NaN is within nothing."""
    mask = np.ones(len(values), bool) if low is None else values >= low
    return mask if high is None else mask & (values <= high)
