"""What a disk may refuse, as errors of their own."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from daemon.kernel.errors import DiskError, DiskFull, PathTaken


class DiskReadOnly(DiskError):
    code = "disk_read_only"


class DiskGone(DiskError):
    """The file or its drive is not there any more, or does not answer."""

    code = "disk_gone"


class DiskPermission(DiskError):
    code = "disk_permission"


class HardLinked(DiskError):
    """A file with further names, which would part from it."""

    code = "hard_linked"


class NameTooLong(DiskError):
    code = "name_too_long"


_KINDS: dict[int, tuple[type[DiskError], str, str]] = {
    errno.ENOSPC: (DiskFull, "the disk is full", "Free some space and try again"),
    errno.EDQUOT: (DiskFull, "your share of the disk is used up", "Free some space and try again"),
    errno.EFBIG: (DiskFull, "the file is too large for this disk's format", "Choose a folder on another disk"),
    errno.EROFS: (DiskReadOnly, "the disk is read-only", "Choose another folder"),
    errno.EACCES: (DiskPermission, "permission was denied", "Choose another folder or change its permissions"),
    errno.EPERM: (DiskPermission, "permission was denied", "Choose another folder or change its permissions"),
    errno.ENAMETOOLONG: (NameTooLong, "the name is too long", "Choose a shorter name or layout"),
    errno.EEXIST: (PathTaken, "something else stands there", "Nothing was replaced"),
    errno.ENOTDIR: (PathTaken, "a file stands where a folder should be", "Choose another folder"),
    errno.EISDIR: (PathTaken, "a folder stands where a file should be", "Choose another folder"),
}
_GONE = {errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.EIO, errno.ESTALE, errno.ENOTCONN}


def disk_error(error: OSError, path: Path) -> DiskError:
    """The error of this tree for an OSError that happened while `path` was being made."""
    where = error.filename or path
    if error.errno in _GONE:
        return DiskGone(
            "it is not there any more", where=where, why=error.strerror, hint="Is its drive connected?"
        )
    kind, what, hint = _KINDS.get(error.errno or 0, (DiskError, "the disk refused", "See `roadie doctor`"))
    return kind(what, where=where, why=error.strerror, hint=hint)


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turns an OSError into the DiskError that says it."""
    try:
        yield
    except OSError as error:
        raise disk_error(error, path) from error
