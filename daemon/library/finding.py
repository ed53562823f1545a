"""The work of a search, on the columns, the text index and the vectors. Everything here is inside a read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from daemon.kernel.errors import BadParameter, NotFound
from daemon.library import filters, matching, ordering
from daemon.library.assets import ids_of, load
from daemon.library.columns import BETWEEN, Columns
from daemon.library.filters import Mask
from daemon.library.matching import Part
from daemon.library.meaning import Words, words_of
from daemon.library.query import SORTS, Found, Like, Place, Query
from daemon.library.tables import TagRow
from daemon.library.text import number_of, sql
from daemon.library.vectors import VectorIndex

Numbers = NDArray[np.int64]

_MOST_ALIKE = 1000  # results by sound, at most
_MOST_WORDS = 100  # values of a facet that are told, those with the most assets
_TAGGED = """SELECT DISTINCT a.rowid FROM tag t JOIN asset a ON a.id = t.asset_id WHERE t.label = ?
ORDER BY a.rowid DESC"""
_EDGES = {
    "bpm": (0, 60, 70, 80, 90, 100, 110, 120, 130, 140, 150, 160, 170, 180, 1000),
    "length": (0, 0.25, 0.5, 1, 2, 4, 8, 16, 60, 300, 1e6),
}


def page(query: Query, columns: Columns, vectors: VectorIndex) -> Found:
    """See `Search.page`."""
    if query.sort not in SORTS:
        raise BadParameter(f"cannot sort by {query.sort!r}", hint=f"Sorts: {', '.join(SORTS)}")
    if query.like is not None:
        return _alike(query, query.like, columns, vectors)
    places = _places(query, columns, query.limit + 1)
    numbers = [number for _, number in places[: query.limit]]
    ids = ids_of(numbers)
    assets = load(ids[number] for number in numbers if number in ids)
    if len(places) <= query.limit:
        return Found(assets)
    if query.by_relevance:
        return Found(assets, places[query.limit - 1])
    stood = (ordering.place(query, number, columns) for number in reversed(numbers))
    return Found(assets, next((each for each in stood if each is not None), None))


def counts(query: Query, columns: Columns) -> dict[str, dict[str, int]]:
    """Facet -> value -> how many. A facet's own filter does not count for its values, so that a person sees what
    else there is. Ranges are named "low..high", the upper edge not included."""
    found = filters.masks(query, columns)
    if query.text or query.tag is not None:
        # kind and class have masks of their own, which one facet's counts go without
        found["text"] = _mask(_matching(replace(query, kind=None, label=None), None), columns.size)
    told: dict[str, dict[str, int]] = {}
    for name in ("kind", "class", "stem", "key", "source", "folder"):
        each = np.bincount(columns[name][filters.together(found, columns, without=name)])
        by_word: Counter[str] = Counter()
        for i in (np.flatnonzero(each[1:]) + 1).tolist():
            for word in columns.words(name)[i].split(BETWEEN):
                by_word[word] += int(each[i])
        told[name] = dict(by_word.most_common(_MOST_WORDS))
    ratings = np.bincount(columns["rating"][filters.together(found, columns, without="rating")])
    told["rating"] = {str(rating): int(count) for rating, count in enumerate(ratings) if count}
    missing = np.bincount(columns["missing"][filters.together(found, columns, without="missing")])
    told["missing"] = {
        word: int(count) for word, count in zip(("false", "true"), missing, strict=False) if count
    }
    for name, edges in _EDGES.items():
        values = columns[name][filters.together(found, columns, without=name)]
        each, _ = np.histogram(values[~np.isnan(values)], edges)
        told[name] = {f"{edges[i]:g}..{edges[i + 1]:g}": int(count) for i, count in enumerate(each) if count}
    told["all"] = {"assets": int(np.count_nonzero(filters.together(found, columns)))}
    return told


def _places(query: Query, columns: Columns, count: int) -> list[tuple[int, int]]:
    """The first `count` of what a query finds, behind `query.after`: (stage, number)."""
    found = filters.masks(query, columns)
    mask = filters.together(found, columns) if found else None
    if query.text or query.tag is not None:
        parts = _matching(query, mask)
        if query.by_relevance:
            return list(islice(_behind(parts, query.after), count))
        mask = _mask(parts, columns.size)
    return [(0, number) for number in ordering.first(query, mask, columns, count)]


def _behind(parts: Iterator[Part], after: Place | None) -> Iterator[tuple[int, int]]:
    """Of what comes in the order of relevance, what comes after a place."""
    last, number = after or (-1.0, 0)
    assert isinstance(last, int | float)
    for stage, numbers in parts:
        if stage > last:
            yield from ((stage, each) for each in numbers.tolist())
        elif stage == last:
            yield from ((stage, each) for each in numbers.tolist() if each < number)


def _matching(query: Query, mask: Mask | None) -> Iterator[Part]:
    words = None
    if query.text:
        words = words_of(query.text)
        if words is None:
            return
    facets = [word for word in (query.kind, query.label) if word is not None]
    more = [matching.facet(word) for word in facets if matching.is_text(word)]
    if query.tag is not None and not matching.is_text(query.tag):
        yield from _with_sign(query.tag, words, more, mask)
        return
    if query.tag is not None:
        more.append(matching.tagged(query.tag))
    for stage, part in matching.stream(words, more, mask):
        yield stage, part if query.tag is None else _carrying(query.tag, part)


def _with_sign(tag: str, words: Words | None, more: list[str], mask: Mask | None) -> Iterator[Part]:
    """As `_matching`, of those that carry a tag of signs alone: of it the table of tags knows."""
    numbers = np.array(sql(_TAGGED, tag).fetchall(), np.int64).reshape(-1)
    if mask is not None:
        numbers = numbers[numbers < len(mask)]
        numbers = numbers[mask[numbers]]
    if words is None:
        yield 0, numbers
        return
    allowed = np.zeros(int(numbers.max(initial=0)) + 1, bool)
    allowed[numbers] = True
    yield from matching.stream(words, more, allowed)


def _carrying(tag: str, numbers: Numbers) -> Numbers:
    """Those that carry exactly this tag."""
    ids = ids_of(numbers.tolist())
    rows = (
        TagRow.select(TagRow.asset).where((TagRow.label == tag) & (TagRow.asset << list(ids.values()))).tuples()
    )
    carrying = {asset for (asset,) in rows}
    return np.array([number for number in numbers.tolist() if ids.get(number) in carrying], np.int64)


def _mask(parts: Iterator[Part], size: int) -> Mask:
    mask = np.zeros(size, bool)
    for _, part in parts:
        mask[part[part < size]] = True
    return mask


# ---------------------------------------------------------------- by sound


def _alike(query: Query, like: Like, columns: Columns, vectors: VectorIndex) -> Found:
    own = None if like.asset is None else number_of(like.asset)
    if like.asset is not None and own is None:
        raise NotFound("there is no such asset", where=like.asset)
    found = filters.masks(query, columns)
    if query.but:
        found["but"] = filters.different(query.but, _measures(like, own, columns), columns)
    if query.text or query.tag is not None:
        found["text"] = _mask(_matching(query, None), columns.size)
    start = 0 if query.after is None else query.after[1]
    end = min(start + query.limit, _MOST_ALIKE)
    near = vectors.near(_wanted(like, own, vectors), end + 2, filters.together(found, columns))
    near = [each for each in near if each.number != own]
    ids = ids_of(each.number for each in near)
    there = [each for each in near if each.number in ids]
    chosen = there[start:end]
    return Found(
        load(ids[each.number] for each in chosen),
        (None, end) if len(there) > end and end < _MOST_ALIKE else None,
        tuple(each.likeness for each in chosen),
    )


def _wanted(like: Like, own: int | None, vectors: VectorIndex) -> NDArray[np.float32]:
    if like.vector is not None:
        return np.array(like.vector, np.float32)
    vector = None if own is None else vectors.vector_of(own)
    if vector is None:
        raise NotFound(
            "nothing in this sound can be compared with others: it is silent, or was not heard yet",
            where=None if own is None else next((each.name for each in load(ids_of([own]).values())), None),
            hint="If it is not silent, scan its folder, then ask again",
        )
    return vector


def _measures(like: Like, own: int | None, columns: Columns) -> Mapping[str, float]:
    told = dict(like.measures)
    known = {name: told[key] for name, key in filters.MEASURES.items() if key in told}
    return known or ({} if own is None else filters.measures_of(own, columns))
