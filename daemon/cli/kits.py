"""`roadie kits`: samples on notes."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from daemon.cli.group import group, without_verb
from daemon.cli.output import AsJson

app = group()

Name = Annotated[str, typer.Argument(metavar="KIT", help="A kit's name or id.")]


@app.callback(invoke_without_command=True)
def kits(context: typer.Context, as_json: AsJson = False) -> None:
    """Kits: samples on notes. Drums are on their General MIDI keys.

    \b
    Examples:
      roadie kits
      roadie kits make "Friday kit" --job ID
    """
    without_verb(context, as_json, list_kits)


@app.command("list")
def list_kits(as_json: AsJson = False) -> None:
    """List the kits.

    \b
    Example:
      roadie kits list --json
    """
    from daemon.cli import kits_api
    from daemon.cli.output import print_json, print_table
    from daemon.cli.session import session

    with session(os.environ) as open_session:
        found = kits_api.listed(open_session.client)
    if as_json:
        print_json(found)
        return
    rows = [(each.name, str(len(each.slots)), each.id) for each in found]
    print_table(("name", "samples", "id"), rows, "There are no kits: roadie kits make NAME --job ID")


@app.command()
def show(kit: Name, as_json: AsJson = False) -> None:
    """Show which sample is on which note.

    \b
    Example:
      roadie kits show "Friday kit"
    """
    from daemon.cli import kits_api
    from daemon.cli.output import print_json, print_table
    from daemon.cli.session import session

    with session(os.environ) as open_session:
        view = kits_api.named(open_session.client, kit)
    if as_json:
        print_json(view)
        return
    rows = [
        (str(each.note), f"{each.low_velocity}-{each.high_velocity}", each.label or "", each.path or "missing")
        for each in view.slots
    ]
    print_table(("note", "velocity", "class", "sample"), rows, "It is empty.")


@app.command()
def make(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What to call it.")],
    job: Annotated[
        str | None, typer.Option("--job", metavar="ID", help="Of the one-shots that this job made.")
    ] = None,
    collection: Annotated[
        str | None, typer.Option("--collection", metavar="ID", help="Of a collection.")
    ] = None,
    per_class: Annotated[
        int, typer.Option("--per-class", metavar="N", help="How many of each class.", min=1, max=16)
    ] = 1,
    layers: Annotated[
        bool, typer.Option("--layers", help="One note for a class, its hits by velocity.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a kit of a job's one-shots or of a collection.

    \b
    Example:
      roadie kits make "Friday kit" --job 4f1c02aa31 --per-class 4 --layers
    """
    from daemon.cli import kits_api
    from daemon.cli.output import counted, print_json
    from daemon.cli.session import session

    with session(os.environ) as open_session:
        view = kits_api.make(open_session.client, name, job, collection, per_class, layers)
    if as_json:
        print_json(view)
        return
    print(f"{view.name}: {counted(len(view.slots), 'sample')}. `roadie kits show {view.id}` shows them.")


@app.command()
def remove(kit: Name) -> None:
    """Remove a kit. Its samples stay.

    \b
    Example:
      roadie kits remove "Friday kit"
    """
    from daemon.cli import kits_api
    from daemon.cli.session import session

    with session(os.environ) as open_session:
        kits_api.remove(open_session.client, kit)
    print(f"{kit}: removed")
