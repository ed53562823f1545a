"""`roadie serve`: the daemon in the foreground."""

from __future__ import annotations

from typing import Annotated

import typer


def serve(
    host: Annotated[
        str | None, typer.Option("--host", metavar="ADDRESS", help="Where to listen; loopback unless given.")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            "--port", metavar="PORT", min=0, max=65535, help="HTTP port, 7700 unless given; 0 takes a free one."
        ),
    ] = None,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in the browser, signed in.")] = False,
    until_stdin_closes: Annotated[bool, typer.Option("--until-stdin-closes", hidden=True)] = False,
) -> None:
    """Run the daemon until ctrl-C.

    \b
    Examples:
      roadie serve
      roadie serve --open
    """
    from daemon.cli.serving import Serving, serve_until_stopped

    serve_until_stopped(Serving(host, port, open_page, until_stdin_closes))
