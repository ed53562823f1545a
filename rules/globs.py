"""Path patterns: `*` and `?` within a folder's name, `[ab]`, `{a,b}`, and `**` for any number of folders."""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import cache
from itertools import pairwise

from daemon.kernel.at_home import at_home

MOST_ALTERNATIVES = 1000
_MAGIC = re.compile(r"[*?\[]")


class BadPattern(ValueError):
    """The message says what is wrong with a pattern."""


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern as a regular expression for `normal` paths. Raises BadPattern.

    "~" is the home folder. A pattern that does not begin at the top of a disk may begin at any folder: "*.wav",
    "Kicks/*". Upper and lower case are alike where the system's own file names are so.
    """
    if "\0" in pattern:
        raise BadPattern("no file's name has a zero byte")
    if ".." in normal(pattern).split("/"):  # before it is taken for a path: "*/.." is no folder
        raise BadPattern("write the path without '..'")
    text = normal(at_home(pattern))
    if not text:
        raise BadPattern("an empty pattern matches nothing")
    options = [_regex(each) for each in _alternatives(text)]
    flags = re.IGNORECASE if sys.platform in ("win32", "darwin") else 0
    return re.compile("|".join(options), flags | re.DOTALL)


def matches(pattern: str, path: str) -> bool:
    return compiled(pattern).fullmatch(normal(path)) is not None


def fixed_part(pattern: str) -> str:
    """The folders before the first wildcard: what must be watched for a pattern ever to match."""
    text = normal(at_home(pattern))
    parts = []
    for part in text.split("/"):
        if _MAGIC.search(part) or "{" in part:
            break
        parts.append(part)
    return "/".join(parts)


def normal(path: str) -> str:
    """One way of writing for every system: / between folders, NFC (macOS writes é as two characters)."""
    return unicodedata.normalize("NFC", path.replace("\\", "/") if sys.platform == "win32" else path)


def _regex(pattern: str) -> str:
    anchored = pattern.startswith("/") or re.match(r"[A-Za-z]:/", pattern) is not None
    parts = pattern.lstrip("/").split("/") if pattern.startswith("/") else pattern.split("/")
    begin = "/" if pattern.startswith("/") else "" if anchored else "(?:.*/)?"
    made, last = "", len(parts) - 1
    for number, part in enumerate(parts):
        if part == "**":
            # in the middle: any folders, or none; at the end: whatever is below
            made += "(?:[^/]+/)*" if number < last else ".+"
        elif part in (".", ".."):
            raise BadPattern(f"write the path without {part!r}")
        elif "**" in part:
            raise BadPattern(f"** stands for whole folders: write a/**/b, not {part!r}")
        else:
            made += _part(part) + ("/" if number < last else "")
    return begin + made


def _part(part: str) -> str:
    made, at = "", 0
    while at < len(part):
        sign = part[at]
        at += 1
        if sign == "*":
            made += "[^/]*"
        elif sign == "?":
            made += "[^/]"
        elif sign == "[":
            inside, at = _set(part, at)
            made += inside
        else:
            made += re.escape(sign)
    return made


def _set(part: str, at: int) -> tuple[str, int]:
    """A set such as [a-c] or [!x], from behind its bracket; and where the part goes on."""
    end = part.find("]", at + 1 + part.startswith("!", at))
    if end < 0:
        raise BadPattern(f"the [ in {part!r} is never closed")
    body = part[at:end]
    negated, body = body.startswith("!"), body.removeprefix("!")
    try:
        re.compile(f"[{_escaped(body)}]")
    except re.error as error:
        raise BadPattern(f"[{body}] is no set of characters: {error}") from error
    return f"(?!/)[{'^' if negated else ''}{_escaped(body)}]", end + 1


def _escaped(body: str) -> str:
    return re.sub(r"([\\\[\]^&~|])", r"\\\1", body)


def _alternatives(pattern: str) -> list[str]:
    """ "a{b,c}d" -> ["abd", "acd"], also nested."""
    start = pattern.find("{")
    if start < 0:
        return [pattern]
    depth, cuts = 0, [start]
    for at in range(start, len(pattern)):
        if pattern[at] == "{":
            depth += 1
        elif pattern[at] == "}":
            depth -= 1
            if depth == 0:
                cuts.append(at)
                break
        elif pattern[at] == "," and depth == 1:
            cuts.append(at)
    else:
        raise BadPattern(f"the {{ in {pattern!r} is never closed")
    inside = [pattern[begin + 1 : end] for begin, end in pairwise(cuts)]
    head, tail = pattern[:start], pattern[cuts[-1] + 1 :]
    found = [head + each + rest for each in inside for rest in _alternatives(tail)]
    expanded = (
        [whole for each in found for whole in _alternatives(each)]
        if any("{" in each for each in found)
        else found
    )
    if len(expanded) > MOST_ALTERNATIVES:
        raise BadPattern(f"{pattern!r} stands for more than {MOST_ALTERNATIVES} patterns")
    return expanded
