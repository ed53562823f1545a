"""Reading a file that may change meanwhile: what is told of it is true of one state of it, or it is an error."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from daemon.audio.binary import shown
from daemon.kernel.errors import DiskError, FileMissing, InputError, RoadieError, SourceChanged

T = TypeVar("T")


def read_whole(path: Path, read: Callable[[], T]) -> T:
    """What `read` returns. Raises SourceChanged when the file was changed, replaced or removed meanwhile, also where
    that is why `read` failed; else what `read` raises, FileMissing and DiskError."""
    before = _stamp(path)
    try:
        result = read()
    except RoadieError as error:
        if isinstance(error, (InputError, DiskError)) and _stamp_or_none(path) != before:
            raise SourceChanged("the file changed while it was read", where=shown(path), why=error) from error
        raise
    if _stamp_or_none(path) != before:
        raise SourceChanged("the file changed while it was read", where=shown(path))
    return result


def _stamp(path: Path) -> tuple[int, int, int]:
    """What changes when the file does: size, time of change in ns, inode."""
    try:
        status = path.stat()
    except FileNotFoundError as error:
        raise FileMissing("there is no such file", where=shown(path)) from error
    except (OSError, ValueError) as error:
        raise DiskError("cannot look at the file", where=shown(path), why=error) from error
    return status.st_size, status.st_mtime_ns, status.st_ino


def _stamp_or_none(path: Path) -> tuple[int, int, int] | None:
    try:
        return _stamp(path)
    except (FileMissing, DiskError):
        return None
