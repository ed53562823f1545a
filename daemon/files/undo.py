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
Restore = Callable[[Intent], None]


def undo(
    group: str, in_use: InUse, move_back: MoveBack, restore: Restore, store: JournalStore, disk: Disk
) -> UndoReport:
    """Latest first. What is kept can be asked for again; what is undone stays so.

    move_back: moves a file from one path to another through the journal, whatever volumes they are on. restore: gives
    a rewritten file its earlier content, through the journal.
    """
    removed: list[Path] = []
    gone: list[Path] = []
    kept: list[Kept] = []
    restored: list[Path] = []
    for stored in reversed(store.of_group(group)):
        try:
            intent = decide(stored, store, disk) if stored.state is IntentState.OPEN else stored
            if intent.state not in (IntentState.DONE, IntentState.KEPT, IntentState.OPEN):
                _forget(intent, disk)  # an undo that was cut short may have left it
                continue
            reason = _why_keep(intent, in_use, disk)
            if reason is None and intent.op is Op.REWRITE and intent.path.exists():
                if not _has(disk, intent.path, intent.before):
                    restore(intent)
                restored.append(intent.path)
            elif reason is None and _take_back(intent, move_back, disk):
                removed.append(intent.path)
                if intent.op is Op.MOVE and intent.temp is not None:
                    restored.append(intent.temp)
            elif reason is None:
                gone.append(intent.path)
        except OSError as error:
            intent, reason = stored, disk_error(error, stored.path).message
        if reason is not None:
            kept.append(Kept(intent.path, reason))
        if intent.state is not IntentState.OPEN:
            with passing("undo", "settle"):
                store.settle(replace(intent, state=IntentState.UNDONE if reason is None else IntentState.KEPT))
            if reason is None:
                _forget(intent, disk)
    prune(disk, list(store.of_group(group)))
    return UndoReport(tuple(removed), tuple(kept), tuple(gone), tuple(restored))


def _forget(intent: Intent, disk: Disk) -> None:
    """The earlier content of a file that has it again."""
    if intent.backup is not None and intent.backup.exists():
        with passing("undo", "forget"):
            disk.remove(intent.backup)


def _why_keep(intent: Intent, in_use: InUse, disk: Disk) -> str | None:
    reason = _why_impossible(intent)
    if reason is not None or not intent.path.exists():
        return reason
    if intent.op is Op.REWRITE and _has(disk, intent.path, intent.before):
        return None  # an undo that was cut short has done it
    if not _has(disk, intent.path, intent.sha256):
        return "it was changed since"
    if intent.op is Op.REWRITE and (intent.backup is None or not intent.backup.exists()):
        return "its earlier content is lost"
    return "a project uses it" if in_use(intent.path) else None


def _has(disk: Disk, path: Path, sha256: str | None) -> bool:
    digest = disk.digest(path)
    return digest is not None and digest[0] == sha256


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
