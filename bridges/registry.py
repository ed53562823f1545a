"""The bridges that results can be delivered through, by name. One line adds another."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from daemon.jobs.targets import DeliverTarget
from daemon.kernel.reference import resolve

FOLDER = "folder"
TARGETS: Mapping[str, str] = {
    FOLDER: "bridges.folder.target:TARGET",
    "reaper": "bridges.reaper.target:ReaperTarget",
}
"""The target itself for plain folders. Every other one lays files out as that does, and writes lists of its own beside
them: a class that is given that target, and a function that gives the folders its program is installed in."""


def targets(installed: Callable[[str], Sequence[Path]] = lambda _: ()) -> dict[str, DeliverTarget]:
    """Every target, loaded. installed: the folders that `roadie install NAME` has put things into."""
    folder: DeliverTarget = resolve(TARGETS[FOLDER])
    found = {FOLDER: folder}
    for name, reference in TARGETS.items():
        if name != FOLDER:
            found[name] = resolve(reference)(folder, _folders_of(name, installed))
    return found


def _folders_of(name: str, installed: Callable[[str], Sequence[Path]]) -> Callable[[], Sequence[Path]]:
    return lambda: installed(name)
