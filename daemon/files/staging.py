"""The hidden folder beside the target in which a file is written, and the folders made for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from daemon.files.disk import Disk
from daemon.files.intent import Intent, JournalStore, Op
from daemon.files.points import passing

STAGING = ".roadie"
"""Hidden on Linux and macOS, and no DAW indexes a folder of this name; in the target's own folder, so that it is on
the same volume whatever is mounted where."""


def staged(path: Path, intent_id: str) -> Path:
    """Where an intent's file is written before it gets its name. The ending keeps scanners for audio off it."""
    return path.parent / STAGING / f"{intent_id}.part"


def first_missing(folder: Path) -> Path | None:
    """The topmost folder of `folder`'s path that is not there; None when all are."""
    missing = None
    for part in (folder, *folder.parents):
        if part.exists():
            break
        missing = part
    return missing


def make_folders(disk: Disk, folder: Path) -> None:
    """Make `folder` and what is missing above it, each durable before the next."""
    missing = [part for part in (folder, *folder.parents) if not part.exists()]
    for part in reversed(missing):
        disk.make_folder(part)
        with passing("folders", "sync"):
            disk.sync_folder(part.parent)


def clear_staging(disk: Disk, intent: Intent) -> None:
    """Remove what an intent left in its hidden folder, and the folder when nothing else is in it."""
    part = staged(intent.path, intent.id)
    if part.parent.is_dir():
        disk.remove(part)
        disk.remove_folder(part.parent)


def sync_folders(disk: Disk, intent: Intent) -> None:
    """Make an intent's names durable. For a move the new name comes first: a loss of power in between leaves two
    names rather than none."""
    folders = [intent.path.parent]
    if intent.op is Op.MOVE and intent.temp is not None and intent.temp.parent != intent.path.parent:
        folders.append(intent.temp.parent)
    for folder in folders:
        if folder.is_dir():
            disk.sync_folder(folder)


def prune(store: JournalStore, disk: Disk, intents: Iterable[Intent]) -> None:
    """Remove the folders of these intents that the journal made, for them or for others, and that are empty: of jobs
    that share a folder the one that goes last takes it along."""
    prune_folders(
        disk, lambda folder: _is_empty(folder) and store.made(folder), [each.path for each in intents]
    )


def prune_folders(disk: Disk, made: Callable[[Path], bool], files: Iterable[Path]) -> None:
    """Remove the folders of these files that are empty, as far up as they were made for such files."""
    for parent in dict.fromkeys(file.parent for file in files):
        for folder in (parent, *parent.parents):
            if folder.exists() and not (made(folder) and disk.remove_folder(folder)):
                break


def _is_empty(folder: Path) -> bool:
    """False also for one that cannot be looked into."""
    try:
        return not any(folder.iterdir())
    except OSError:
        return False
