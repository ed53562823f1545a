"""`roadie search`: find sounds in the library."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from daemon.cli.output import AsJson


def search(
    text: Annotated[
        list[str] | None, typer.Argument(metavar="TEXT", help="Words; each may be the beginning of one.")
    ] = None,
    like: Annotated[
        str | None, typer.Option("--like", metavar="FILE", help="Sounds like this file or asset.")
    ] = None,
    tag: Annotated[str | None, typer.Option("--tag", help="Carries this tag.")] = None,
    label: Annotated[str | None, typer.Option("--class", help="kick, snare, hat, vocal ...")] = None,
    kind: Annotated[str | None, typer.Option("--kind", help="source, stem, one-shot, loop, midi ...")] = None,
    bpm: Annotated[
        str | None, typer.Option("--bpm", metavar="118..124", help="Tempo, or a range of it.")
    ] = None,
    key: Annotated[str | None, typer.Option("--key", metavar="Am", help="Musical key.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Search the library.

    \b
    Examples:
      roadie search kick 909
      roadie search --class snare --bpm 118..124
      roadie search --kind loop --key Am --json
    """
    from daemon.cli import library_api
    from daemon.cli.output import print_json, print_table
    from daemon.cli.session import session

    filters = library_api.Filters(" ".join(text or ()), tag, kind, label, bpm, key)
    query = filters.to_query()
    with session(os.environ) as open_session:
        if like is not None:
            query["like"] = library_api.find(open_session.client, like).id
        found = list(library_api.assets(open_session.client, query, limit))
    if as_json:
        print_json(found)
        return
    headings = ("class", "kind", "bpm", "key", "length", "path")
    print_table(headings, map(library_api.row, found), "Nothing found.")
