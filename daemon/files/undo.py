"""Taking back what a job wrote, as far as nobody has changed it or uses it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from daemon.files.disk import Disk
from daemon.files.errors import disk_error
from daemon.files.intent import Intent, IntentState, JournalStore, Op
from daemon.files.outcome import Kept, UndoReport
from daemon.files.points import passing
from daemon.files.reconcile import decide, reachable
from daemon.files.staging import prune

InUse = Callable[[Path], bool]
MoveBack = Callable[[Intent, Path, Path], None]


def undo(group: str, in_use: InUse, move_back: MoveBack, store: JournalStore, disk: Disk) -> UndoReport:
    """Latest first. What is kept can be asked for again; what is undone stays so.

    move_back: moves a file from one path to another through the journal, whatever volumes they are on.
    """
    removed: list[Path] = []
    gone: list[Path] = []
    kept: list[Kept] = []
    for stored in reversed(store.of_group(group)):
        try:
            intent = decide(stored, store, disk) if stored.state is IntentState.OPEN else stored
            if intent.state not in (IntentState.DONE, IntentState.KEPT, IntentState.OPEN):
                continue
            reason = _why_keep(intent, in_use, disk)
            if reason is None:
                (removed if _take_back(intent, move_back, disk) else gone).append(intent.path)
        except OSError as error:
            intent, reason = stored, disk_error(error, stored.path).message
        if reason is not None:
            kept.append(Kept(intent.path, reason))
        if intent.state is not IntentState.OPEN:
            with passing("undo", "settle"):
                store.settle(replace(intent, state=IntentState.UNDONE if reason is None else IntentState.KEPT))
    prune(disk, list(store.of_group(group)))
    return UndoReport(tuple(removed), tuple(kept), tuple(gone))


def _why_keep(intent: Intent, in_use: InUse, disk: Disk) -> str | None:
    reason = _why_impossible(intent)
    if reason is not None or not intent.path.exists():
        return reason
    digest = disk.digest(intent.path)
    if digest is None or digest[0] != intent.sha256:
        return "it was changed since"
    return "it is in use" if in_use(intent.path) else None


def _why_impossible(intent: Intent) -> str | None:
    if not reachable(intent):
        return "its disk is not there"
    if intent.op is Op.REMOVE:
        return "a removed file cannot be brought back"
    if intent.op is Op.REPLACE and intent.before is not None:
        return "it replaced an earlier version, which was not kept"
    if intent.op is Op.MOVE and intent.temp is not None and intent.temp.exists() and intent.path.exists():
        return "something else stands at its old place"
    return None


def _take_back(intent: Intent, move_back: MoveBack, disk: Disk) -> bool:
    """False when there was nothing to take back."""
    if not intent.path.exists():
        return False
    if intent.op is Op.MOVE and intent.temp is not None:
        move_back(intent, intent.path, intent.temp)
        return True
    with passing("undo", "remove"):
        disk.remove(intent.path)
    with passing("undo", "sync_folder"):
        disk.sync_folder(intent.path.parent)
    return True
