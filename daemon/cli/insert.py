"""`roadie insert`: a sound into the REAPER project that is open, now."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from daemon.cli.output import AsJson
from daemon.kernel.at_home import at_home

Sound = Annotated[str, typer.Argument(metavar="SOUND", help="A file, or an asset of the library.")]


def insert(sound: Sound, as_json: AsJson = False) -> None:
    """Insert a sound at the edit cursor of the REAPER that is open. It becomes roadie's selection.

    Needs a daemon that runs (`roadie serve`), `roadie install reaper`, and in REAPER's preferences, under
    Control/OSC/web, a web browser interface or an OSC device that listens.

    \b
    Example:
      roadie insert loops/break.wav
    """
    from daemon.cli.find import running
    from daemon.cli.output import print_json
    from daemon.config import load_settings
    from daemon.kernel.errors import NotFound

    client = running(load_settings(os.environ).runtime_path)
    if client is None:
        raise NotFound("roadie is not running", hint="`roadie serve` starts it; REAPER asks it for the sound")
    path = Path(at_home(sound))
    chosen = client.put("/selection", {"path": str(path.absolute())} if path.exists() else {"asset": sound})
    if not chosen["path"] or not Path(chosen["path"]).exists():
        raise NotFound("there is no file of this sound any more", where=chosen["path"] or sound)
    done = _trigger()
    if as_json:
        print_json({"path": chosen["path"], "inserted": done})
    elif done:
        print(f"{Path(chosen['path']).name} is at REAPER's edit cursor")
    else:
        print(f"REAPER was asked to insert {Path(chosen['path']).name}; OSC has no answer to wait for")


def _trigger() -> bool | None:
    """Raises NotFound where REAPER has nothing to be reached by, or did not do it."""
    from bridges.reaper.places import INI
    from bridges.reaper.remote import trigger
    from bridges.reaper.scripts import INSERT, command_id
    from bridges.reaper.surfaces import switched_on
    from daemon.config import load_settings
    from daemon.files.installing import Installations
    from daemon.kernel.errors import NotFound

    folders = Installations(load_settings(os.environ).installed).folders("reaper")
    if not folders:
        raise NotFound("roadie is not installed in REAPER", hint="`roadie install reaper`, with REAPER closed")
    for folder in folders:
        ini = folder / INI
        for surface in switched_on(ini.read_bytes() if ini.is_file() else b"")[:1]:
            done = trigger(surface, command_id(INSERT))
            if done is False:
                raise NotFound(
                    "REAPER did not insert it", where=folder,
                    hint="REAPER may be showing why. Else start it again, so that it knows roadie's actions",
                )  # fmt: skip
            return done
    raise NotFound(
        "REAPER cannot be reached", where=", ".join(map(str, folders)),
        why="neither its web interface nor an OSC device that listens is switched on",
        hint="In REAPER: Preferences > Control/OSC/web > Add > Web browser interface",
    )  # fmt: skip
