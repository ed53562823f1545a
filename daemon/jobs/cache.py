"""The files of finished runs, by key: size-bounded, least recently used first out, never what an open job needs.

An attempt writes into a folder of its own below `work`; when it is done its files are fsynced and the whole folder
is renamed into the cache, and only then is the run's row committed. So a row that says "done" means whole files.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

from daemon.kernel.disk import disk_error
from daemon.kernel.errors import DiskError
from daemon.kernel.failpoints import declare, failpoint

declare(
    "cache.publish.before_fsync",
    "cache.publish.after_fsync",
    "cache.publish.before_rename",
    "cache.publish.after_rename",
    "cache.publish.after_folder_fsync",
)


class Cache:
    """Blocking; call from a thread, except `folder`."""

    def __init__(self, cache: Path, work: Path) -> None:
        self._cache = cache
        self._work = work

    def folder(self, key: str, token: str) -> Path:
        """Where the files of a run's attempt stand once published.

        Each attempt has its own, so that a late one can never overwrite what another has committed.
        """
        return self._cache / key[:2] / f"{key}-{token}"

    def attempt_folder(self, token: str) -> Path:
        """A new, empty folder for one attempt."""
        folder = self._work / token
        try:
            folder.mkdir(parents=True)
        except OSError as error:
            raise _disk_error(folder, error) from error
        return folder

    def discard(self, attempt: Path) -> None:
        """Remove what an attempt left behind."""
        shutil.rmtree(attempt, ignore_errors=True)

    def publish(self, attempt: Path, key: str, token: str) -> int:
        """Bring an attempt's files into the cache; returns their size in bytes."""
        target = self.folder(key, token)
        try:
            failpoint("cache.publish.before_fsync")
            size = _fsync_tree(attempt)
            failpoint("cache.publish.after_fsync")
            target.parent.mkdir(parents=True, exist_ok=True)
            failpoint("cache.publish.before_rename")
            attempt.rename(target)
            failpoint("cache.publish.after_rename")
            _fsync_folder(target.parent)
            failpoint("cache.publish.after_folder_fsync")
        except OSError as error:
            raise _disk_error(target, error) from error
        return size

    def remove(self, key: str, token: str) -> None:
        shutil.rmtree(self.folder(key, token), ignore_errors=True)

    def holds(self, key: str, token: str, names: Iterable[str]) -> bool:
        """Whether every file of a run is there."""
        folder = self.folder(key, token)
        return all((folder / name).is_file() for name in names)

    def sweep(self, known: set[str]) -> None:
        """At start, before anything runs: remove attempts of an earlier life and files of no finished run.

        known: "key-token" of every finished run.
        """
        shutil.rmtree(self._work, ignore_errors=True)
        self._work.mkdir(parents=True, exist_ok=True)
        for shelf in self._cache.glob("??"):
            for folder in shelf.iterdir():
                if folder.name not in known:
                    shutil.rmtree(folder, ignore_errors=True)


def _fsync_tree(folder: Path) -> int:
    size = 0
    for root, _, names in os.walk(folder, topdown=False):
        for name in names:
            path = Path(root) / name
            size += path.stat().st_size
            with path.open("rb+") as file:
                os.fsync(file.fileno())
        _fsync_folder(Path(root))
    return size


def _fsync_folder(folder: Path) -> None:
    if sys.platform == "win32":  # a folder cannot be opened there, and NTFS journals its entries
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _disk_error(path: Path, error: OSError) -> DiskError:
    return disk_error("the cache cannot be written", path, error)
