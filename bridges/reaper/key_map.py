"""`reaper-kb.ini`: the list of actions. A script is one line:

    SCR 4 0 RS<id> "Custom: <name>" "<path below Scripts>"

4 stands for a script in the action list, 0 for the main section. REAPER writes the file anew whenever the list changes,
without quotes where a path has no blank: a line of ours is known by its path and the id that goes with it. Lines that
are not ours stay as they are, byte by byte, their line ends as well; so do shortcuts that somebody gave to our actions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from bridges.reaper.scripts import FOLDER, Script, command_id

_SCRIPT = re.compile(rb'^SCR\s+\d+\s+0\s+(RS[0-9a-f]{40})\s+(?:"[^"]*"|\S+)\s+(?:"([^"]*)"|(\S+))\s*$')


def with_actions(content: bytes, actions: Iterable[Script]) -> bytes:
    """The file with one line for each action, at its end; ours of an earlier version are replaced."""
    kept = without_actions(content)
    end = b"\r\n" if b"\r\n" in kept else b"\n"
    if kept and not kept.endswith(b"\n"):
        kept += end
    return kept + b"".join(_line(each).encode() + end for each in actions)


def without_actions(content: bytes) -> bytes:
    return b"".join(line for line in content.splitlines(keepends=True) if not _ours(line))


def _line(script: Script) -> str:
    return f'SCR 4 0 {script.command_id} "Custom: roadie: {script.description}" "{FOLDER}/{script.name}"'


def _ours(line: bytes) -> bool:
    found = _SCRIPT.match(line)
    if found is None:
        return False
    path = (found.group(2) or found.group(3)).decode("utf-8", "replace").replace("\\", "/")
    folder, _, name = path.partition("/")
    return folder == FOLDER and found.group(1).decode() == command_id(name)
