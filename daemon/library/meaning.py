"""What the words of a query mean in a library: as they are typed, written in one or in several, or mistyped."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice, pairwise, product

from daemon.library import spelling
from daemon.library.parts import split
from daemon.library.tables import AssetText

_MOST_MEANT = 16  # by a word that is not there
_LEAST_JOINED = 4  # letters
_MOST_DIGITS = 3  # of a number with zeros before it
_THERE = "SELECT rowid FROM asset_text WHERE asset_text MATCH ? ORDER BY rowid DESC LIMIT 1"


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a query. meant: what will do, whole or as a beginning; each a word, or several that stand one after
    another, with spaces in between. begun: expressions for what begins like them; where that is little, all of it one
    by one: the text index finds a few words several times as quickly as all that begin like one."""

    meant: tuple[str, ...]
    begun: tuple[str, ...]

    @property
    def whole(self) -> tuple[str, ...]:
        """What is an exact hit: what is written as one word, and only where nothing is, what is written in several."""
        return tuple(meant for meant in self.meant if " " not in meant) or self.meant


@dataclass(frozen=True, slots=True)
class Words:
    """What is looked for: each word of a query."""

    each: tuple[Word, ...]

    def exact(self) -> str:
        """All words whole, in what an asset is called rather than in its folders."""
        return "{name words tags} : (" + _all(_any(map(_whole, word.whole)) for word in self.each) + ")"

    def prefixes(self) -> str:
        return _all(_any(word.begun) for word in self.each)


def words_of(text: str) -> Words | None:
    """What a text looks for; None when there is nothing to look for, or a word is like none of the library's.
    Inside a read."""
    words = re.findall(r"[^\W_]+", spelling.plain(text))
    joined = [one for one in map("".join, pairwise(words)) if _may_be_a_word(one) and _is_there(one)]
    each: list[Word] = []
    for word in words:
        in_one = [one for one in joined if one.startswith(word) or one.endswith(word)]  # "hi hat" as "hihat"
        meant = [*filter(_is_there, [word, *_apart(word)]), *in_one] or _mended(word)
        if not meant:
            return None
        meant = list(dict.fromkeys(meant))
        each.append(Word(tuple(meant), tuple(begun for one in meant for begun in _begun(one))))
    return Words(tuple(each)) if each else None


def _may_be_a_word(joined: str) -> bool:
    """Two words of a query in one: not "1 2", nor "a b"."""
    return joined.isalpha() and _LEAST_JOINED <= len(joined) <= spelling.LONGEST


def _apart(word: str) -> list[str]:
    """How a word may be written in several: "closedhat" as "closed hat", "tr808" as "tr 808"."""
    if len(word) > spelling.LONGEST:
        return []
    several = split(word)
    if len(several) > 1:
        return [" ".join(several)]
    if not word.isalpha():
        return []  # of a number the digits belong together
    return [f"{word[:at]} {word[at:]}" for at in range(2, len(word) - 1)]


def _mended(word: str) -> list[str]:
    """What a word that is not there may have meant. Its letters may be mistyped; a number tells one sound from the
    next and is never left out or taken for another, but may have zeros before it."""
    if len(word) > spelling.LONGEST:
        return []
    ways = [spelling.meant(run) or [run] if run.isalpha() else _numbers(run) for run in split(word)]
    return list(filter(_is_there, map(" ".join, islice(product(*ways), _MOST_MEANT))))


def _numbers(digits: str) -> list[str]:
    return [digits.zfill(length) for length in range(len(digits), max(len(digits), _MOST_DIGITS) + 1)]


def _begun(meant: str) -> list[str]:
    begun = spelling.begun(meant)
    return [_whole(meant) + "*"] if begun is None else list(map(_whole, begun))


def _is_there(meant: str) -> bool:
    """Whether anything begins like this."""
    known = meant.isalpha() and spelling.SHORTEST <= len(meant) <= spelling.LONGEST
    if known and spelling.begins_a_word(meant):
        return True
    found = AssetText._meta.database.execute_sql(_THERE, (_whole(meant) + "*",))
    return found.fetchone() is not None


def _all(expressions: Iterable[str]) -> str:
    return " AND ".join(f"({each})" for each in expressions)


def _any(expressions: Iterable[str]) -> str:
    return " OR ".join(expressions)


def _whole(meant: str) -> str:
    return f'"{meant}"'
