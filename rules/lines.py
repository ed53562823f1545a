"""Where in a TOML file a key stands. The standard parser tells values and not their lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

Place = tuple[str | int, ...]
"""("then", 0, "run"): keys and numbers from the top."""

_TEXT = re.compile(
    r'"""(?:\\.|[^\\])*?"""|\'\'\'.*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*',
    re.DOTALL,
)


def line_of(text: str, body: Any, place: Place) -> int | None:
    """The line of the key at `place`, counted from 1; of the nearest key above it that can be told; else None.

    Keys come out of the parser in the order in which they stand: the n-th "path" of the document is the n-th in the
    text, once texts and comments in it are blanked out.
    """
    bare = _TEXT.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), text)
    while place:
        if isinstance(place[-1], str):
            line = _line(text, bare, body, place)
            if line is not None:
                return line
        place = place[:-1]
    return None


def _line(text: str, bare: str, body: Any, place: Place) -> int | None:
    key = str(place[-1])
    wanted = next((n for n, each in enumerate(_places(body, key)) if each == place), None)
    quoted = re.compile(rf"""(?<![\w.-])(?:{re.escape(key)}|"{re.escape(key)}")(?![\w-])\s*(?=[=.\]])""")
    found = [match.start() for match in quoted.finditer(bare)]
    # [[then]] is one key for all of its tables
    if wanted is None or wanted >= len(found):
        return None
    return text.count("\n", 0, found[wanted]) + 1


def _places(value: Any, key: str, above: Place = ()) -> Iterator[Place]:
    """Where a key stands, in the order of the document. A list of tables has its key once for each of them."""
    if isinstance(value, dict):
        for name, inner in value.items():
            tables = isinstance(inner, list) and bool(inner) and above == () and isinstance(inner[0], dict)
            if name == key and not tables:
                yield (*above, name)
            if tables:
                for number, table in enumerate(inner):
                    if name == key:
                        yield (*above, name, number)
                    yield from _places(table, key, (*above, name, number))
            else:
                yield from _places(inner, key, (*above, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _places(inner, key, (*above, number))
