"""Address patterns of OSC 1.0 (`?`, `*`, `[abc]`, `[!a-z]`, `{one,two}`), and `//` of 1.1, which skips parts.

Matched by following every possibility at once, character by character: the time is bounded by the product of the
lengths, where a backtracking regular expression could be kept busy for hours by one datagram.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

MAX_LENGTH = 256
MAX_CHOICES = 64
_SPECIAL = frozenset("?*[{")


class BadPattern(Exception):
    """Something opens and does not close, or the pattern is longer than any use of it."""


def is_pattern(address: str) -> bool:
    return "//" in address or not _SPECIAL.isdisjoint(address)


@dataclass(frozen=True, slots=True)
class _Any:
    """Zero or more characters."""


@dataclass(frozen=True, slots=True)
class _One:
    """One character: any, or one that is (not) among some."""

    accepts: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class _Choice:
    words: tuple[str, ...]


_Token = str | _Any | _One | _Choice


class Part:
    """What stands between two slashes. plain: the only name that it means, None when it may mean several."""

    def __init__(self, text: str) -> None:
        self._tokens = tuple(_tokens(text))
        self.plain = text if _SPECIAL.isdisjoint(text) else None

    def matches(self, name: str) -> bool:
        return name == self.plain if self.plain is not None else _matches(self._tokens, name)


class Pattern:
    """A pattern, read once. Raises BadPattern. parts: None stands for `//`: any number of parts, none too; never two
    of them in a row."""

    def __init__(self, text: str) -> None:
        if len(text) > MAX_LENGTH:
            raise BadPattern(f"a pattern may be {MAX_LENGTH} characters long")
        self.parts = tuple(_parts(text))

    def matches(self, address: str) -> bool:
        parts = address.split("/")[1:]
        places = {0}
        for wanted in self.parts:
            if wanted is None:
                places = set(range(min(places), len(parts) + 1))
            else:
                places = {at + 1 for at in places if at < len(parts) and wanted.matches(parts[at])}
            if not places:
                return False
        return len(parts) in places


def _parts(text: str) -> Iterator[Part | None]:
    inner = text.split("/")[1:]
    skipped = False
    for number, part in enumerate(inner):
        skips = not part and number < len(inner) - 1  # a / at the very end begins a part that no address has
        if not skips:
            yield Part(part)
        elif not skipped:
            yield None
        skipped = skips


def _tokens(part: str) -> Iterator[_Token]:
    at = 0
    while at < len(part):
        char = part[at]
        if char == "?":
            yield _One(lambda _: True)
        elif char == "*":
            yield _Any()
        elif char in "[{":
            close = part.find("]" if char == "[" else "}", at + 1)
            if close < 0:
                raise BadPattern(f"{char} at {part!r} does not close")
            inside = part[at + 1 : close]
            yield _one_of(inside) if char == "[" else _choice(inside)
            at = close
        else:
            yield char
        at += 1


def _choice(inside: str) -> _Choice:
    words = inside.split(",")
    if len(words) > MAX_CHOICES:
        raise BadPattern(f"a pattern may choose among {MAX_CHOICES}")
    return _Choice(tuple(words))


def _one_of(inside: str) -> _One:
    negated = inside.startswith("!")
    chars = inside[1:] if negated else inside
    ranges: list[tuple[str, str]] = []
    at = 0
    while at < len(chars):
        if at + 2 < len(chars) and chars[at + 1] == "-":  # a minus at the end is a minus
            ranges.append((chars[at], chars[at + 2]))
            at += 3
        else:
            ranges.append((chars[at], chars[at]))
            at += 1
    return _One(lambda char: any(low <= char <= high for low, high in ranges) is not negated)


def _matches(tokens: tuple[_Token, ...], text: str) -> bool:
    ends = {0}
    for token in tokens:
        match token:
            case _Any():
                ends = set(range(min(ends), len(text) + 1))
            case _One(accepts):
                ends = {at + 1 for at in ends if at < len(text) and accepts(text[at])}
            case _Choice(words):
                ends = {at + len(word) for at in ends for word in words if text.startswith(word, at)}
            case str():
                ends = {at + 1 for at in ends if at < len(text) and text[at] == token}
        if not ends:
            return False
    return len(text) in ends
