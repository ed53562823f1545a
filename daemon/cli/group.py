"""A noun with its verbs, plain help, no colours to import."""

from __future__ import annotations

from collections.abc import Callable

import typer


def group() -> typer.Typer:
    """Described by the docstring of its callback. Help is plain text: rich would take longer to import than most
    commands take to run."""
    return typer.Typer(
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        add_completion=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def without_verb(context: typer.Context, as_json: bool, verb: Callable[..., None]) -> None:
    """For a group that does something when no verb is named: do it. Raises BadParameter for a misplaced --json."""
    if context.invoked_subcommand is None:
        verb(as_json=as_json)
    elif as_json:
        raise typer.BadParameter("--json stands behind the verb")
