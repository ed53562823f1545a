"""`roadie chains`: effects in a row, as files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from daemon.cli.group import group, without_verb
from daemon.cli.output import AsJson, NoWait, out_path

app = group()


@app.callback(invoke_without_command=True)
def chains(context: typer.Context, as_json: AsJson = False) -> None:
    """Chains of effects: the shipped presets and your own.

    \b
    Examples:
      roadie chains
      roadie chains apply drum-punch kick.wav --out punched.wav
    """
    without_verb(context, as_json, list_chains)


@app.command("list")
def list_chains(as_json: AsJson = False) -> None:
    """List every chain. Yours are TOML files in the home's chains folder.

    \b
    Example:
      roadie chains list --json
    """
    import msgspec

    from daemon.cli.output import print_json, print_table
    from daemon.cli.session import session
    from daemon.services.types_plugins import ChainView

    with session(os.environ) as open_session:
        answer = open_session.client.get("/chains")
    found = msgspec.convert(answer["items"], list[ChainView])
    if as_json:
        print_json(found)
        return
    rows = [(each.name, each.origin, each.problem or each.about) for each in found]
    print_table(("name", "from", "about"), rows, "There are no chains.")


@app.command()
def check(
    chain: Annotated[str, typer.Argument(metavar="CHAIN", help="A chain file, or a chain's name.")],
    as_json: AsJson = False,
) -> None:
    """Check a chain's names and ranges, and that its plug-ins are there. Says what is wrong and in which line.

    \b
    Example:
      roadie chains check my-chain.toml
    """
    from daemon.chains.files import list_chains, parse_chain, read_chain
    from daemon.chains.plugins.catalogue import Catalogue
    from daemon.chains.plugins.resolve import resolve_plugins
    from daemon.cli import chains_api
    from daemon.cli.output import counted, print_json
    from daemon.cli.request import existing
    from daemon.config import load_settings

    settings = load_settings(os.environ)
    named = list_chains((settings.chains,)).get(chain)
    path, text = read_chain(named or existing(Path(chain), chains_api.NO_FILE))
    content = parse_chain(path, text)
    resolved = resolve_plugins(content, Catalogue(settings.plugins), str(path), text)
    if as_json:
        print_json(content)
        return
    print(f"{chain}: well, {counted(len(content['fx']), 'effect')}")  # type: ignore[arg-type]
    for note in [*chains_api.unknown_classes(content), *chains_api.worth_knowing(resolved)]:
        print(f"note: {note}")


@app.command()
def apply(
    chain: Annotated[str, typer.Argument(metavar="CHAIN", help="A chain's name, or a chain file.")],
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Audio files, or folders of them.")],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            parser=out_path,
            help="The new file, or a folder. Nothing there is replaced.",
            metavar="OUT",
        ),
    ],
    label: Annotated[
        str | None,
        typer.Option("--class", help="What the sounds are, such as kick; found out without.", metavar="CLASS"),
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option("--as", help="one-shot, or loop, which stays in time; found out without.", metavar="KIND"),
    ] = None,
    no_wait: NoWait = False,
    as_json: AsJson = False,
) -> None:
    """Put files, or whole folders, through a chain.

    The exit code is 1 when one of them did not go through it, also when all others did: it could not be read, or a
    plug-in failed on it and it came out as it was. The warnings say which and why.

    \b
    Examples:
      roadie chains apply drum-punch kick.wav --out punched.wav
      roadie chains apply lo-fi ~/Samples/pads --out ~/Music/lo-fi-pads
    """
    from daemon.cli import chains_api
    from daemon.cli.finish import ended, finish, may_leave, outcome
    from daemon.cli.session import session

    request = chains_api.request(chain, files, out, label, kind)
    with session(os.environ) as open_session:
        if no_wait:
            may_leave(open_session)
            ack = chains_api.apply(open_session.client, request)
            raise typer.Exit(finish(open_session, ack, as_json=as_json, waits=False))
        job = ended(open_session, chains_api.apply(open_session.client, request), as_json=as_json)
    code = outcome(job)
    if code == 0 and not as_json:
        print(chains_api.place(request.out, job))
    raise typer.Exit(code)
