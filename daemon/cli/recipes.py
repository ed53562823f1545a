"""`roadie recipes`: what a job can be."""

from __future__ import annotations

import os

import typer

from daemon.cli.group import group, without_verb
from daemon.cli.output import AsJson

app = group()


@app.callback(invoke_without_command=True)
def recipes(context: typer.Context, as_json: AsJson = False) -> None:
    """The recipes: what a job can be.

    \b
    Example:
      roadie recipes
    """
    without_verb(context, as_json, list_recipes)


@app.command("list")
def list_recipes(as_json: AsJson = False) -> None:
    """List the shipped recipes and your own. Yours are TOML files in the home's recipes folder.

    \b
    Example:
      roadie recipes list --json
    """
    import msgspec

    from daemon.cli.output import print_json, print_table
    from daemon.cli.session import session
    from daemon.services.types_jobs import RecipeView

    with session(os.environ) as open_session:
        answer = open_session.client.get("/recipes")
    found = msgspec.convert(answer["items"], list[RecipeView])
    if as_json:
        print_json(found)
        return
    rows = [(each.name, each.origin, each.problem or each.about) for each in found]
    print_table(("name", "from", "about"), rows, "There are no recipes.")
