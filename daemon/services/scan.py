"""The task `scan`: index a folder in place. Unchanged files cost a stat; asked again, it goes on where it was."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from daemon.audio.binary import shown
from daemon.jobs.prepare import Preparer
from daemon.jobs.runner import TaskContext
from daemon.kernel.errors import FileMissing, RoadieError
from daemon.library.assets import Assets, FileStat, NewAsset
from daemon.watch.kinds import AUDIO

BATCH = 64  # files recorded in one transaction
SHOWN = 200  # problems listed; the rest are counted


class Scanner:
    """at_once: files read at the same time."""

    def __init__(self, assets: Assets, preparer: Preparer, at_once: int) -> None:
        self._assets = assets
        self._preparer = preparer
        self._at_once = at_once

    async def run(self, context: TaskContext) -> list[str]:
        """Returns a line for each file and folder that could not be read. Raises FileMissing for the folder itself."""
        folder = Path(context.request["path"])
        context.progress(0.0, "looking")
        walk = Walk(folder)
        found = await asyncio.to_thread(lambda: list(walk.files()))
        known = await self._assets.paths_under(folder)
        gone = set(known) - {str(path) for path, _ in found}
        await self._assets.mark_missing([path for path in gone if walk.saw(Path(path))])
        new = [(path, stat) for path, stat in found if known.get(str(path)) != (stat, False)]
        problems = walk.problems + await self._read_all(new, context)
        more = [f"... and {len(problems) - SHOWN} more"] if len(problems) > SHOWN else []
        return problems[:SHOWN] + more

    async def _read_all(self, files: list[tuple[Path, FileStat]], context: TaskContext) -> list[str]:
        problems: list[str] = []
        done = 0
        slots = asyncio.Semaphore(self._at_once)

        async def one(path: Path, stat: FileStat) -> NewAsset | None:
            nonlocal done
            async with slots:
                try:
                    return (await self._preparer.read(path, stat))[1]
                except RoadieError as error:
                    problems.append(error.message)
                    return None
                finally:
                    done += 1
                    context.progress(done / len(files), f"{done} of {len(files)}: {path.name}")

        for start in range(0, len(files), BATCH):
            batch = files[start : start + BATCH]
            read = await asyncio.gather(*(one(path, stat) for path, stat in batch))
            await self._assets.record_many([new for new in read if new is not None])
        return problems


@dataclass(slots=True)
class Walk:
    """Looks through a folder. problems: a line for each thing that could not be looked at."""

    folder: Path
    problems: list[str] = field(default_factory=list)
    _closed: list[Path] = field(default_factory=list)

    def files(self) -> Iterator[tuple[Path, FileStat]]:
        """Audio and MIDI files by name; hidden files and folders and links to folders are passed over.

        Raises FileMissing when the folder itself cannot be read.
        """
        for root, folders, names in os.walk(self.folder, onerror=self._cannot_list):
            folders[:] = sorted(name for name in folders if not name.startswith(".") and self._utf8(root, name))
            for name in sorted(names):
                path = Path(root, name)
                if name.startswith(".") or path.suffix.lower() not in AUDIO or not self._utf8(root, name):
                    continue
                try:
                    yield path, FileStat.of(path)
                except FileNotFoundError:
                    continue  # went away between the listing and the stat, or a link to nothing
                except OSError as error:
                    self.problems.append(f"{path}: the file cannot be looked at ({error.strerror})")

    def saw(self, path: Path) -> bool:
        """Whether the file would have been found if it were there: not when its folder could not be listed."""
        return not any(path.is_relative_to(folder) for folder in self._closed)

    def _cannot_list(self, error: OSError) -> None:
        folder = Path(error.filename)
        if folder == self.folder:
            raise FileMissing("the folder cannot be read", where=folder, why=error.strerror) from error
        self._closed.append(folder)
        self.problems.append(f"{folder}: the folder cannot be read ({error.strerror})")

    def _utf8(self, root: str, name: str) -> bool:
        """The library holds text: a name whose bytes are not UTF-8 has no place in it."""
        try:
            name.encode()
        except UnicodeEncodeError:
            self.problems.append(f"{shown(Path(root, name))}: its name is not UTF-8. Rename it")
            return False
        return True
