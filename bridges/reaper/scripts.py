"""The Lua scripts that come with roadie: where they are, and which of them are actions."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from daemon.kernel.errors import NotFound

FOLDER = "roadie"
"""Below REAPER's Scripts folder."""
INSERT = "roadie_insert.lua"
"""The action that others trigger."""
_DESCRIPTION = re.compile(r"^--\s*@description\s+(.+?)\s*$", re.MULTILINE)
_ACTION = re.compile(r"^-- The action: (.+?)\s*$", re.MULTILINE)
"""In the file that stands for the whole package, whose description is the package's."""


@dataclass(frozen=True, slots=True)
class Script:
    """One file. name: relative to the scripts' folder, with /. description: of an action, None for a library."""

    name: str
    path: Path
    description: str | None

    @property
    def command_id(self) -> str:
        return command_id(self.name)


def command_id(name: str) -> str:
    """Of a script by its name. REAPER's own ids look like this: RS and forty hexadecimal digits, the same on every
    machine."""
    return "RS" + hashlib.sha1(f"{FOLDER}/{name}".encode(), usedforsecurity=False).hexdigest()


def source_folder() -> Path:
    """In an installed roadie beside this module, in a checkout in scripts/reaper. Raises NotFound."""
    here = Path(__file__).resolve()
    for folder in (here.parent / "lua", here.parents[2] / "scripts" / "reaper"):
        if (folder / "lib").is_dir():
            return folder
    raise NotFound("roadie's REAPER scripts are missing", where=here.parent, hint="Install roadie again")


def scripts(folder: Path | None = None) -> Iterator[Script]:
    """Every Lua file to be installed, in order of name."""
    root = folder or source_folder()
    for path in sorted(root.rglob("*.lua")):
        name = path.relative_to(root).as_posix()
        text = path.read_text("utf-8") if "/" not in name else ""
        found = _ACTION.search(text) or _DESCRIPTION.search(text)
        yield Script(name, path, None if found is None else found.group(1))
