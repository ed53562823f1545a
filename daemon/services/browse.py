"""Going through what a search found, one after another, with two buttons, or a page of it at a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from daemon.kernel.errors import Forbidden, NotFound
from daemon.services.library import LibraryService
from daemon.services.selection import SelectionService
from daemon.services.types_library import AssetQuery, AssetView
from daemon.services.types_system import SelectionRequest

_MOST = 500

Vet = Callable[[AssetView], Awaitable[None]]
"""Raises Forbidden for a hit that whoever presses the button may not name, NotFound for one whose file is missing."""


async def _any(_: AssetView) -> None:
    """Of one who may name whatever is in the library."""


class BrowseService:
    """Goes through the hits of the last search over OSC, whichever surface's buttons are pressed; through the newest
    sounds of the library until there was one. Searches in the panel and over HTTP are not remembered here."""

    def __init__(self, library: LibraryService, selection: SelectionService) -> None:
        self._library = library
        self._selection = selection
        self._hits: list[tuple[str, str]] = []
        self._place = 0

    def remember(self, hits: list[AssetView]) -> None:
        self._hits = [(each.id, each.name) for each in hits[:_MOST]]
        self._place = 0

    def page(self, size: int) -> list[str]:
        """The names of so many hits: the page on which the last chosen one stands, shorter at the end."""
        return [name for _, name in self._page(size)]

    async def step(self, by: int, vet: Vet = _any) -> AssetView:
        """Select the hit that stands `by` after the selected one; from the last it goes on with the first. What does
        not pass is passed over: a button that were refused would be refused there for ever. Raises NotFound when
        there is nothing to select, Forbidden when nothing of it may be named."""
        if not self._hits:
            page = await self._library.search(AssetQuery(sort="added", descending=True, limit=_MOST))
            self.remember(page.items)
        if not self._hits:
            raise NotFound("the library is empty", hint="Scan a folder with `roadie library scan`")
        ids = [asset for asset, _ in self._hits]
        selected = (await self._selection.selection()).asset
        if selected in ids:
            place = (ids.index(selected) + by) % len(ids)
        elif by > 0:
            place = 0
        else:
            place = len(ids) - 1
        found, place = await self._there(place, by, vet)
        self._place = place
        await self._selection.select(SelectionRequest(asset=found.id))
        return found

    async def _there(self, place: int, by: int, vet: Vet) -> tuple[AssetView, int]:
        """The hit there, or the next one in this direction that the library still has and that passes, and its place.
        Raises NotFound when there is none of them, Forbidden when none may be named."""
        refused: Forbidden | None = None
        for _ in range(len(self._hits)):
            try:
                found = await self._library.get(self._hits[place][0])
                await vet(found)
            except NotFound:  # removed since the search, or its file is missing
                pass
            except Forbidden as error:
                refused = error
            else:
                return found, place
            place = (place + by) % len(self._hits)
        raise refused or NotFound("none of the hits is there any more", hint="Search again")

    async def choose(self, number: int, size: int, vet: Vet = _any) -> AssetView:
        """Select the number-th hit, from 1, of the page that is shown. Raises NotFound when there is none, and what
        vet raises."""
        found = await self.hit(number, size)
        await vet(found)
        self._place += number - 1 - self._place % size
        await self._selection.select(SelectionRequest(asset=found.id))
        return found

    async def hit(self, number: int, size: int) -> AssetView:
        """The number-th hit, from 1, of the page that is shown. Raises NotFound when there is none."""
        shown = self._page(size)
        if not 1 <= number <= len(shown):
            raise NotFound("there is no such hit", where=f"hit {number}", hint="Search for something first")
        return await self._library.get(shown[number - 1][0])

    def _page(self, size: int) -> list[tuple[str, str]]:
        first = self._place - self._place % size
        return self._hits[first : first + size]
