"""Giving a file its name without ever replacing another."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from pathlib import Path

_AT_FDCWD = -100
_RENAME_NOREPLACE = 1  # Linux, renameat2(2)
_RENAME_EXCL = 4  # macOS, renamex_np(2)
_CANNOT = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP}


def rename_new(source: Path, target: Path) -> None:
    """Rename within one volume. Raises FileExistsError when anything stands at `target`.

    In one atomic operation where the system and the file system have one; else by a hard link, which refuses an
    existing name too; else, on file systems with neither (FAT), by a look before the rename.
    """
    if sys.platform == "win32":
        source.rename(target)  # refuses an existing target
        return
    if _rename_exclusively(source, target):
        return
    try:
        os.link(source, target, follow_symlinks=False)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno not in _CANNOT | {errno.EPERM, errno.EMLINK}:
            raise
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from None
        source.rename(target)
    else:
        source.unlink()


def _rename_exclusively(source: Path, target: Path) -> bool:
    """False when the system or the file system does not offer it."""
    libc = ctypes.CDLL(None, use_errno=True)
    names = os.fsencode(source), os.fsencode(target)
    if sys.platform == "darwin":
        result = libc.renamex_np(*names, ctypes.c_uint(_RENAME_EXCL))
    elif hasattr(libc, "renameat2"):
        result = libc.renameat2(_AT_FDCWD, names[0], _AT_FDCWD, names[1], ctypes.c_uint(_RENAME_NOREPLACE))
    else:
        return False
    if result == 0:
        return True
    number = ctypes.get_errno()
    if number in _CANNOT:
        return False
    raise OSError(number, os.strerror(number), str(source), None, str(target))
