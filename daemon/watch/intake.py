"""What a settled file becomes: nothing, when it is known or roadie's own; a move; a sound of the library."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from daemon.files.intent import Intent, IntentState
from daemon.kernel.errors import InputError, RoadieError, SourceChanged
from daemon.library.arrivals import Arrivals
from daemon.library.asset_records import FileStat, Look, NewAsset
from daemon.library.assets import Assets
from daemon.watch.turns import Coming

Files = Sequence[tuple[Path, FileStat]]
Read = Callable[[Files], Awaitable[Sequence[NewAsset | InputError]]]
"""Reads files in a worker; one answer for each, in order: an InputError for what is no sound."""
ProjectSaved = Callable[[Path], Awaitable[None]]
"""Reads a project again: which files it uses."""


class Wrote(Protocol):
    """The journal, asked whether roadie itself wrote a path. Blocking."""

    def wrote(self, path: Path) -> Intent | None: ...


class Intake:
    """Takes files into the library."""

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

    async def take(self, batch: Sequence[Coming]) -> dict[Path, RoadieError | OSError]:
        """Know these files, unless they are known or roadie's own. Returns what is wrong with those that cannot be:
        FileNotFoundError for one that is gone by now, SourceChanged for one that changed while it was read,
        InputError for what is no sound. Raises DiskError and WorkerDied, of which no file is to blame."""
        stats, wrong = await asyncio.to_thread(_stats, [coming.path for coming in batch])
        known = await self._assets.looks_at(list(stats))
        new = {path: stat for path, stat in stats.items() if not _unchanged(known.get(path), stat)}
        # A path that is known and looks otherwise was changed by someone, also where roadie had written it.
        own = await asyncio.to_thread(self._own, {path: new[path] for path in new if path not in known})
        before = {coming.path: coming.before for coming in batch if coming.before is not None}
        moves = [(before[path], path, stat) for path, stat in new.items() if path in before and path not in own]
        followed = await self._arrivals.moved(moves) if moves else set()
        files = [(path, stat) for path, stat in new.items() if path not in own and path not in followed]
        return wrong | await self._know(files) if files else wrong

    async def _know(self, files: Files) -> dict[Path, RoadieError | OSError]:
        wrong: dict[Path, RoadieError | OSError] = {}
        read: list[NewAsset] = []
        for (path, _), found in zip(files, await self._read(files), strict=True):
            if isinstance(found, InputError):
                wrong[path] = found
            else:
                read.append(found)
        after, gone = await asyncio.to_thread(_stats, [new.path for new in read])
        changed = [new.path for new in read if new.path in after and after[new.path] != new.stat]
        wrong |= gone | {
            path: SourceChanged("the file changed while it was read", where=path) for path in changed
        }
        whole = [new for new in read if new.path not in wrong]
        others = await self._arrivals.other_paths(whole)
        vanished = await asyncio.to_thread(lambda: [_vanished(paths) for paths in others])
        return wrong | await self._arrivals.record(list(zip(whole, vanished, strict=True)))

    def _own(self, files: Mapping[Path, FileStat]) -> set[Path]:
        """Those that roadie wrote and nobody has changed: whoever wrote them makes them known. Blocking."""
        found = set()
        for path, stat in files.items():
            intent = self._journal.wrote(path)
            alive = intent is not None and intent.state not in (IntentState.ABANDONED, IntentState.UNDONE)
            if intent is not None and alive and intent.size == stat.size:
                found.add(path)
        return found

    async def gone(self, paths: Sequence[str]) -> None:
        """Files that are no longer there. What is known of them stays for when they come back."""
        if paths:
            await self._assets.mark_missing(paths)

    async def project(self, path: Path, tell: bool) -> None:
        """A project file stood still. tell: as an event; not when a folder is looked through for the first time."""
        stat = await asyncio.to_thread(FileStat.of, path)
        if await self._arrivals.saved(path, stat, tell):
            await self._project_saved(path)


def _stats(paths: Sequence[Path]) -> tuple[dict[Path, FileStat], dict[Path, RoadieError | OSError]]:
    """How files look; and what went wrong with others."""
    found: dict[Path, FileStat] = {}
    wrong: dict[Path, RoadieError | OSError] = {}
    for path in paths:
        try:
            found[path] = FileStat.of(path)
        except OSError as error:
            wrong[path] = error
    return found, wrong


def _unchanged(look: Look | None, stat: FileStat) -> bool:
    return look is not None and not look.missing and look.stat == stat


def _vanished(paths: Sequence[Path]) -> list[Path]:
    """Those whose file is gone while its folder is there: not files of a drive that is away."""
    return [path for path in paths if path.parent.is_dir() and not path.exists()]
