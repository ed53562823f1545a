"""`roadie library duplicates` and `roadie library map`."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from daemon.cli.output import AsJson


def duplicates(
    near: Annotated[
        bool,
        typer.Option(
            "--near", help="Also the same hit at another gain, rate or format, or trimmed: looks for them."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List files that hold the same sound, whatever their tags and names.

    \b
    Examples:
      roadie library duplicates
      roadie library duplicates --near
    """
    from daemon.cli import library_api
    from daemon.cli.output import print_json
    from daemon.cli.session import session

    if near:
        raise typer.Exit(_near(as_json))
    with session(os.environ) as open_session:
        groups = library_api.duplicates(open_session.client)
    if as_json:
        print_json(groups)
        return
    for one in groups:
        print(*one.paths, "", sep="\n")
    print(f"{len(groups)} sounds stand in more than one place.")


def _near(as_json: bool) -> int:
    from daemon.cli import library_api
    from daemon.cli.output import print_json, say
    from daemon.cli.run_job import outcome
    from daemon.cli.session import session
    from daemon.cli.told import tell_job
    from daemon.cli.wait import wait

    with session(os.environ) as open_session:
        job = wait(open_session, library_api.look_for_near(open_session.client).id, quiet=as_json)
        if outcome(job):
            tell_job(job)
            return outcome(job)
        groups = list(library_api.near_duplicates(open_session.client))
    for line in job.warnings:
        say(line)
    if as_json:
        print_json(groups)
        return 0
    for one in groups:
        print(f"{one.best.path}  (best: {one.why})")
        for other in one.others:
            print(f"  {other.path}")
        print()
    print(f"{len(groups)} hits stand in more than one file.")
    return 0


def sound_map(
    again: Annotated[
        bool, typer.Option("--again", help="Begin anew, which moves everything on the map.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Give every sound a place on the map of the library; those that have one keep it.

    \b
    Example:
      roadie library map
    """
    from daemon.cli import library_api
    from daemon.cli.run_job import finish
    from daemon.cli.session import session

    with session(os.environ) as open_session:
        ack = library_api.make_map(open_session.client, again=again)
        code = finish(open_session, ack, waits=True, as_json=as_json)
    raise typer.Exit(code)
