"""`roadie demo`: the whole of it, offline, on a song that roadie makes itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from daemon.cli.output import AsJson, out_path


def demo(
    out: Annotated[
        Path,
        typer.Option(
            "--out", parser=out_path, metavar="DIR", help="Folder for the song and all that is made of it."
        ),
    ] = Path("roadie-demo"),
    watch: Annotated[
        bool, typer.Option("--watch", help="Drop the song into an inbox, and let a rule do it.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a song, take it apart, and show what came of it. Offline, in about two minutes.

    Stems, one-shots and loops with their classes, MIDI: everything that works without a download, done by the
    real daemon. It has a home of its own for as long as the demo runs, so your library is not touched.

    \b
    Examples:
      roadie demo --out ~/Music/roadie-demo
      roadie demo --watch
    """
    if watch:
        from daemon.cli.demo_watch import run_watch_demo

        raise typer.Exit(run_watch_demo(out, as_json))
    from daemon.cli.demo_run import run_demo

    raise typer.Exit(run_demo(out, as_json))
