"""`reaper-kb.ini`: the list of actions. A script is one line:

    SCR 4 0 RS<id> "Custom: <name>" "<path below Scripts>"

4 stands for a script in the action list, 0 for the main section. Lines that are not ours stay as they are, byte by
byte, their line ends as well.
"""

from __future__ import annotations

from collections.abc import Iterable

from bridges.reaper.scripts import FOLDER, Script


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
    return line.startswith(b"SCR ") and f'"{FOLDER}/'.encode() in line and b'"Custom: roadie: ' in line
