"""`roadie run`: one job, from the request to the tree of what was delivered."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from daemon.cli.output import AsJson, NoWait, out_path


def run(
    recipe: Annotated[
        str, typer.Argument(metavar="RECIPE", help="stems, samples, midi, lyrics, full or one of your own.")
    ],
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Audio files, or videos with sound.")],
    out: Annotated[
        Path | None, typer.Option("--out", parser=out_path, metavar="DIR", help="Folder that gets the results.")
    ] = None,
    region: Annotated[
        str | None, typer.Option("--region", metavar="START+LENGTH", help="Only this part, in seconds.")
    ] = None,
    sets: Annotated[
        list[str] | None, typer.Option("--set", metavar="STEP.PARAM=VALUE", help="A step's parameter; repeat.")
    ] = None,
    no_wait: NoWait = False,
    as_json: AsJson = False,
) -> None:
    """Take files through a recipe and deliver the results.

    \b
    Examples:
      roadie run stems song.flac
      roadie run full song.flac --out ~/Music/song
      roadie run samples song.wav --region 30+8 --set slice.min_length_s=0.1
    """
    from daemon.cli.run_job import RunOptions, run_job

    code = run_job(RunOptions(recipe, tuple(files), out, region, tuple(sets or ()), not no_wait, as_json))
    raise typer.Exit(code)
