"""`roadie install reaper`: the scripts, the action list, and a database in Media Explorer."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from bridges.reaper import explorer_ini, key_map, media_db
from bridges.reaper.places import INI, require_closed, resource_folder
from bridges.reaper.scripts import FOLDER, scripts
from daemon.files.installable import Change, Plan
from daemon.kernel.at_home import at_home

KEY_MAP = "reaper-kb.ini"


class ReaperInstall:
    """Adds to REAPER's own files, and only while it is closed."""

    name = "reaper"

    def plan(self, to: Path | None, environ: Mapping[str, str]) -> Plan:
        folder = resource_folder(to, environ)
        require_closed(folder)
        found = list(scripts())
        changes = [Change(folder / "Scripts" / FOLDER / each.name, each.path.read_bytes()) for each in found]
        changes.append(Change(folder / "Scripts" / FOLDER / "start.json", _start(environ)))
        database = folder / media_db.FOLDER / media_db.NAME
        # The daemon writes it anew with every delivery; whatever stands in it is roadie's.
        changes.append(Change(database, _read(database) or b"\n", edits=True))
        actions = [each for each in found if each.description is not None]
        key_map_path, ini_path = folder / KEY_MAP, folder / INI
        changes.append(Change(key_map_path, key_map.with_actions(_read(key_map_path), actions), edits=True))
        ini = explorer_ini.with_database(_read(ini_path), media_db.NAME, media_db.TITLE)
        changes.append(Change(ini_path, ini, edits=True))
        return Plan(folder, tuple(changes), remarks=_remarks(len(actions)))

    def check_removal(self, folder: Path) -> None:
        require_closed(folder)

    def without(self, path: Path, content: bytes) -> bytes:
        if path.name == KEY_MAP:
            return key_map.without_actions(content)
        if path.name == media_db.NAME:
            return b""
        return explorer_ini.without_database(content, media_db.NAME)


def _start(environ: Mapping[str, str]) -> bytes:
    """What the actions offer to start while no daemon has told them, and the home that it has there: REAPER, started by
    a click, knows nothing of a shell's ROADIE_HOME."""
    told: dict[str, object] = {"command": [sys.executable, "-P", "-m", "daemon.cli", "serve"]}
    if environ.get("ROADIE_HOME"):
        told["home"] = str(Path(at_home(environ["ROADIE_HOME"])).absolute())
    return json.dumps(told, ensure_ascii=False).encode("utf-8", "surrogateescape") + b"\n"


def _read(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def _remarks(actions: int) -> tuple[str, ...]:
    return (
        f"{actions} actions are in REAPER's action list: press ? there and type roadie.",
        "They talk to the running daemon: start it with `roadie serve`, or let an action start it.",
    )


TARGET = ReaperInstall()
