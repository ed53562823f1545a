"""What a settled file becomes: nothing, when it is known or roadie's own; a move; a sound of the library."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from daemon.files.intent import Intent, IntentState
from daemon.kernel.errors import SourceChanged
from daemon.library.arrivals import Arrivals
from daemon.library.assets import Assets, FileStat, NewAsset

Read = Callable[[Path, FileStat], Awaitable[NewAsset]]
"""Reads a file in a worker. Raises InputError for one that is no sound."""
ProjectSaved = Callable[[Path], Awaitable[None]]
"""Reads a project again: which files it uses."""


class Wrote(Protocol):
    """The journal, asked whether roadie itself wrote a path. Blocking."""

    def wrote(self, path: Path) -> Intent | None: ...


class Intake:
    """Takes files into the library, one call for each."""

    def __init__(
        self, assets: Assets, arrivals: Arrivals, journal: Wrote, read: Read, project_saved: ProjectSaved
    ) -> None:
        self._assets = assets
        self._arrivals = arrivals
        self._journal = journal
        self._read = read
        self._project_saved = project_saved

    async def known_below(self, root: Path) -> Mapping[str, tuple[FileStat, bool]]:
        return await self._assets.paths_under(root)

    async def take(self, path: Path, moved_from: Path | None) -> None:
        """Raises FileNotFoundError when it is gone by now, SourceChanged when it changed while it was read, InputError
        for one that is no sound, DiskError."""
        stat = await asyncio.to_thread(FileStat.of, path)
        if await self._assets.known_at(path, stat) is not None or await self._own(path, stat):
            return
        if moved_from is not None and await self._arrivals.moved(moved_from, path, stat):
            return
        new = await self._read(path, stat)
        if await asyncio.to_thread(FileStat.of, path) != stat:
            raise SourceChanged("the file changed while it was read", where=path)
        others = await self._arrivals.other_paths(new.id, path)
        await self._arrivals.record(new, await asyncio.to_thread(_vanished, others))

    async def _own(self, path: Path, stat: FileStat) -> bool:
        """Whether roadie wrote what stands there, and nobody has changed it: whoever wrote it makes it known.

        A path that is known and looks otherwise was changed by someone, also where roadie had written it.
        """
        intent = await asyncio.to_thread(self._journal.wrote, path)
        if intent is None or intent.state in (IntentState.ABANDONED, IntentState.UNDONE):
            return False
        return intent.size == stat.size and not await self._arrivals.known(path)

    async def gone(self, paths: Sequence[str]) -> None:
        """Files that are no longer there. What is known of them stays for when they come back."""
        if paths:
            await self._assets.mark_missing(paths)

    async def project(self, path: Path, tell: bool) -> None:
        """A project file stood still. tell: as an event; not when a folder is looked through for the first time."""
        stat = await asyncio.to_thread(FileStat.of, path)
        if await self._arrivals.saved(path, stat, tell):
            await self._project_saved(path)


def _vanished(paths: Sequence[Path]) -> list[Path]:
    """Those whose file is gone while its folder is there: not files of a drive that is away."""
    return [path for path in paths if path.parent.is_dir() and not path.exists()]
