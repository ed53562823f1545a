"""`roadie search`: find sounds in the library."""

from __future__ import annotations

import os
from pathlib import Path
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
    but: Annotated[
        str | None,
        typer.Option(
            "--but", metavar="HOW", help="With --like: brighter, shorter, lower ..., several by commas."
        ),
    ] = None,
    tag: Annotated[str | None, typer.Option("--tag", help="Carries this tag.")] = None,
    label: Annotated[str | None, typer.Option("--class", help="kick, snare, closed-hat, vocal ...")] = None,
    kind: Annotated[str | None, typer.Option("--kind", help="source, stem, one-shot, loop, midi ...")] = None,
    bpm: Annotated[
        str | None, typer.Option("--bpm", metavar="118..124", help="Tempo, or a range of it.")
    ] = None,
    key: Annotated[str | None, typer.Option("--key", metavar="Am", help="Musical key; 8A is one too.")] = None,
    compatible: Annotated[
        bool, typer.Option("--compatible", help="Keys that go with it as well: relative, a fifth up and down.")
    ] = False,
    length: Annotated[
        str | None, typer.Option("--length", metavar="0.2..1.5", help="Seconds: at most, or a range.")
    ] = None,
    rating: Annotated[int | None, typer.Option("--rating", min=0, max=5, help="At least.")] = None,
    folder: Annotated[Path | None, typer.Option("--in", metavar="DIR", help="Below this folder.")] = None,
    source: Annotated[str | None, typer.Option("--from", metavar="ASSET", help="Made from this song.")] = None,
    sort: Annotated[
        str,
        typer.Option("--sort", help="relevance, added, name, length, bpm, rating; -length: the longest first."),
    ] = "relevance",
    facets: Annotated[
        bool, typer.Option("--facets", help="How many there are of each kind, class, key ...")
    ] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Search the library.

    \b
    Examples:
      roadie search kick 909
      roadie search --class snare --bpm 118..124
      roadie search --kind loop --key Am --compatible --json
      roadie search --like kick.wav --but brighter,shorter
      roadie search --class kick --facets
    """
    from daemon.cli import library_api
    from daemon.cli.output import print_json, print_table
    from daemon.cli.session import session

    filters = library_api.Filters(
        " ".join(text or ()), tag, kind, label, bpm, key, compatible, length, rating, folder, source
    )
    query = filters.to_query()
    with session(os.environ) as open_session:
        if facets:
            counts = library_api.facets(open_session.client, query)
            headings: tuple[str, ...] = ("facet", "value", "assets")
            print_json(counts) if as_json else print_table(headings, library_api.count_rows(counts), "")
            return
        ends = "true" if sort.startswith("-") else None
        query |= {
            "but": but,
            "sort": None if sort == "relevance" else sort.removeprefix("-"),
            "descending": ends,
        }
        if like is not None:
            query["like"] = library_api.sound(open_session.client, like)
        found = list(library_api.assets(open_session.client, query, limit))
    if as_json:
        print_json(found)
        return
    headings = ("class", "sure", "kind", "bpm", "key", "length", *(("likeness",) if like else ()), "path")
    print_table(
        headings, (library_api.row(asset, like is not None, folder) for asset in found), "Nothing found."
    )
