"""Which files of the user's may be given another content: not those that would then stop being what they are."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from daemon.files.errors import DiskPermission, HardLinked
from daemon.kernel.errors import DiskError

_WRITE_BITS = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


def refusal(path: Path) -> DiskError | None:
    """Why the file at `path` is left as it is; None when it may be rewritten. Raises OSError when it is not there.

    A new file takes the place of the old one. Other hard-linked names would keep the old one, so that the user's one
    file would be two. Write protection is looked up in the mode as well, since nothing is protected from root.
    """
    status = path.stat()
    if status.st_nlink > 1:
        return HardLinked(
            f"it has {status.st_nlink} hard-linked names, of which only one would change",
            where=path,
            hint="Give it a copy of its own first",
        )
    if not status.st_mode & _WRITE_BITS or not os.access(path, os.W_OK):
        return DiskPermission("it is read-only", where=path, hint="Permit writing first")
    return None
