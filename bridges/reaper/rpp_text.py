"""Lines of REAPER's project grammar: blocks, keys, and texts that have no escape character."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Value = str | int | float


def quoted(text: str) -> str:
    """A text as one token. With all three kinds of quotes in it, its backticks become apostrophes: REAPER has no
    way of writing it otherwise."""
    clean = "".join(" " if ord(char) < 32 else char for char in text)
    for mark in ('"', "'", "`"):
        if mark not in clean:
            return f"{mark}{clean}{mark}"
    return "`" + clean.replace("`", "'") + "`"


def line(key: str, *values: Value) -> str:
    """Texts are quoted, numbers stand as they are."""
    return " ".join([key, *(quoted(each) if isinstance(each, str) else f"{each:.14g}" for each in values)])


def block(head: str, body: Iterable[str]) -> list[str]:
    """`<HEAD`, the body two spaces further in, `>`."""
    return [f"<{head}", *(f"  {each}" for each in body), ">"]


def text(lines: Sequence[str]) -> str:
    return "".join(f"{each}\n" for each in lines)
