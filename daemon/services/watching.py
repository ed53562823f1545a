"""Watched folders: which there are, how it goes with them, one more or one less."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from daemon.kernel.at_home import at_home
from daemon.kernel.errors import BadParameter, Conflict, FileMissing, NotFound
from daemon.library.arrivals import Arrivals
from daemon.services.paths import absolute
from daemon.services.types_watch import WatchedView, WatchRequest, WatchView
from daemon.watch.places import Place, Role, place, why_not
from daemon.watch.watcher import Watcher


class WatchingService:
    """fixed: folders that config.toml names. polled: those that are looked at whatever the system offers. own: roadie's
    home."""

    def __init__(
        self, watcher: Watcher, arrivals: Arrivals, fixed: Sequence[tuple[Path, Role]], polled: Sequence[Path],
        own: Path,
    ) -> None:  # fmt: skip
        self._watcher = watcher
        self._arrivals = arrivals
        self._fixed = dict(fixed)
        self._polled = polled
        self._own = own

    async def start(self) -> None:
        """Watch what is set, in config.toml and while earlier daemons ran; a folder that is none to watch is told."""
        wanted = {path: Role(role) for path, role in await self._arrivals.watched()} | self._fixed
        refused = {path: why for path in wanted if (why := why_not(path, self._own)) is not None}
        for path, why in refused.items():
            self._watcher.problem(f"{path} is not watched: {why}")
        await self._watcher.start(
            [await self._place(path, role) for path, role in wanted.items() if path not in refused]
        )

    async def stop(self) -> None:
        await self._watcher.stop()

    async def view(self) -> WatchView:
        watcher = self._watcher
        folders = [
            WatchedView(
                path=str(each.place.path), role=each.place.role.value, polled=each.polled, reason=each.reason,
                placeholders=each.placeholders, problem=each.problem, fixed=each.place.path in self._fixed,
            )
            for each in watcher.watched()
        ]  # fmt: skip
        counters = watcher.counters
        return WatchView(
            folders=folders, waiting=watcher.waiting, arriving=watcher.arriving, taken=counters.taken,
            refused=counters.refused, problems=list(counters.problems),
        )  # fmt: skip

    def covers(self, path: Path) -> bool:
        """Whether a path is in a watched folder."""
        return any(path.is_relative_to(each.place.path) for each in self._watcher.watched())

    async def add(self, request: WatchRequest) -> WatchView:
        """Watch a folder from now on, also after a restart. Raises FileMissing, BadParameter."""
        folder = await asyncio.to_thread(_folder, request.path)
        refused = why_not(folder, self._own)
        if refused is not None:
            raise BadParameter(refused, where=folder, hint="Watch a folder in which you keep sounds")
        if any(each.place.path == folder for each in self._watcher.watched()):
            raise Conflict("this folder is watched already", where=folder)
        await self._arrivals.set_watched(folder, request.role)
        await self._watcher.add(await self._place(folder, Role(request.role)))
        return await self.view()

    async def remove(self, path: str) -> WatchView:
        """No longer watch a folder. Raises NotFound, and Conflict for one that config.toml names."""
        folder = Path(at_home(path))
        if folder in self._fixed:
            raise Conflict("config.toml says to watch it", where=folder, hint="Take it out there")
        if not any(each.place.path == folder for each in self._watcher.watched()):
            raise NotFound("this folder is not watched", where=folder)
        await self._arrivals.set_watched(folder, None)
        await self._watcher.remove(folder)
        return await self.view()

    async def rescan(self) -> WatchView:
        """Look at every folder now, without waiting for it."""
        self._watcher.rescan()
        return await self.view()

    async def _place(self, path: Path, role: Role) -> Place:
        return await asyncio.to_thread(place, path, role, self._polled)


def _folder(text: str) -> Path:
    folder = absolute(text, "a folder to watch")
    if not folder.is_dir():
        raise FileMissing("there is no such folder", where=folder, hint="Make it first")
    return folder.resolve()
