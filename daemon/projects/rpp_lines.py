"""The text of REAPER projects and track templates: lines of tokens in blocks.

`<TAG arg ...` opens a block, a lone `>` closes it, other lines are `KEY arg ...` or raw payload. A token that has a
space or begins with a quote mark is quoted by the first of " ' ` that it does not contain; nothing is escaped.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from daemon.kernel.errors import UnreadableProject

MOST_DEPTH = 64
LONGEST_LINE = 16 << 20  # bytes: REAPER itself breaks base64 into short lines
_QUOTES = "\"'`"


@dataclass(slots=True)
class Line:
    """tag: of the innermost block it stands in, "" outside; a block's own first line stands inside it. opens, closes:
    whether it is the first or last line of its block. number: from 1."""

    number: int
    tag: str
    text: str
    opens: bool = False
    closes: bool = False

    @property
    def tokens(self) -> list[str]:
        """For an opening line, without the `<`."""
        return split(self.text)


def lines(file: BinaryIO, path: Path) -> Iterator[Line]:
    """Every line that is not empty. Raises UnreadableProject for blocks that do not close, close twice, or nest
    without end, naming the line."""
    blocks: list[str] = []
    opened: list[int] = []
    number = 0
    while raw := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(raw) > LONGEST_LINE:
            raise _broken(path, number, "a line has no end")
        text = raw.decode("utf-8", "replace").strip().removeprefix("\ufeff")
        if not text:
            continue
        if text == ">":
            if not blocks:
                raise _broken(path, number, "a block is closed that was not opened")
            yield Line(number, blocks[-1], text, closes=True)
            blocks.pop()
            opened.pop()
        elif text.startswith("<"):
            if len(blocks) == MOST_DEPTH:
                raise _broken(path, number, f"blocks stand {MOST_DEPTH} deep")
            text = text[1:]
            blocks.append(text.split(None, 1)[0].upper() if text else "")
            opened.append(number)
            yield Line(number, blocks[-1], text, opens=True)
        else:
            yield Line(number, blocks[-1] if blocks else "", text)
    if blocks:
        raise _broken(
            path, number, f"it ends inside <{blocks[-1]}, which line {opened[-1]} opened", cut_off=True
        )


def split(text: str) -> list[str]:
    """The tokens of a line."""
    if not any(mark in text for mark in _QUOTES):
        return text.split()
    tokens: list[str] = []
    at, end = 0, len(text)
    while at < end:
        if text[at].isspace():
            at += 1
            continue
        if text[at] in _QUOTES:
            close = text.find(text[at], at + 1)
            close = end if close < 0 else close
            tokens.append(text[at + 1 : close])
            at = close + 1
        else:
            start = at
            while at < end and not text[at].isspace():
                at += 1
            tokens.append(text[start:at])
    return tokens


def _broken(path: Path, number: int, why: str, cut_off: bool = False) -> UnreadableProject:
    return UnreadableProject(
        "the project cannot be read", where=f"{path}, line {number}", why=why,
        hint="It is cut off: open a backup of it" if cut_off else "Save it once more in REAPER, or open a backup of it",
    )  # fmt: skip
