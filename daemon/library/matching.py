"""Which assets a text finds: exact words first, then beginnings of words; within each the newest first.

The text index is read in the order of its rows and only as far as a page needs, so that a letter that a million
names begin with costs no more than a rare word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from daemon.library import spelling
from daemon.library.meaning import Words
from daemon.library.tables import AssetText

Numbers = NDArray[np.int64]
Mask = NDArray[np.bool_]
Part = tuple[int, Numbers]
"""Some of what a text finds, the newest first, and its stage: those of a lower one come first."""

_CHUNK = 512
_FEW = 2000  # so few assets are looked at one by one, rather than looked for among all that match
_MANY = 2000  # from so many exact ones on they are not asked for beforehand
_STREAM = "SELECT rowid FROM asset_text WHERE asset_text MATCH ? ORDER BY rowid DESC"
_TEXT = """SELECT rowid, name || char(10) || words || char(10) || tags, folders FROM asset_text WHERE rowid IN ({})
ORDER BY rowid DESC"""


class Stages:
    """Tells without the index what an asset is to a query, by the texts that the index has of it."""

    def __init__(self, words: Words) -> None:
        self._whole = [[_pattern(text, begins=False) for text in word.whole] for word in words.each]
        self._begun = [[_pattern(text, begins=True) for text in word.meant] for word in words.each]

    def of(self, called: str, folders: str) -> int | None:
        """0 where `Words.exact` finds it, 1 where only `Words.prefixes` does, None where neither."""
        text = " " + spelling.plain(called)
        if all(any(map(_in(text), words)) for words in self._whole):
            return 0
        text = f"{text}\n{spelling.plain(folders)}"
        return 1 if all(any(map(_in(text), words)) for words in self._begun) else None


def _in(text: str) -> Callable[[re.Pattern[str]], object]:
    return lambda pattern: pattern.search(text)


def _pattern(meant: str, begins: bool) -> re.Pattern[str]:
    """Words where they stand whole, one after another and on one line, or the last begins one. The first comes before
    what is asked of it: it is looked for at memory's speed."""
    first, *others = map(re.escape, meant.split())
    word = "".join([rf"{first}(?<=[\W_]{first})", *(rf"(?:(?!\n)[\W_])+{other}" for other in others)])
    return re.compile(word + ("" if begins else r"(?![^\W_])"))


def is_text(word: str) -> bool:
    """Whether a tag or class has a letter or digit: of one that has none the text index knows nothing."""
    return re.search(r"[^\W_]", word) is not None


def tagged(tag: str) -> str:
    """An expression for assets that may carry a tag; each is looked at again."""
    return f'tags : "{_quoted(tag)}"'


def facet(word: str) -> str:
    """An expression for assets of a kind or class; each is looked at again."""
    return f'words : "{_quoted(word)}"'


def _quoted(text: str) -> str:
    return text.replace('"', '""')


def stream(words: Words | None, more: list[str], allowed: Mask | None) -> Iterator[Part]:
    """Asset numbers in the order of relevance, in parts. words None: only `more`, expressions that all must match.
    allowed: by number, None for all. Inside a read."""
    if allowed is not None and words is not None and int(np.count_nonzero(allowed)) <= _FEW:
        yield from _one_by_one(words, np.flatnonzero(allowed))
        return
    stages = [words.exact(), words.prefixes()] if words is not None else [""]
    seen: set[int] = set()
    for number, stage in enumerate(stages):
        for part in _each(_all([stage] if stage else [], more), allowed):
            fresh = [each for each in part.tolist() if each not in seen]
            if stage is not stages[-1]:
                seen.update(fresh)
            if fresh:
                yield number, np.array(fresh, np.int64)


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


def _one_by_one(words: Words, numbers: Numbers) -> Iterator[Part]:
    """What `stream` gives, of so few. Where the index tells at once which are exact, only as many are read as are
    wanted; otherwise all, before the first beginning of a word is given."""
    newest = numbers[::-1]
    exact = _quickly(words.exact())
    if exact is not None:
        yield 0, newest[np.isin(newest, exact)]
    told, beginnings = Stages(words), []
    for start in range(0, len(newest), _CHUNK):
        stages: tuple[list[int], list[int]] = ([], [])
        for number, called, folders in _texts(newest[start : start + _CHUNK]):
            stage = told.of(called, folders)
            if stage is not None:
                stages[stage].append(number)
        if exact is None:
            yield 0, np.array(stages[0], np.int64)
            beginnings += stages[1]
        else:
            yield 1, np.array(stages[1], np.int64)
    yield 1, np.array(beginnings, np.int64)


def _quickly(expression: str) -> Numbers | None:
    """The asset numbers that an expression finds; None where it finds many."""
    rows = AssetText._meta.database.execute_sql(_STREAM, (expression,)).fetchmany(_MANY)
    return np.array(rows, np.int64).reshape(-1) if len(rows) < _MANY else None


def _texts(numbers: Numbers) -> list[tuple[int, str, str]]:
    """(number, what it is called, its folders) of some assets, the newest first."""
    statement = _TEXT.format(",".join("?" * len(numbers)))
    return AssetText._meta.database.execute_sql(statement, numbers.tolist()).fetchall()  # type: ignore[no-any-return]
