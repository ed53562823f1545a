"""The task `scan`: index a folder in place. Unchanged files cost a stat; asked again, it goes on where it was."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

from daemon.jobs.prepare import Preparer
from daemon.jobs.runner import TaskContext
from daemon.kernel.errors import RoadieError
from daemon.library.assets import Assets, FileStat, NewAsset

AUDIO = frozenset(
    {
        ".wav", ".wave", ".bwf", ".rf64", ".w64", ".aif", ".aiff", ".aifc", ".flac", ".mp3", ".ogg", ".oga", ".opus",
        ".m4a", ".aac", ".mp4", ".mov", ".mkv", ".webm", ".mid", ".midi",
    }
)  # fmt: skip
BATCH = 64  # files recorded in one transaction
SHOWN = 200  # problems listed; the rest are counted


class Scanner:
    """at_once: files read at the same time."""

    def __init__(self, assets: Assets, preparer: Preparer, at_once: int) -> None:
        self._assets = assets
        self._preparer = preparer
        self._at_once = at_once

    async def run(self, context: TaskContext) -> list[str]:
        """Returns a line for each file that could not be read."""
        folder = Path(context.request["path"])
        context.progress(0.0, "looking")
        found = await asyncio.to_thread(lambda: list(walk(folder)))
        known = await self._assets.paths_under(folder)
        gone = set(known) - {str(path) for path, _ in found}
        await self._assets.mark_missing(gone)
        new = [(path, stat) for path, stat in found if known.get(str(path)) != (stat, False)]
        problems = await self._read_all(new, context)
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


def walk(folder: Path) -> Iterator[tuple[Path, FileStat]]:
    """Audio and MIDI files below a folder, by name; hidden files and folders and links to folders are passed over."""
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(root) / name
            if name.startswith(".") or path.suffix.lower() not in AUDIO:
                continue
            try:
                yield path, FileStat.of(path)
            except OSError:
                continue  # went away between the listing and the stat: it is simply not there
