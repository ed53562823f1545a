"""`roadie osc`: what control surfaces can send and hear."""

from __future__ import annotations

from typing import Annotated

import typer

from daemon.cli.group import group, without_verb
from daemon.cli.output import AsJson

app = group()


@app.callback(invoke_without_command=True)
def osc(context: typer.Context, as_json: AsJson = False) -> None:
    """What control surfaces can send and hear over OSC.

    \b
    Example:
      roadie osc
    """
    without_verb(context, as_json, addresses)


@app.command("addresses")
def addresses(
    as_json: AsJson = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="As in the documentation.")] = False,
) -> None:
    """List every address, its types, and what it does.

    \b
    Examples:
      roadie osc addresses
      roadie osc addresses --json
    """
    from bridges.osc.addresses import ADDRESSES
    from bridges.osc.document import markdown as document
    from daemon.cli.output import print_json

    if markdown:
        print(document())
    elif as_json:
        print_json(
            [
                {"address": row.path, "types": row.signature, "direction": "in" if row.access == 2 else "out",
                 "arguments": [arg.name for arg in row.args], "about": row.about}
                for row in ADDRESSES
            ]
        )  # fmt: skip
    else:
        for row in ADDRESSES:
            print(f"{'<-' if row.access == 2 else '->'} {row.path} {row.signature}".rstrip())
            print(f"     {row.about}")
