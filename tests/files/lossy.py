"""A disk whose power goes: what was not synced is forgotten, as strictly as POSIX allows.

The content of a file is durable after `sync_file`, a name (new, changed or removed) after `sync_folder` of its folder,
nothing before. A folder whose own name is lost takes all below it along.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from daemon.files.disk import Disk


class PowerLoss(BaseException):
    """Not an Exception: nothing cleans up after it."""


@dataclass(frozen=True, slots=True)
class Unsynced:
    folder: Path
    forget: Callable[[], object]


class LossyDisk(Disk):
    """Power goes when `steps` primitive operations have been done; each of them and every commit is a step."""

    def __init__(self, steps: int) -> None:
        self._left = steps
        self._names: list[Unsynced] = []
        self._contents: set[int] = set()  # inodes

    def step(self) -> None:
        if self._left <= 0:
            raise PowerLoss
        self._left -= 1

    def unsynced_folders(self) -> list[Path]:
        return sorted({change.folder for change in self._names})

    def lose(self, folders: Iterable[Path], root: Path) -> None:
        """Forget the unsynced names in these folders (latest first), and the unsynced content of every file."""
        lost = set(folders)
        for change in reversed(self._names):
            if change.folder in lost:
                change.forget()
        for path in root.rglob("*"):
            if path.is_file() and path.stat().st_ino in self._contents:
                with path.open("r+b") as file:
                    file.truncate(path.stat().st_size // 2)

    def write(self, path: Path, content: Iterable[bytes]) -> str:
        self.step()
        sha256 = super().write(path, content)
        self._contents.add(path.stat().st_ino)
        self._names.append(Unsynced(path.parent, lambda: path.unlink(missing_ok=True)))
        return sha256

    def sync_file(self, path: Path) -> None:
        self.step()
        self._contents.discard(path.stat().st_ino)

    def sync_folder(self, folder: Path) -> None:
        self.step()
        self._names = [change for change in self._names if change.folder != folder]

    def make_folder(self, folder: Path) -> None:
        self.step()
        super().make_folder(folder)
        self._names.append(Unsynced(folder.parent, lambda: shutil.rmtree(folder, ignore_errors=True)))

    def remove_folder(self, folder: Path) -> bool:
        self.step()
        removed = super().remove_folder(folder)
        if removed:
            self._names.append(Unsynced(folder.parent, lambda: folder.mkdir(parents=True, exist_ok=True)))
        return removed

    def rename_new(self, source: Path, target: Path) -> None:
        self.step()
        super().rename_new(source, target)
        self._renamed(source, target)

    def replace(self, source: Path, target: Path) -> None:
        self.step()
        old = target.read_bytes() if target.exists() else None
        super().replace(source, target)
        if old is not None:
            self._names.append(Unsynced(target.parent, lambda: _recreate(target, old)))
        self._renamed(source, target)

    def remove(self, path: Path) -> None:
        self.step()
        if path.exists():
            content = path.read_bytes()
            self._names.append(Unsynced(path.parent, lambda: _recreate(path, content)))
        super().remove(path)

    def _renamed(self, source: Path, target: Path) -> None:
        self._names.append(Unsynced(source.parent, lambda: _resurrect(source, target)))
        self._names.append(Unsynced(target.parent, lambda: _back(target, source)))


def _resurrect(source: Path, target: Path) -> None:
    """The new name is durable, that the old one is gone is not: one file with two names."""
    if target.exists() and source.parent.exists():
        source.hardlink_to(target)


def _back(target: Path, source: Path) -> None:
    if target.exists() and source.parent.exists():
        target.rename(source)


def _recreate(path: Path, content: bytes) -> None:
    if path.parent.exists():
        path.write_bytes(content)
