"""The command line: Typer commands, one small file per noun. Nothing heavy is imported before a command runs."""

from __future__ import annotations

import io
import sys


def main() -> None:
    """Run `roadie` and end the process: 0 all well, 1 failed, 2 asked for wrongly, 130 interrupted."""
    from daemon.cli.root import run_line

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # any file name can be printed on any terminal
    sys.exit(run_line(sys.argv[1:]))
