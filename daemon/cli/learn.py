"""`roadie library learn`: the tagger learns its owner's words."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from daemon.cli.output import AsJson


def learn(
    forget: Annotated[
        bool, typer.Option("--forget", help="Go by roadie's own weights again. Your corrections stay.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Learn from the classes you corrected, new ones of yours too. Sounds like them are called so from then on.

    \b
    Examples:
      roadie library learn
      roadie library learn --forget
    """
    from daemon.cli import library_api
    from daemon.cli.finish import carry_out

    if forget:
        _forget(as_json)
        return
    raise typer.Exit(carry_out(library_api.learn, as_json=as_json))


def _forget(as_json: bool) -> None:
    from daemon.cli import library_api
    from daemon.cli.output import print_json
    from daemon.cli.session import session

    with session(os.environ) as open_session:
        found = library_api.forget(open_session.client)
    if as_json:
        print_json(found)
    else:
        print("Forgotten." if found.forgotten else "There was nothing to forget.")
