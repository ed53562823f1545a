"""`roadie plugins`: the user's VST 3 and Audio Unit plug-ins."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from daemon.cli.group import group, without_verb
from daemon.cli.output import AsJson

app = group()

Name = Annotated[str, typer.Argument(metavar="ID", help="A plug-in: its id, name or path.")]


@app.callback(invoke_without_command=True)
def plugins(context: typer.Context, as_json: AsJson = False) -> None:
    """Your VST 3 and Audio Unit plug-ins, for chains. Each is tried in a process of its own.

    \b
    Examples:
      roadie plugins scan
      roadie plugins
      roadie plugins show "vst3:Vendor/Name"
    """
    without_verb(context, as_json, list_plugins)


@app.command()
def scan(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PATH...", help="Plug-ins or folders; none for the usual ones."),
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Also what is unchanged or blacklisted.")] = False,
    as_json: AsJson = False,
) -> None:
    """Look for plug-ins, and try what is new or changed. In the system's folders and those of `plugins.folders`.

    \b
    Examples:
      roadie plugins scan
      roadie plugins scan ~/my-plugins
    """
    from daemon.cli import plugins_api
    from daemon.cli.finish import finish
    from daemon.cli.request import absolute
    from daemon.cli.session import session
    from daemon.kernel.errors import FileMissing

    # pathlib's raises for a name that can be none
    gone = next((path for path in paths or [] if not os.path.exists(absolute(path))), None)  # noqa: PTH110
    if gone is not None:
        raise FileMissing(
            "there is no such plug-in or folder", where=gone,
            hint="`roadie plugins scan` alone forgets all that have gone",
        )  # fmt: skip
    with session(os.environ) as open_session:
        ack = plugins_api.scan(open_session.client, paths or [], again=again)
        code = finish(open_session, ack, as_json=as_json)
        if not as_json:
            plugins_api.tell(plugins_api.listed(open_session.client))
    raise typer.Exit(code)


@app.command("list")
def list_plugins(as_json: AsJson = False) -> None:
    """List what scans found.

    \b
    Example:
      roadie plugins list --json
    """
    from daemon.cli import plugins_api
    from daemon.cli.output import print_json
    from daemon.cli.session import session

    with session(os.environ) as open_session:
        found = plugins_api.listed(open_session.client)
    print_json(found) if as_json else plugins_api.tell(found)


@app.command()
def show(name: Name, as_json: AsJson = False) -> None:
    """Show a plug-in: its parameters, presets and latency.

    \b
    Example:
      roadie plugins show "vst3:Vendor/Name"
    """
    from daemon.cli import plugins_api
    from daemon.cli.output import print_json
    from daemon.cli.session import session

    with session(os.environ) as open_session:
        plugin = plugins_api.named(open_session.client, name)
    print_json(plugin) if as_json else plugins_api.tell_one(plugin)


@app.command()
def check(
    name: Annotated[
        str, typer.Argument(metavar="PLUGIN", help="A .vst3 file or bundle, or a .component; or an id or name.")
    ],
    patience: Annotated[
        float, typer.Option("--patience", metavar="SECONDS", help="How long it may take to load.")
    ] = 30.0,
    as_json: AsJson = False,
) -> None:
    """Try a plug-in, also one that is blacklisted. What passes is cleared, of a quarantine as well.

    \b
    Examples:
      roadie plugins check ~/.vst3/Name.vst3
      roadie plugins check "vst3:Vendor/Name"
    """
    from daemon.chains.plugins.folders import FORMATS
    from daemon.cli import plugins_api
    from daemon.cli.output import print_json
    from daemon.cli.request import absolute
    from daemon.cli.session import session
    from daemon.cli.wait import wait
    from daemon.kernel.errors import BadParameter, FileMissing

    path = absolute(Path(name))
    if path.exists() and path.suffix.lower() not in FORMATS:
        raise BadParameter(
            "this is no plug-in", where=name,
            hint="Name a .vst3 file or bundle, or a .component; `roadie plugins scan FOLDER` looks into a folder",
        )  # fmt: skip
    with session(os.environ) as open_session:
        if not path.exists():
            path = Path(plugins_api.named(open_session.client, name).path)
        ack = plugins_api.scan(open_session.client, [path], again=True, patience_s=patience)
        wait(open_session, ack.id, quiet=as_json)
        found = [one for one in plugins_api.listed(open_session.client) if one.path == str(path)]
    if not found:
        raise FileMissing("the plug-in is not there any more, and is forgotten", where=path)
    if as_json:
        print_json(found)
    else:
        for one in found:
            plugins_api.tell_one(one)
    raise typer.Exit(0 if all(one.state == "ok" for one in found) else 1)


@app.command()
def save(
    name: Name,
    out: Annotated[
        Path, typer.Argument(metavar="FILE", help="NAME.vstpreset, or NAME.state for raw settings.")
    ],
    preset: Annotated[
        str | None, typer.Option("--preset", metavar="PRESET", help="Settings to begin with.")
    ] = None,
    sets: Annotated[
        list[str] | None, typer.Option("--set", metavar="PARAM=VALUE", help="A parameter; repeat.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Keep a plug-in's settings as a file that a chain can name.

    \b
    Example:
      roadie plugins save "vst3:Vendor/Name" punch.vstpreset --set drive=0.7
    """
    from daemon.cli import plugins_api
    from daemon.cli.finish import carry_out

    code = carry_out(lambda client: plugins_api.save(client, name, out, preset, sets or []), as_json=as_json)
    raise typer.Exit(code)
