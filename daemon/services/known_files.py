"""Files by their path, whether or not the library knows them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from daemon.jobs.meet import Read, met
from daemon.jobs.prepare import stat_of
from daemon.kernel.errors import FileMissing
from daemon.library.arrivals import Arrivals
from daemon.library.assets import Assets, foreseen
from daemon.services.assets_view import asset_view
from daemon.services.types_library import AssetView
from daemon.watch.kinds import Counts, counts
from daemon.watch.look import is_text, look


class FilesService:
    """read: hears a file in a worker, as the watcher does. files_of: where the files stand that a project uses."""

    def __init__(
        self, assets: Assets, arrivals: Arrivals, read: Read, files_of: Callable[[Path], Awaitable[list[Path]]]
    ) -> None:
        self._files_of = files_of
        self._read = read
        self._assets = assets
        self._arrivals = arrivals

    async def add(self, path: Path) -> AssetView:
        """Know a file, which is heard unless it was and is unchanged. Raises FileMissing, InputError."""
        return asset_view(await met(self._assets, self._read, path))

    async def find(self, path: Path) -> AssetView | None:
        """The asset at a path whose file is unchanged; None when the library does not know it. Raises FileMissing."""
        found = await self._assets.known_at(path, await stat_of(path))
        return None if found is None else asset_view(found)

    async def peek(self, path: Path) -> AssetView:
        """A file as the library would show it: read and heard now, and not known from then on. Raises FileMissing,
        InputError."""
        return asset_view(foreseen(await self._read(path, await stat_of(path))))

    async def listed(self, folder: Path) -> list[Path]:
        """Sounds in a folder and below it, as the watcher would see them, in order."""
        found = await asyncio.to_thread(look, folder, {})
        return sorted(
            path for path in found.files if is_text(str(path)) and counts(path, folder) is Counts.AUDIO
        )

    async def below(self, folder: Path) -> list[tuple[str, str]]:
        """(asset, path) of known files in a folder and below it."""
        return await self._arrivals.assets_below(folder)

    async def used_by_project(self, project: Path) -> list[tuple[str, str]]:
        """(asset, path) of the files that a project uses and the library knows. Raises UnreadableProject."""
        found = []
        for path in await self._files_of(project):
            try:
                asset = await self.find(path)
            except FileMissing:
                continue  # went away since
            if asset is not None:
                found.append((asset.id, str(path)))
        return found

    async def made_from(self, asset: str) -> list[str]:
        """Kinds of what was made from an asset, through however many steps."""
        return await self._arrivals.kinds_from(asset)

    async def beside_project(self, path: Path) -> bool:
        """Whether a project file stands in a file's folder or the one above."""
        return await asyncio.to_thread(_beside_project, path)


def _beside_project(path: Path) -> bool:
    for folder in path.parents[:2]:
        try:
            if any(counts(each, folder) is Counts.PROJECT for each in folder.iterdir()):
                return True
        except OSError:
            continue  # a folder that cannot be listed shows no project
    return False
