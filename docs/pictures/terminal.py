"""Draws what stands on stdin as a picture of a terminal.

`roadie demo 2>&1 | uv run python docs/pictures/terminal.py docs/pictures/demo.svg "roadie demo"`
"""

from __future__ import annotations

import io
import sys

from rich.console import Console
from rich.text import Text

WIDTH = 116


def main(out: str, title: str) -> None:
    console = Console(record=True, width=WIDTH, file=io.StringIO())
    for line in sys.stdin:
        console.print(Text(line.rstrip("\n")), overflow="ellipsis", no_wrap=True)
    console.save_svg(out, title=title)


if __name__ == "__main__":
    main(*sys.argv[1:3])
