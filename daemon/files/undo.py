"""Taking back what a job wrote, as far as nobody has changed it or uses it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from daemon.files.disk import Disk
from daemon.files.errors import disk_error
from daemon.files.intent import Intent, IntentState, JournalStore, Op
from daemon.files.outcome import Kept, UndoReport
from daemon.files.points import passing
from daemon.files.reconcile import decide, reachable
from daemon.files.rewritable import refusal
from daemon.files.staging import prune

InUse = Callable[[Path], bool]
MoveBack = Callable[[Intent, Path, Path], None]
Restore = Callable[[Intent], None]


@dataclass(slots=True)
class _Tally:
    """What became of the files so far, as in `UndoReport`."""

    removed: list[Path] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    gone: list[Path] = field(default_factory=list)
    restored: list[Path] = field(default_factory=list)

    def report(self) -> UndoReport:
        return UndoReport(tuple(self.removed), tuple(self.kept), tuple(self.gone), tuple(self.restored))


def undo(
    group: str, in_use: InUse, move_back: MoveBack, restore: Restore, store: JournalStore, disk: Disk
) -> UndoReport:
    """Latest first. What is kept can be asked for again; what is undone stays so.

    move_back: moves a file from one path to another through the journal, whatever volumes they are on. restore: gives
    a rewritten file its earlier content, through the journal.
    """
    tally = _Tally()
    for stored in reversed(store.of_group(group)):
        try:
            intent = decide(stored, store, disk) if stored.state is IntentState.OPEN else stored
            if intent.state not in (IntentState.DONE, IntentState.KEPT, IntentState.OPEN):
                _forget(intent, disk)  # an undo that was cut short may have left it
                continue
            reason = _why_keep(intent, in_use, disk)
            if reason is None:
                _take_back(intent, move_back, restore, disk, tally)
        except OSError as error:
            intent, reason = stored, disk_error(error, stored.path).message
        if reason is not None:
            tally.kept.append(Kept(intent.path, reason))
        _settle(intent, reason is None, store, disk)
    prune(store, disk, store.of_group(group))
    return tally.report()


def _settle(intent: Intent, undone: bool, store: JournalStore, disk: Disk) -> None:
    """One that is open still, because its disk is away, stays so."""
    if intent.state is IntentState.OPEN:
        return
    with passing("undo", "settle"):
        store.settle(replace(intent, state=IntentState.UNDONE if undone else IntentState.KEPT))
    if undone:
        _forget(intent, disk)


def _forget(intent: Intent, disk: Disk) -> None:
    """The earlier content of a file that has it again."""
    if intent.backup is not None and intent.backup.exists():
        with passing("undo", "forget"):
            disk.remove(intent.backup)


def _why_keep(intent: Intent, in_use: InUse, disk: Disk) -> str | None:
    reason = _why_impossible(intent)
    if reason is not None or not intent.path.exists():
        return reason
    if intent.op is Op.REWRITE and disk.holds(intent.path, intent.before):
        return None  # an undo that was cut short has done it
    if not disk.holds(intent.path, intent.sha256):
        return "it was changed since"
    if intent.op is Op.REWRITE and (intent.backup is None or not intent.backup.exists()):
        return "its earlier content is lost"
    if intent.op is Op.REWRITE and (refused := refusal(intent.path)) is not None:
        return refused.what
    return "a project uses it" if in_use(intent.path) else None


def _why_impossible(intent: Intent) -> str | None:
    if not reachable(intent):
        return "its disk is not there"
    if intent.op is Op.REMOVE:
        return "a removed file cannot be brought back"
    if intent.op is Op.REWRITE and not intent.path.exists():
        return "it is not there; its earlier content is kept until it is back and this is undone again"
    if intent.op is Op.REPLACE and intent.before is not None:
        return "it replaced an earlier version, which was not kept"
    if intent.op is Op.MOVE and intent.temp is not None and intent.temp.exists() and intent.path.exists():
        return "something else stands at its old place"
    return None


def _take_back(intent: Intent, move_back: MoveBack, restore: Restore, disk: Disk, tally: _Tally) -> None:
    if not intent.path.exists():
        tally.gone.append(intent.path)
    elif intent.op is Op.REWRITE:
        if not disk.holds(intent.path, intent.before):  # else an undo that was cut short has done it
            restore(intent)
        tally.restored.append(intent.path)
    elif intent.op is Op.MOVE and intent.temp is not None:
        move_back(intent, intent.path, intent.temp)
        tally.removed.append(intent.path)
        tally.restored.append(intent.temp)
    else:
        with passing("undo", "remove"):
            disk.remove(intent.path)
        with passing("undo", "sync_folder"):
            disk.sync_folder(intent.path.parent)
        tally.removed.append(intent.path)
