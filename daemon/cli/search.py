"""`roadie search`: find sounds in the library."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from daemon.cli import filters
from daemon.cli.output import AsJson

Sort = Annotated[
    str,
    typer.Option(
        "--sort", metavar="BY", help="relevance, added, name, length, bpm, rating; -length: the longest first."
    ),
]
Facets = Annotated[bool, typer.Option("--facets", help="How many there are of each kind, class, key ...")]
Limit = Annotated[int, typer.Option("--limit", metavar="N", min=1, max=1000, help="At most so many.")]


def search(
    text: filters.Words = None,
    like: filters.Like = None,
    but: filters.But = None,
    tag: filters.Tag = None,
    label: filters.Class = None,
    kind: filters.Kind = None,
    bpm: filters.Bpm = None,
    key: filters.Key = None,
    compatible: filters.Compatible = False,
    length: filters.Length = None,
    rating: filters.Rating = None,
    folder: filters.Folder = None,
    source: filters.Source = None,
    missing: filters.Missing = False,
    sort: Sort = "relevance",
    facets: Facets = False,
    limit: Limit = 50,
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
      roadie search --from song.wav --kind one-shot
    """
    from daemon.cli import library_api, library_told
    from daemon.cli.query import Filters, order
    from daemon.cli.session import session

    wanted = Filters(
        text=" ".join(text or ()), tag=tag, label=label, kind=kind, bpm=bpm, key=key, compatible=compatible,
        length=length, rating=rating, folder=folder, source=source, missing=missing,
    )  # fmt: skip
    query, sorted_by = wanted.to_query(), order(sort)
    with session(os.environ) as open_session:
        client = open_session.client
        if source is not None:
            query["source"] = library_api.song(client, source)
        if facets:
            counts = library_api.facets(client, query)
            note = None if counts["all"]["assets"] else library_api.why_nothing(client, query)
            library_told.tell_counts(counts, note, as_json)
            return
        query |= {"but": but, **sorted_by}
        if like is not None:
            query["like"] = library_api.sound(client, like)
        found = list(library_api.assets(client, query, limit))
        note = None if found else library_api.why_nothing(client, query)
    library_told.tell_found(found, by_sound=like is not None, folder=folder, note=note, as_json=as_json)
