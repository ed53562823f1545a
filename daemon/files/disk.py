"""The few things the journal does to a disk. Each is either durable when it returns, or says what makes it so."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from daemon.files.errors import DiskPermission
from daemon.files.rename import rename_new

BLOCK_BYTES = 1 << 20
_NO_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.EBADF}
"""What network file systems say to the fsync of a folder that they need not sync."""

_FOLDER_STAYS = frozenset(
    {
        errno.ENOTEMPTY,
        errno.EEXIST,
        errno.ENOENT,
        errno.ENOTDIR,
        errno.EBUSY,
        errno.EROFS,
        errno.EACCES,
        errno.EPERM,
    }
)


class Disk:
    """A real disk. Tests put one in its place that forgets what was not synced."""

    def digest(self, path: Path) -> tuple[str, int] | None:
        """(sha256 in hex, size in bytes) of a regular file; None when there is none at `path`."""
        if path.is_symlink() or not path.is_file():
            return None
        sha256, size = hashlib.sha256(), 0
        for block in blocks(path):
            sha256.update(block)
            size += len(block)
        return sha256.hexdigest(), size

    def holds(self, path: Path, sha256: str | None) -> bool:
        """Whether a regular file with this content stands at `path`."""
        digest = self.digest(path)
        return digest is not None and digest[0] == sha256

    def write(self, path: Path, content: Iterable[bytes]) -> str:
        """Make a new file, not yet durable. Returns its sha256."""
        sha256 = hashlib.sha256()
        with path.open("xb") as file:
            for block in content:
                sha256.update(block)
                file.write(block)
        return sha256.hexdigest()

    def sync_file(self, path: Path) -> None:
        """Make a file's content durable."""
        descriptor = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
        try:
            _flush(descriptor)
        finally:
            os.close(descriptor)

    def sync_folder(self, folder: Path) -> None:
        """Make the names in a folder durable. Windows has no such call; its file systems journal names."""
        if sys.platform == "win32":
            return
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            _flush(descriptor)
        except OSError as error:
            if error.errno not in _NO_SYNC:
                raise
        finally:
            os.close(descriptor)

    def make_folder(self, folder: Path) -> None:
        """One folder, whose parent is there; durable after `sync_folder(parent)`. No error when it is there."""
        folder.mkdir(exist_ok=True)

    def remove_folder(self, folder: Path) -> bool:
        """Remove a folder if it is empty; False when it is not, is not there, or may not be removed."""
        try:
            folder.rmdir()
        except OSError as error:
            if error.errno in _FOLDER_STAYS:
                return False
            raise
        return True

    def rename_new(self, source: Path, target: Path) -> None:
        """Durable after `sync_folder` of both parents. Raises FileExistsError rather than replace."""
        rename_new(source, target)

    def copy_attributes(self, source: Path, target: Path) -> None:
        """Owner and group; permissions and extended attributes, as far as the system lets us; the time of change stays
        the target's, so that other programs see that there is something new. Raises DiskPermission when the target
        would belong to somebody else."""
        status = target.stat()
        _copy_owner(source, target)  # first, because it takes permissions away
        shutil.copystat(source, target)
        os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))

    def replace(self, source: Path, target: Path) -> None:
        source.replace(target)

    def remove(self, path: Path) -> None:
        """No error when it is not there."""
        path.unlink(missing_ok=True)


def _copy_owner(source: Path, target: Path) -> None:
    """Windows has no such thing: a new file has the owner and the rights of its folder."""
    if sys.platform == "win32":
        return
    wanted, there = source.stat(), target.stat()
    if (wanted.st_uid, wanted.st_gid) == (there.st_uid, there.st_gid):
        return
    try:
        os.chown(target, wanted.st_uid, wanted.st_gid)
    except OSError as error:
        raise DiskPermission(
            "its owner or group would change, so it is left as it is", where=source, why=error.strerror
        ) from error


def blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            yield block


def _flush(descriptor: int) -> None:
    """fsync; on macOS F_FULLFSYNC, because fsync there leaves the data in the drive's own cache."""
    if sys.platform == "darwin":
        import fcntl  # noqa: PLC0415 - not on Windows

        try:
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
        except OSError as error:
            if error.errno not in _NO_SYNC | {errno.ENOTTY}:
                raise
        else:
            return
    os.fsync(descriptor)
