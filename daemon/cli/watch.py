"""`roadie watch`: folders that roadie keeps an eye on."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from daemon.cli.group import group, without_verb
from daemon.cli.output import AsJson

app = group()


class Role(StrEnum):
    """As daemon.watch.places.Role, which loads more than a command line needs."""

    INBOX = "inbox"
    SAMPLES = "samples"
    PROJECTS = "projects"


@app.callback(invoke_without_command=True)
def watch(context: typer.Context, as_json: AsJson = False) -> None:
    """Folders that roadie watches. What is put there is in the library soon, and rules answer it. Without a verb,
    lists them.

    \b
    Examples:
      roadie watch
      roadie watch add ~/Music/Inbox --as inbox
    """
    without_verb(context, as_json, list_watched)


@app.command("list")
def list_watched(as_json: AsJson = False) -> None:
    """List watched folders, and what waits in them.

    \b
    Example:
      roadie watch list
    """
    from daemon.cli import watch_api
    from daemon.cli.session import session

    with session(os.environ) as open_session:
        watch_api.tell(watch_api.view(open_session.client), as_json)


@app.command()
def add(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Watched with all that is below it.")],
    role: Annotated[
        Role, typer.Option("--as", metavar="ROLE", help="What it is for: inbox, samples or projects.")
    ] = Role.SAMPLES,
    as_json: AsJson = False,
) -> None:
    """Watch a folder from now on, whenever the daemon runs.

    \b
    Example:
      roadie watch add ~/Music/Inbox --as inbox
    """
    from daemon.cli import watch_api
    from daemon.cli.request import existing_folder
    from daemon.cli.session import session

    path = existing_folder(folder)
    with session(os.environ) as open_session:
        watch_api.tell(watch_api.add(open_session.client, path, role.value), as_json)


@app.command()
def remove(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="As `roadie watch` lists it.")],
    as_json: AsJson = False,
) -> None:
    """No longer watch a folder. What the library knows of its files stays.

    \b
    Example:
      roadie watch remove ~/Music/Inbox
    """
    from daemon.cli import watch_api
    from daemon.cli.request import absolute
    from daemon.cli.session import session

    with session(os.environ) as open_session:
        watch_api.tell(watch_api.remove(open_session.client, absolute(folder)), as_json)


@app.command()
def rescan(as_json: AsJson = False) -> None:
    """Look at every watched folder now. It also happens by itself every so often.

    \b
    Example:
      roadie watch rescan
    """
    from daemon.cli import watch_api
    from daemon.cli.session import session

    with session(os.environ) as open_session:
        watch_api.tell(watch_api.rescan(open_session.client), as_json)
