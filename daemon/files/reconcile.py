"""Deciding, by hash, whether a change that was under way when the process ended has happened."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from daemon.files.disk import Disk
from daemon.files.intent import Intent, IntentState, JournalStore, Op
from daemon.files.outcome import ReconcileReport
from daemon.files.points import passing
from daemon.files.staging import clear_staging, prune, staged, sync_folders


def reconcile(store: JournalStore, disk: Disk) -> ReconcileReport:
    """Settle every open intent. One whose disk does not answer stays open and keeps nobody else waiting."""
    done: list[Intent] = []
    abandoned: list[Intent] = []
    unreachable: list[Intent] = []
    for intent in store.open_intents():
        try:
            settled = decide(intent, store, disk)
        except OSError:
            unreachable.append(intent)
            continue
        ends = {IntentState.DONE: done, IntentState.ABANDONED: abandoned}
        ends.get(settled.state, unreachable).append(settled)
    return ReconcileReport(tuple(done), tuple(abandoned), tuple(unreachable))


def decide(intent: Intent, store: JournalStore, disk: Disk) -> Intent:
    """The intent as done or abandoned, with nothing of it left in hidden folders; still open when its disk is not
    there. Raises OSError."""
    if not reachable(intent):
        return intent
    happened = _HAPPENED[intent.op](intent, disk)
    clear_staging(disk, intent)
    if happened:
        with passing("reconcile", "sync_folder"):
            sync_folders(disk, intent)
    else:
        if intent.backup is not None:
            disk.remove(intent.backup)
        prune(store, disk, [intent])
    settled = replace(intent, state=IntentState.DONE if happened else IntentState.ABANDONED)
    with passing("reconcile", "settle"):
        store.settle(settled)
    return settled


def reachable(intent: Intent) -> bool:
    """False when a folder that was there before the intent is not there now: a drive that is not mounted."""
    above = intent.path.parent if intent.made is None else intent.made.parent
    return above.is_dir()


def _written(intent: Intent, disk: Disk) -> bool:
    part = staged(intent.path, intent.id)
    if part.exists() and not _same_file(part, intent.path):
        return False  # whatever stands at the name, it is not this file
    return disk.holds(intent.path, intent.sha256)


def _replaced(intent: Intent, disk: Disk) -> bool:
    return not staged(intent.path, intent.id).exists() and disk.holds(intent.path, intent.sha256)


def _moved(intent: Intent, disk: Disk) -> bool:
    """Between two volumes the copy may stand there while the original does too: then the move is finished."""
    if not _written(intent, disk):
        return False
    if intent.temp is not None and disk.holds(intent.temp, intent.sha256):
        disk.sync_folder(intent.path.parent)  # the copy's name first, then the end of the original
        disk.remove(intent.temp)
    return True


def _removed(intent: Intent, disk: Disk) -> bool:
    return not (intent.before is not None and disk.holds(intent.path, intent.before))


def _same_file(one: Path, other: Path) -> bool:
    return other.exists() and one.samefile(other)


_HAPPENED = {
    Op.WRITE: _written,
    Op.REPLACE: _replaced,
    Op.REWRITE: _replaced,
    Op.MOVE: _moved,
    Op.REMOVE: _removed,
}
