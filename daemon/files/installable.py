"""What `roadie install` can install: something that says what it would do. `daemon.files.installing` does it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Change:
    """One file as it shall be. edits: it belongs to the program or the user, and roadie only adds to it; otherwise
    it is roadie's own, and nothing else may stand there."""

    path: Path
    content: bytes
    edits: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What an installation does. folder: the program's, which tells two installations apart. commands: run after
    the files are there; undo_commands: run before they are taken back. remarks: for the person, one line each."""

    folder: Path
    changes: tuple[Change, ...]
    commands: tuple[tuple[str, ...], ...] = ()
    undo_commands: tuple[tuple[str, ...], ...] = ()
    remarks: tuple[str, ...] = ()


class Installable(Protocol):
    """Something that `roadie install` knows. Blocking."""

    name: str

    def plan(self, to: Path | None, environ: Mapping[str, str]) -> Plan:
        """What would be done; reads, and writes nothing.

        to: the program's folder when the person names it. Raises NotFound when the program is not here, Conflict
        while it must not be changed (because it runs).
        """
        ...

    def check_removal(self, folder: Path) -> None:
        """Raises Conflict while nothing may be taken back."""
        ...

    def without(self, path: Path, content: bytes) -> bytes:
        """An edited file that has changed since, without what roadie added to it."""
        ...


@dataclass(frozen=True, slots=True)
class Done:
    """written, removed, restored: paths. kept: (path, why it stays) for the person."""

    written: tuple[Path, ...] = ()
    removed: tuple[Path, ...] = ()
    restored: tuple[Path, ...] = ()
    kept: tuple[tuple[Path, str], ...] = ()
