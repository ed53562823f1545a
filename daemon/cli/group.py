"""A noun with its verbs, plain help, no colours to import."""

from __future__ import annotations

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
