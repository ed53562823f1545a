"""What the watcher asks of the disk. All of it blocks, and none of it opens what a cloud service only shows."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

from daemon.library.asset_records import FileStat
from daemon.watch.kinds import Counts, counts
from daemon.watch.placeholder import is_placeholder, put_away, stub_of

GIVEN_UP_S = 600.0
"""A partial file that has not grown for so long keeps no folder waiting."""


def stats(paths: Sequence[Path]) -> list[FileStat | None]:
    """How files look; None for one that is gone, empty, or only shown by a cloud service."""
    return [_stat(path) for path in paths]


def _stat(path: Path) -> FileStat | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    if stat.st_size == 0 or is_placeholder(stat, str(path)):
        return None  # another event tells when there is something to read
    return FileStat.told(stat)


def open_all(paths: Sequence[Path]) -> list[bool]:
    return [_opens(path) for path in paths]


def _opens(path: Path) -> bool:
    """A file that another program holds for itself (Windows), or that may not be read yet, does not open."""
    try:
        with path.open("rb"):
            return True
    except OSError:
        return False


def files_in(folder: Path) -> list[Path]:
    return [Path(root, name) for root, _, names in os.walk(folder) for name in names]


def not_there(paths: Sequence[Path]) -> list[Path]:
    return [path for path in paths if gone(str(path))]


def texts_not_there(paths: Sequence[str]) -> list[str]:
    return [path for path in paths if gone(path)]


def gone(path: str) -> bool:
    """Whether a file or folder is certainly not there: not one that may not be looked at, or that a cloud service has
    put away."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return not put_away(path)
    except OSError:
        return False
    return False


def unfinished(folder: Path) -> bool:
    """Whether not all of a folder has come: a file is still coming under a name of its own (one that was given up
    does not count), or is only shown by a cloud service."""
    oldest = time.time() - GIVEN_UP_S
    for path in files_in(folder):
        kind = counts(path, folder)
        try:
            stat = path.stat()
        except OSError:
            continue  # went away meanwhile
        coming = kind is Counts.PARTIAL and stat.st_size > 0 and stat.st_mtime > oldest
        if coming or (kind is Counts.AUDIO and is_placeholder(stat, str(path))):
            return True
        stub = stub_of(path.name)
        if stub is not None and counts(path.with_name(stub), folder) is Counts.AUDIO:
            return True
    return False
