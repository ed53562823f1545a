"""What became of a delivery, a start, an undo."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from daemon.files.intent import Intent


@dataclass(frozen=True, slots=True)
class Delivered:
    """path: the name it got, which may not be the one wanted. already: it stood there; nothing was written. ours: it
    is the group's to undo, written now or by an earlier attempt of the same owner."""

    path: Path
    sha256: str
    already: bool
    ours: bool = True


@dataclass(frozen=True, slots=True)
class ReconcileReport:
    """Intents that were open. done: their change had happened. abandoned: it had not, and nothing is left of it.
    unreachable: still open, because their disk is not there."""

    done: tuple[Intent, ...]
    abandoned: tuple[Intent, ...]
    unreachable: tuple[Intent, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that an undo left, and why, for the person."""

    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class UndoReport:
    """removed: files taken back (a moved one is back at its old place). gone: already not there. restored: files
    that are as they were: they have their earlier content again, or are back at their old place."""

    removed: tuple[Path, ...]
    kept: tuple[Kept, ...]
    gone: tuple[Path, ...]
    restored: tuple[Path, ...] = ()
