"""`roadie models`: weights, where they come from and under what licence."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from daemon.cli.group import group, without_verb
from daemon.cli.output import AsJson

app = group()

Name = Annotated[str, typer.Argument(metavar="NAME", help="A model, as `roadie models` lists it.")]


@app.callback(invoke_without_command=True)
def models(context: typer.Context, as_json: AsJson = False) -> None:
    """Weights: sizes, licences, sources, installed or not.

    \b
    Examples:
      roadie models
      roadie models pull htdemucs
    """
    without_verb(context, as_json, list_models)


@app.command("list")
def list_models(as_json: AsJson = False) -> None:
    """List every model that roadie can use.

    \b
    Example:
      roadie models list --json
    """
    from daemon.cli import models_api
    from daemon.cli.output import print_json, print_table, size
    from daemon.cli.session import session

    with session(os.environ) as open_session:
        found = models_api.listed(open_session.client)
    if as_json:
        print_json(found)
        return
    rows = [
        (each.name, each.task, models_api.presence(each), size(each.size_bytes), each.licence, each.about)
        for each in found
    ]
    print_table(("name", "task", "installed", "size", "licence", "about"), rows, "There are no models.")


@app.command()
def pull(name: Name, as_json: AsJson = False) -> None:
    """Download a model and verify it. Its size and licence are said first; it can be interrupted and resumed.

    \b
    Example:
      roadie models pull htdemucs
    """
    from daemon.cli import models_api
    from daemon.cli.finish import finish
    from daemon.cli.output import say
    from daemon.cli.session import session

    with session(os.environ) as open_session:
        for line in models_api.facts(models_api.named(open_session.client, name)):
            say(line)
        ack = models_api.pull(open_session.client, name)
        code = finish(open_session, ack, as_json=as_json)
    raise typer.Exit(code)


@app.command()
def add(
    name: Name,
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The weights' file or folder.")],
    trusted: Annotated[
        bool,
        typer.Option(
            "--trusted", help="A pickle checkpoint may be loaded: it can run any code, so know its origin."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Use weights that are on this disk already.

    \b
    Example:
      roadie models add my-model ~/Downloads/my-model.safetensors
    """
    from daemon.cli import models_api
    from daemon.cli.output import print_json
    from daemon.cli.request import absolute
    from daemon.cli.session import session

    with session(os.environ) as open_session:
        model = models_api.add(open_session.client, name, absolute(path), trusted=trusted)
    print_json(model) if as_json else print(f"{model.name}: {models_api.presence(model)}")


@app.command()
def remove(name: Name, as_json: AsJson = False) -> None:
    """Delete a model's weights from roadie's home.

    \b
    Example:
      roadie models remove htdemucs
    """
    from daemon.cli import models_api
    from daemon.cli.output import print_json
    from daemon.cli.session import session

    with session(os.environ) as open_session:
        models_api.remove(open_session.client, name)
    print_json({"removed": name}) if as_json else print(f"{name}: removed")
