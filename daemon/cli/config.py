"""`roadie config`: settings, where they stand and what they are."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from daemon.cli.group import group
from daemon.cli.output import AsJson

app = group()


@app.callback(no_args_is_help=True)
def config() -> None:
    """Settings: the file, what is in force, and how to change it.

    \b
    Examples:
      roadie config show
      roadie config set folders.delivery ~/Music/roadie
    """


@app.command()
def path() -> None:
    """Print where the settings' file stands. Without one, everything has its default.

    \b
    Example:
      roadie config path
    """
    from daemon.config import load_settings

    print(load_settings(os.environ).config_path)


@app.command()
def show(as_json: AsJson = False) -> None:
    """Print the settings in force. From the file and the environment, and defaults for the rest.

    \b
    Example:
      roadie config show --json
    """
    import msgspec

    from daemon.cli.output import print_json, print_table
    from daemon.cli.settings import flat
    from daemon.config import load_settings

    settings = load_settings(os.environ)
    values = msgspec.to_builtins(settings.config)
    if as_json:
        print_json({"home": str(settings.home), "file": str(settings.config_path), **values})
        return
    print_table(("setting", "value"), [("home", settings.home), *flat(values)], "")


@app.command("set")
def set_value(
    key: Annotated[str, typer.Argument(metavar="KEY", help="As `roadie config show` names it.")],
    value: Annotated[str, typer.Argument(metavar="VALUE", help="As in TOML; text needs no quotes.")],
    as_json: AsJson = False,
) -> None:
    """Change a setting, in the file and in a running daemon. What needs a restart is said.

    \b
    Examples:
      roadie config set workers.device cpu
      roadie config set folders.roots ~/Music
      roadie config set folders.roots '["~/Music", "~/Samples"]'
    """
    import msgspec

    from daemon.cli.output import print_json
    from daemon.cli.settings import as_toml, flat, tell_running
    from daemon.config import load_settings, store_setting
    from daemon.kernel.typed_value import typed_value

    parsed, settings = typed_value(value), load_settings(os.environ)
    now = dict(flat(msgspec.to_builtins(settings.config)))
    if now.get(key, "").startswith("[") and not isinstance(parsed, list):
        parsed = [parsed]  # a list of one, as one writes it
    load_settings(os.environ, **{key: parsed})  # refuses what is not a setting
    path = settings.config_path
    in_force = tell_running(os.environ, key, parsed)
    store_setting(path, key, parsed)
    if as_json:
        print_json({"file": str(path), "setting": key, "value": parsed, "in_force": in_force})
        return
    print(f"{key} = {as_toml(parsed)} in {path}")
    if not in_force:
        print("The running daemon takes it up when it is started again.")
