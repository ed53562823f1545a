"""Draws what stands on stdin as a picture of a terminal.

`roadie demo 2>&1 | uv run python docs/pictures/terminal.py docs/pictures/demo.svg "roadie demo"`
"""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

WIDTH = 116


def main(out: str, title: str) -> None:
    console = Console(record=True, width=WIDTH, file=io.StringIO())
    for line in sys.stdin:
        console.print(Text(line.rstrip("\n")), overflow="ellipsis", no_wrap=True)
    picture = console.export_svg(title=title)
    # Without the fonts that it would fetch from elsewhere: the reader's own monospace will do.
    Path(out).write_text(re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:3])
