"""Ways of printing: JSON for programs, tables for people, sizes and times in words."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

_JOINERS = "\u200c\u200d"  # within an emoji, and in words of some scripts

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Return once the job is queued.")]


def out_path(text: str) -> Path:
    """What --out names. An empty one, as a variable gives that is not set, would be the current folder."""
    if not text:
        raise typer.BadParameter("it names nothing")
    return Path(text)


def console(*, stderr: bool = False) -> Console:
    """rich's console, with nothing highlighted or marked up that was not asked for."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, markup=False, emoji=False, soft_wrap=True)


def print_json(value: Any) -> None:
    """One JSON document; views of the services are taken as they are."""
    import msgspec

    print(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def print_json_line(value: Any) -> None:
    """One JSON document on one line, seen at once."""
    import msgspec

    print(msgspec.json.encode(value).decode(), flush=True)


def print_table(headings: Sequence[str], rows: Iterable[Sequence[object]], empty: str) -> None:
    """Columns for a person; through a pipe, every value whole. empty: said when there are no rows."""
    cells = [["-" if value is None else on_one_line(str(value)) for value in row] for row in rows]
    if not cells:
        print(empty)
        return
    widths = [max(map(len, column)) for column in zip(headings, *cells, strict=True)]
    for row in [list(headings), *cells]:
        print("  ".join(value.ljust(width) for value, width in zip(row, widths, strict=True)).rstrip())


def on_one_line(text: str) -> str:
    """A file's name as a terminal may show it: what would break the line, colour it or turn it round is written out."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() or each in _JOINERS else _written_out(each) for each in text)


def _written_out(sign: str) -> str:
    return sign.encode("unicode_escape").decode()


def say(line: str) -> None:
    """A remark beside the result, which is on stdout."""
    print(line, file=sys.stderr, flush=True)


def wrapped(text: str, indent: str) -> list[str]:
    """A long sentence as lines of a terminal; not for paths, which must stay in one piece."""
    import textwrap

    return textwrap.wrap(text, 100, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)


def counted(number: int, noun: str) -> str:
    """ "1 file", "2 files"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def size(size_bytes: float | None) -> str:
    """Decimal units, as vendors and operating systems give a download's size."""
    if size_bytes is None:
        return "-"
    for unit in ("bytes", "kB", "MB"):
        if size_bytes < 1000:
            return f"{size_bytes:.0f} {unit}"
        size_bytes /= 1000
    return f"{size_bytes:.1f} GB"


def duration(length_s: float | None) -> str:
    """m:ss, or h:mm:ss."""
    if length_s is None:
        return "-"
    minutes, seconds = divmod(round(length_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def when(at: float | None) -> str:
    """A time in this place's own time."""
    from datetime import datetime

    return "-" if at is None else datetime.fromtimestamp(at).strftime("%Y-%m-%d %H:%M:%S")
