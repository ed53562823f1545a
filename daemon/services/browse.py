"""Going through what a search found, one after another, with two buttons."""

from __future__ import annotations

from daemon.kernel.errors import NotFound
from daemon.services.library import LibraryService
from daemon.services.selection import SelectionService
from daemon.services.types import AssetQuery, AssetView, SelectionRequest

_MOST = 500


class BrowseService:
    """Remembers the last search of any surface; the newest sounds of the library until there was one."""

    def __init__(self, library: LibraryService, selection: SelectionService) -> None:
        self._library = library
        self._selection = selection
        self._hits: list[str] = []

    def remember(self, hits: list[AssetView]) -> None:
        self._hits = [each.id for each in hits[:_MOST]]

    async def step(self, by: int) -> AssetView:
        """Select the hit that stands `by` after the selected one; from the last it goes on with the first. Raises
        NotFound when there is nothing to select."""
        if not self._hits:
            page = await self._library.search(AssetQuery(sort="added", descending=True, limit=_MOST))
            self.remember(page.items)
        if not self._hits:
            raise NotFound("the library is empty", hint="Scan a folder with `roadie library scan`")
        selected = (await self._selection.selection()).asset
        if selected in self._hits:
            place = (self._hits.index(selected) + by) % len(self._hits)
        else:
            place = 0 if by > 0 else len(self._hits) - 1
        found = await self._library.get(self._hits[place])
        await self._selection.select(SelectionRequest(asset=found.id))
        return found
