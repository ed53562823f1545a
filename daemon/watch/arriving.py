"""Folders that are being copied in: each counts once, when all of it does. Pure, time is handed in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path


class Arriving:
    """settle_s: how long nothing in a folder may happen before it is whole."""

    def __init__(self, settle_s: float) -> None:
        self._settle_s = settle_s
        self._active: dict[Path, float] = {}

    def __len__(self) -> int:
        return len(self._active)

    def begin(self, folder: Path, now: float) -> bool:
        """A new folder; False when it is part of one that is arriving already."""
        if self.over(folder) is not None:
            self.touch(folder, now)
            return False
        for inner in [each for each in self._active if each.is_relative_to(folder)]:
            del self._active[inner]
        self._active[folder] = now
        return True

    def over(self, path: Path) -> Path | None:
        """The arriving folder that a path is in, or is."""
        return next((each for each in (path, *path.parents) if each in self._active), None)

    def touch(self, path: Path, now: float) -> None:
        """Something happened in it."""
        folder = self.over(path)
        if folder is not None:
            self._active[folder] = now

    def quiet(self, now: float, busy: Callable[[Path], bool]) -> list[Path]:
        """Folders in which nothing has happened for long enough. busy: files of it are still waiting or being read,
        which starts its time anew."""
        found = []
        for folder, active in self._active.items():
            if now < active + self._settle_s:
                continue
            if busy(folder):
                self._active[folder] = now
            else:
                found.append(folder)
        return found

    def end(self, folder: Path) -> None:
        self._active.pop(folder, None)
