"""`roadie library write-tags`: what roadie knows of a sound, into its file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from daemon.cli.output import AsJson


def write_tags(
    what: Annotated[
        list[str] | None, typer.Argument(metavar="QUERY|FILE...", help="Files, or words as in `roadie search`.")
    ] = None,
    tag: Annotated[str | None, typer.Option("--tag", help="Carries this tag.")] = None,
    label: Annotated[str | None, typer.Option("--class", help="Only this class.")] = None,
    kind: Annotated[str | None, typer.Option("--kind", help="Only this kind.")] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Also where a genre, key, tempo or root note stands already.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be written; write nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write class, key, tempo and your tags into your files. What is empty is filled; the sound, artwork, comments,
    cue points and whatever else stands there stay. `roadie jobs undo ID` gives back every byte.

    \b
    Examples:
      roadie library write-tags kick.wav loop.flac
      roadie library write-tags 909 --class kick --dry-run
    """
    from daemon.cli import library_api
    from daemon.cli.request import absolute
    from daemon.cli.run_job import finish
    from daemon.cli.session import session
    from daemon.kernel.errors import BadParameter
    from daemon.services.types import AssetQuery
    from daemon.services.types_tags import WriteTagsRequest

    names = what or []
    filters = (tag, label, kind)
    if not names and not any(filters):
        raise BadParameter(
            "nothing is named", hint="Name files, or words of a search, or one of --tag, --class, --kind"
        )
    files = [absolute(Path(name)) for name in names if Path(name).is_file()]
    if files and (len(files) < len(names) or any(filters)):
        raise BadParameter("name either files or a search, not both", where=names[0])
    if files:
        request = WriteTagsRequest(paths=[str(file) for file in files], overwrite=overwrite, dry_run=dry_run)
    else:
        wanted = AssetQuery(text=" ".join(names) or None, tag=tag, kind=kind, label=label)
        request = WriteTagsRequest(query=wanted, overwrite=overwrite, dry_run=dry_run)
    with session(os.environ) as open_session:
        ack = library_api.write_tags(open_session.client, request)
        code = finish(open_session, ack, waits=True, as_json=as_json)
    raise typer.Exit(code)
