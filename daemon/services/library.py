"""The library: search, look at, change and forget assets; collections; scans."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from daemon.jobs.effects import Deliverer
from daemon.kernel.errors import FileMissing, Forbidden
from daemon.library.assets import Assets
from daemon.library.collections import Collection, Collections
from daemon.library.jobs import Jobs
from daemon.library.scope import Scope
from daemon.library.search import Search
from daemon.services import paths
from daemon.services.asked import Asked, behind, next_of
from daemon.services.assets_view import asset_view
from daemon.services.nothing_found import why_nothing
from daemon.services.peaks import Peaks
from daemon.services.tasks import TaskStarter
from daemon.services.types_jobs import JobAck
from daemon.services.types_library import (
    AssetPatch,
    AssetQuery,
    AssetView,
    CollectionPatch,
    CollectionRequest,
    CollectionView,
    DuplicateGroup,
    FileRequest,
    ScanRequest,
    SoundsPage,
    StatsView,
)
from daemon.services.uploaded import Uploaded

InUse = Callable[[Path], bool]


class LibraryService:
    def __init__(
        self, assets: Assets, search: Search, collections: Collections, jobs: Jobs, uploaded: Uploaded,
        tasks: TaskStarter, asked: Asked, peaks: Peaks, deliverer: Deliverer, in_use: InUse, scope: Scope,
    ) -> None:  # fmt: skip
        self._assets = assets
        self._search = search
        self._collections = collections
        self._jobs = jobs
        self._uploaded = uploaded
        self._tasks = tasks
        self._asked = asked
        self._peaks = peaks
        self._deliverer = deliverer
        self._in_use = in_use
        self._scope = scope

    # ------------------------------------------------------------ assets

    async def search(self, query: AssetQuery) -> SoundsPage:
        """Raises BadParameter for a cursor or a sort that is not legal, NotFound for a sound that is not known."""
        asked = behind(await self._asked.query(query), query.cursor)
        found = await self._search.page(asked)
        likeness = found.likeness or (None,) * len(found.assets)
        views = [asset_view(each, like) for each, like in zip(found.assets, likeness, strict=True)]
        note = None if views or query.cursor else await why_nothing(self._scope, asked)
        return SoundsPage(views, next_of(found, asked), note=note)

    async def facets(self, query: AssetQuery) -> dict[str, dict[str, int]]:
        """Facet -> value -> how many assets there are, among those that the other facets allow."""
        return await self._search.facets(await self._asked.query(query))

    async def get(self, asset: str) -> AssetView:
        return asset_view(await self._assets.get(asset))

    async def at(self, request: FileRequest) -> AssetView:
        """The sound of a file as it is now. Raises BadParameter, NotFound, InputError."""
        return asset_view(await self._asked.file(paths.absolute(request.path, "a file")))

    async def patch(self, asset: str, patch: AssetPatch) -> AssetView:
        said = None if patch.label is msgspec.UNSET else patch.label
        changed = await self._assets.change(
            asset, name=patch.name, rating=patch.rating, tags=patch.tags, label=said,
            withdrawn=patch.label is None,
        )  # fmt: skip
        return asset_view(changed)

    async def delete(self, asset: str, with_file: bool, path: str | None = None) -> None:
        """Forget an asset; path: only that it stands there, and the asset if it stands nowhere else. with_file: remove
        the files of what is forgotten as well, when roadie wrote all of them, nobody has changed any since and no
        project uses any; otherwise raises Forbidden and changes nothing. roadie's own copy of an upload goes in either
        case, once no open job works on it."""
        found = await self._assets.get(asset)
        only = None if path is None else paths.absolute(path, "a path of an asset")
        files = [each for each in map(Path, found.paths) if only in (None, each)]
        uploads = [each for each in files if self._uploaded.owns(each)]
        if with_file:
            made = [each for each in await self._assets.made_by_roadie(asset) if only in (None, each)]
            await asyncio.to_thread(self._check_removable, files, [*made, *uploads])
            await self._deliverer.remove(made)
        await (self._assets.remove(asset) if only is None else self._assets.remove_path(asset, only))
        await self._uploaded.drop(uploads)

    def _check_removable(self, files: list[Path], own: list[Path]) -> None:
        foreign = set(files) - set(own)
        if foreign:
            raise Forbidden("roadie did not write this file and does not remove it", where=min(foreign))
        for path in own:
            if self._in_use(path):
                raise Forbidden("a project uses this file", where=path)

    async def audio_path(self, asset: str) -> Path:
        """A file with the asset's sound. Raises FileMissing."""
        found = await self._assets.get(asset)
        for text in found.paths:
            path = Path(text)
            if await asyncio.to_thread(path.is_file):
                return path
        raise FileMissing("the file of this asset is missing", where=found.name, hint="Scan its folder again")

    async def peaks(self, asset: str, n: int) -> dict[str, Any]:
        """n (min, max) pairs for each channel, for drawing; made now when they were never made or are lost.

        Raises FileMissing, and NotFound for what has no waveform.
        """
        return await self._peaks.of(await self._assets.get(asset), n)

    async def derived(self, asset: str) -> list[AssetView]:
        await self._assets.get(asset)
        return [asset_view(each) for each in await self._assets.derived(asset)]

    async def duplicates(self) -> list[DuplicateGroup]:
        return [DuplicateGroup(asset, paths) for asset, paths in await self._search.duplicates()]

    async def stats(self) -> StatsView:
        return StatsView(**await self._search.stats())

    async def scan(self, request: ScanRequest, client: str) -> JobAck:
        """Index a folder in place, as a job. Raises FileMissing when it is no folder, and was none that held sounds."""
        try:
            folder = await paths.folder(request.path, "a scan's folder")
        except FileMissing:
            folder = paths.absolute(request.path, "a scan's folder")
            if not await self._assets.looks_under(folder):
                raise
        return await self._tasks.start("scan", {"path": str(folder)}, str(folder), client)

    async def add_upload(self, path: Path, name: str) -> AssetView:
        """Take over a whole file that was uploaded to `path`. The same content twice is one asset and one file."""
        target = self._uploaded.place(secrets.token_hex(6), name)
        return asset_view(await self._uploaded.add(path, target))

    # ------------------------------------------------------------ collections

    async def collections(self) -> list[CollectionView]:
        return [_collection(each) for each in await self._collections.all()]

    async def collection(self, collection: str) -> CollectionView:
        return _collection(await self._collections.get(collection))

    async def create_collection(self, request: CollectionRequest) -> CollectionView:
        return _collection(await self._collections.create(request.name, request.assets))

    async def patch_collection(self, collection: str, patch: CollectionPatch) -> CollectionView:
        changed = await self._collections.change(
            collection, name=patch.name, add=patch.add, remove=patch.remove
        )
        return _collection(changed)

    async def delete_collection(self, collection: str) -> None:
        await self._collections.delete(collection)


def _collection(collection: Collection) -> CollectionView:
    return CollectionView(collection.id, collection.name, list(collection.assets))
