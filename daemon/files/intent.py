"""What is about to happen to a path outside roadie's own state, and where that is remembered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol


class Op(StrEnum):
    WRITE = "write"  # a new file; `before` is None
    REPLACE = "replace"  # roadie's own sidecar, rewritten in place
    REWRITE = "rewrite"  # a file of the user's with other metadata; `backup` has what it said before
    MOVE = "move"  # `temp` is where the file was
    REMOVE = "remove"


class IntentState(StrEnum):
    OPEN = "open"  # stored, not yet known to have happened
    DONE = "done"
    UNDONE = "undone"  # done, and taken back since
    KEPT = "kept"  # an undo was asked for and the file stayed, because it was changed or is in use
    ABANDONED = "abandoned"  # did not happen; nothing is left of it


@dataclass(frozen=True, slots=True)
class Intent:
    """One change of one path.

    id: unique. group: the job it belongs to, "" for none. owner: the effect that asked. ordinal: which of the
    owner's files; a later attempt of the same owner has the same ordinal. path: final name, absolute. temp: the
    hidden file it is written to first (for a move, where the file was). sha256, size: of the content that
    stands at `path` afterwards, in hex and in bytes. before: sha256 of what stood at `path`, None for nothing.
    backup: where that is kept, if it is, but for what old and new have in common. made: topmost folder that did not
    exist before, None when all did. shared_old, shared_new, shared_bytes: where old and new content have the same
    bytes, so that the backup need not hold them.
    """

    id: str
    group: str
    owner: str
    ordinal: int
    op: Op
    path: Path
    temp: Path | None
    sha256: str
    size: int
    before: str | None = None
    backup: Path | None = None
    made: Path | None = None
    state: IntentState = IntentState.OPEN
    shared_old: int = 0
    shared_new: int = 0
    shared_bytes: int = 0


class JournalStore(Protocol):
    """Where intents are kept. Called from any thread but the event loop's, by one caller at a time.

    `add` and `settle` return when the row is durable: a power loss afterwards does not take it back.
    """

    def add(self, intent: Intent) -> None: ...

    def settle(self, intent: Intent) -> None:
        """Replace the stored intent of the same id by this one."""
        ...

    def open_intents(self) -> Sequence[Intent]:
        """Every intent in state `open`, in order of adding."""
        ...

    def of_group(self, group: str) -> Sequence[Intent]:
        """Every intent of a group, in order of adding, whatever its state."""
        ...

    def find(self, owner: str, ordinal: int) -> Intent | None:
        """The intent added last for this file of this owner."""
        ...

    def made(self, folder: Path) -> bool:
        """Whether `folder` was not there before some intent: one for a path below it, with `made` at or above it."""
        ...

    def of_path(self, path: Path) -> Sequence[Intent]:
        """Every intent for a path, in order of adding, whatever its state."""
        ...
