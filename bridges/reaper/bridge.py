"""Keeps roadie's database in Media Explorer as the library is: written whole, once the library has been quiet."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing, suppress
from pathlib import Path

from bridges.reaper import media_db
from bridges.reaper.media_db import Entry
from daemon.kernel.errors import RoadieError
from daemon.services.events import EventsService
from daemon.services.installed import InstalledService
from daemon.services.library import LibraryService
from daemon.services.types_library import AssetQuery, AssetView

log = logging.getLogger(__name__)

QUIET_S = 10.0
MOST_FILES = 200_000
"""Of the newest assets. Media Explorer holds a database in memory."""
_AGAIN_S = 2.0
_PAGE = 1000
_SOUNDS = frozenset({"source", "stem", "slice", "one-shot", "loop"})


class ReaperBridge:
    """quiet_s: how long nothing has to change in the library before the file is written."""

    def __init__(
        self, library: LibraryService, events: EventsService, installed: InstalledService,
        quiet_s: float = QUIET_S,
    ) -> None:  # fmt: skip
        self._library = library
        self._events = events
        self._installed = installed
        self._quiet_s = quiet_s
        self._changed = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        self._changed.set()  # what happened while no daemon ran
        for work in (self._listen(), self._write()):
            self._tasks.append(asyncio.create_task(work, name="REAPER database"))

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task
        self._tasks.clear()

    async def _listen(self) -> None:
        while True:
            try:
                async with aclosing(self._events.stream(None)) as stream:
                    async for message in stream:
                        if str(message.body.get("type", "")).startswith("asset."):
                            self._changed.set()
            except Exception:
                log.exception("Media Explorer's database could not be told what happens")
            await asyncio.sleep(_AGAIN_S)
            self._changed.set()  # what happened meanwhile

    async def _write(self) -> None:
        while True:
            await self._changed.wait()
            while self._changed.is_set():
                self._changed.clear()
                await asyncio.sleep(self._quiet_s)
            try:
                await self.refresh()
            except RoadieError as error:
                log.warning("Media Explorer's database stays as it is: %s", error)
            except Exception:
                log.exception("Media Explorer's database stays as it is")

    async def refresh(self) -> None:
        """Write the database now, wherever roadie is installed in REAPER. Nothing is read when it is not."""
        folders = await self._installed.folders("reaper")
        if not folders:
            return
        entries = [entry async for entry in self._entries()]
        text = await asyncio.to_thread(media_db.encode, entries, None)
        for folder in folders:
            await self._installed.write("reaper", folder / media_db.FOLDER / media_db.NAME, text)

    async def _entries(self) -> AsyncIterator[Entry]:
        cursor, count = None, 0
        while count < MOST_FILES:
            query = AssetQuery(sort="added", descending=True, cursor=cursor, limit=_PAGE)
            page = await self._library.search(query)
            for entry in await asyncio.to_thread(_listed, page.items):
                count += 1
                yield entry
            cursor = page.next_cursor
            if cursor is None:
                return


def _listed(assets: Sequence[AssetView]) -> list[Entry]:
    return list(_of(assets))


def _of(assets: Sequence[AssetView]) -> Iterator[Entry]:
    """Those whose file is there."""
    for asset in assets:
        if asset.kind not in _SOUNDS or asset.path is None:
            continue
        try:
            stat = Path(asset.path).stat()
        except (OSError, ValueError):
            continue
        yield Entry(asset.path, stat.st_size, int(stat.st_mtime), values(asset))


def values(asset: AssetView) -> dict[str, str]:
    """What Media Explorer shows of an asset, by the names of its columns."""
    bits = asset.meta.get("bits")
    tags = dict.fromkeys(each for each in (asset.label, *(tag.label for tag in asset.tags)) if each)
    source = asset.meta.get("source")
    return {
        "title": asset.name.removesuffix(Path(asset.path or "").suffix),
        "description": f"{asset.stem} of {source}" if asset.stem and source else "",
        "tags": ", ".join(tags),
        "bpm": f"{asset.bpm:g}" if asset.bpm else "",
        "key": asset.key or "",
        "length": media_db.length(asset.length_s) if asset.length_s else "",
        "rate_hz": str(asset.rate_hz or ""),
        "channels": str(asset.channels or ""),
        "bits": str(bits) if isinstance(bits, int) else "",
    }
