"""Which assets a text finds: exact words first, then beginnings of words; within each the newest first.

The text index is read in the order of its rows and only as far as a page needs, so that a letter that a million
names begin with costs no more than a rare word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daemon.library import spelling
from daemon.library.tables import AssetText

Numbers = NDArray[np.int64]
Mask = NDArray[np.bool_]

_CHUNK = 512
_FEW = 2000  # so few assets are looked at one by one, rather than looked for among all that match
_STREAM = "SELECT rowid FROM asset_text WHERE asset_text MATCH ? ORDER BY rowid DESC"
_TEXT = "SELECT rowid, name, words, tags, folders FROM asset_text WHERE rowid IN ({})"


@dataclass(frozen=True, slots=True)
class Words:
    """What is looked for. each: for every word of the query, (the words that will do, whether a beginning does)."""

    each: tuple[tuple[tuple[str, ...], bool], ...]

    def exact(self) -> str:
        """All words whole, in what an asset is called rather than in its folders."""
        return "{name words tags} : (" + " AND ".join(_any(words, "") for words, _ in self.each) + ")"

    def prefixes(self) -> str:
        return " AND ".join(_any(words, "*" if begins else "") for words, begins in self.each)

    def stage(self, called: str, folders: str) -> int | None:
        """Of an asset that is called like this and stands there: 0 where `exact` finds it, 1 where only `prefixes`
        does, None where neither."""
        whole = _split(called)
        if all(any(word in whole for word in words) for words, _ in self.each):
            return 0
        found = whole | _split(folders)
        beginnings = all(
            any(word in found or (begins and any(each.startswith(word) for each in found)) for word in words)
            for words, begins in self.each
        )
        return 1 if beginnings else None


def _split(text: str) -> set[str]:
    return set(re.findall(r"[^\W_]+", spelling.plain(text)))


def _any(words: tuple[str, ...], star: str) -> str:
    return "(" + " OR ".join(f'"{word}"{star}' for word in words) + ")"


def words_of(text: str) -> Words | None:
    """What a text looks for; None when there is nothing to look for, or a word is like none of the library's.
    Inside a read."""
    each: list[tuple[tuple[str, ...], bool]] = []
    for word in re.findall(r"[^\W_]+", spelling.plain(text)):
        if _is_there(word):
            each.append(((word,), True))
        elif near := spelling.meant(word):
            each.append((tuple(near), False))
        else:
            return None
    return Words(tuple(each)) if each else None


def _is_there(word: str) -> bool:
    if word.isalpha() and spelling.SHORTEST <= len(word) <= spelling.LONGEST and spelling.begins_a_word(word):
        return True
    found = AssetText._meta.database.execute_sql(_STREAM + " LIMIT 1", (f'"{word}"*',))
    return found.fetchone() is not None


def tagged(tag: str) -> str:
    """An expression for assets that may carry a tag; each is looked at again."""
    return f'tags : "{_quoted(tag)}"'


def facet(word: str) -> str:
    """An expression for assets of a kind or class; each is looked at again."""
    return f'words : "{_quoted(word)}"'


def _quoted(text: str) -> str:
    return text.replace('"', '""')


def stream(words: Words | None, more: list[str], allowed: Mask | None) -> Iterator[Numbers]:
    """Asset numbers in the order of relevance, in parts. words None: only `more`, expressions that all must match.
    allowed: by number, None for all. Inside a read."""
    if allowed is not None and words is not None and int(np.count_nonzero(allowed)) <= _FEW:
        yield _one_by_one(words, np.flatnonzero(allowed))
        return
    stages = [words.exact(), words.prefixes()] if words is not None else [""]
    seen: set[int] = set()
    for stage in stages:
        for part in _each(_all([stage] if stage else [], more), allowed):
            fresh = [number for number in part.tolist() if number not in seen]
            if stage is not stages[-1]:
                seen.update(fresh)
            if fresh:
                yield np.array(fresh, np.int64)


def _all(first: list[str], more: list[str]) -> str:
    return " AND ".join(f"({each})" for each in [*first, *more])


def _each(expression: str, allowed: Mask | None) -> Iterator[Numbers]:
    cursor = AssetText._meta.database.execute_sql(_STREAM, (expression,))
    while rows := cursor.fetchmany(_CHUNK):
        numbers = np.array(rows, np.int64)[:, 0]
        if allowed is not None:
            numbers = numbers[numbers < len(allowed)]
            numbers = numbers[allowed[numbers]]
        if numbers.size:
            yield numbers


def _one_by_one(words: Words, numbers: Numbers) -> Numbers:
    """What `stream` gives, of so few."""
    stages: tuple[list[int], list[int]] = ([], [])
    sqlite = AssetText._meta.database
    for start in range(0, len(numbers), _CHUNK):
        some = numbers[start : start + _CHUNK].tolist()
        for number, name, said, tags, folders in sqlite.execute_sql(
            _TEXT.format(",".join("?" * len(some))), some
        ):
            stage = words.stage(f"{name} {said} {tags}", folders)
            if stage is not None:
                stages[stage].append(number)
    return np.array([number for stage in stages for number in sorted(stage, reverse=True)], np.int64)
