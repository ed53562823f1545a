"""What the system says when a disk takes no more."""

from __future__ import annotations

import errno

from daemon.kernel.errors import DiskError, DiskFull

FULL = frozenset(getattr(errno, name) for name in ("ENOSPC", "EDQUOT") if hasattr(errno, name))
"""No room on the disk, or in the user's share of it; the numbers are each system's own."""


def is_full(error: BaseException | None) -> bool:
    return isinstance(error, OSError) and error.errno in FULL


def disk_error(
    what: str, where: object, error: OSError, hint: str | None = "Check its permissions"
) -> DiskError:
    """DiskFull where there is no room left, else DiskError with `hint`; to be raised from `error`.

    what: could not be done, as a clause.
    """
    why = error.strerror or error
    if is_full(error):
        return DiskFull("the disk is full", where=where, why=f"{what}: {why}", hint="Make room and try again")
    return DiskError(what, where=where, why=why, hint=hint)
