"""From what the system tells to what is looked at: files that wait, folders that arrive, paths that may be gone."""

from __future__ import annotations

import asyncio
from pathlib import Path

from daemon.library.arrivals import Arrivals
from daemon.watch import disk
from daemon.watch.desk import Desk, in_slices
from daemon.watch.intake import Intake
from daemon.watch.kinds import AUDIO, Counts, counts, ignored_folder
from daemon.watch.look import is_text
from daemon.watch.observer import Notes
from daemon.watch.turns import Turns


class Noter:
    """turns: the files that count and are not read yet."""

    def __init__(self, desk: Desk, turns: Turns, intake: Intake, arrivals: Arrivals) -> None:
        self._desk = desk
        self._turns = turns
        self._intake = intake
        self._arrivals = arrivals

    async def note(self, notes: Notes) -> None:
        now = self._desk.now()
        for folder in sorted(notes.folders):
            await self._folder_came(folder, now)
        for folder, before in notes.renamed.items():
            await self._folder_renamed(folder, before, now)
        self._desk.moved.update(notes.moved)
        async for path in in_slices(notes.files):
            self._touch(path, now)
        for path in notes.gone:
            self._desk.gone[path] = now + self._desk.settings.settle_s

    def _touch(self, path: Path, now: float) -> None:
        root = self._desk.root_of(path)
        if root is None or not is_text(str(path)):
            return
        kind = counts(path, root)
        if kind is not Counts.IGNORED and len(self._desk.arriving):
            self._desk.arriving.touch(path, now)
        if kind in (Counts.AUDIO, Counts.PROJECT):
            self._desk.refused.pop(path, None)
            if path in self._turns:
                self._desk.again.add(path)
            else:
                self._desk.settler.touch(path, now)

    async def _folder_came(self, folder: Path, now: float) -> None:
        root = self._desk.root_of(folder)
        if root is None or folder == root or not is_text(str(folder)):
            return
        if any(ignored_folder(part) for part in folder.relative_to(root).parts):
            return
        if self._desk.arriving.over(folder) is None and await self._arrivals.below(folder):
            return  # a known folder under another name, or one that came back
        if self._desk.arriving.begin(folder, now):
            await self._arrivals.begin_folder(folder, root)
        for path in await asyncio.to_thread(disk.files_in, folder):
            self._touch(path, now)

    async def _folder_renamed(self, folder: Path, before: Path, now: float) -> None:
        """Files of a known folder are followed; one of which nothing is known has come."""
        if not await self._arrivals.below(before):
            await self._folder_came(folder, now)
            return
        for path in await asyncio.to_thread(disk.files_in, folder):
            self._desk.moved[path] = before / path.relative_to(folder)
            self._touch(path, now)

    async def vanish(self) -> None:
        """Tell the library of paths that were gone and have not come back for a while."""
        now = self._desk.now()
        due = [path for path, at in self._desk.gone.items() if now >= at]
        for path in due:
            del self._desk.gone[path]
        gone = [path for path in due if self._desk.root_of(path) is not None]
        if not gone:
            return
        missing = await asyncio.to_thread(disk.not_there, gone)
        texts = [str(path) for path in missing if path.suffix.lower() in AUDIO]
        for folder in missing:
            if folder.suffix.lower() not in AUDIO:
                texts += await asyncio.to_thread(disk.texts_not_there, await self._arrivals.below(folder))
        await self._intake.gone(texts)
