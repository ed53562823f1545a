"""Exports: copies of assets in a folder, through the journal, as a job that can be undone.

Like the copies of a rule, and unlike a delivery, they get no `roadie.json`: an export makes nothing, most of what it
copies is the user's own, and of what roadie made the folder it was delivered to says how.
"""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from pathlib import Path

import msgspec

from daemon.files import layout
from daemon.files.journal import Journal
from daemon.files.names import safe_name
from daemon.jobs.runner import TaskContext
from daemon.jobs.uncut import to_its_end
from daemon.kernel.errors import BadParameter, RoadieError
from daemon.library.asset_records import Asset
from daemon.library.assets import Assets
from daemon.library.collections import Collections
from daemon.library.search import Search
from daemon.services.asked import Asked
from daemon.services.outputs import Outputs
from daemon.services.tasks import TaskStarter
from daemon.services.types_jobs import JobAck
from daemon.services.types_library import AssetQuery, ExportRequest, ExportResult

PAGE = 500


class Exporter:
    """The task `export`."""

    def __init__(
        self, assets: Assets, search: Search, collections: Collections, journal: Journal, asked: Asked
    ) -> None:
        self._assets = assets
        self._search = search
        self._collections = collections
        self._journal = journal
        self._asked = asked

    async def run(self, context: TaskContext) -> list[str]:
        """Returns a line for each asset that could not be copied. One that stands there already is left alone, so
        that exporting again only adds what is new."""
        request = msgspec.convert(context.request, ExportRequest)
        assets = await self._chosen(request)
        problems: list[str] = [] if assets else ["nothing in the library was chosen, so nothing was exported"]
        stop, failed = threading.Event(), 0
        for number, asset in enumerate(assets):
            context.progress(number / len(assets), asset.name)
            copying = asyncio.to_thread(self._copy, asset, request, context.job, stop)
            try:
                # A cancelled job has ended only when nothing more of it is written.
                await to_its_end(copying, stop.set)
            except RoadieError as error:
                problems.append(error.message)
                failed += 1
        context.came_to(msgspec.to_builtins(ExportResult(sounds=len(assets) - failed, failed=failed)))
        return problems

    def _copy(self, asset: Asset, request: ExportRequest, job: str, stop: threading.Event) -> None:
        source = next((Path(path) for path in asset.paths if Path(path).is_file()), None)
        if source is None:
            raise RoadieError("the file of this asset is missing", where=asset.name)
        known = {"kind": asset.kind, "class": asset.label, "stem": asset.stem, "key": asset.key}
        fields = {name: value for name, value in known.items() if value}
        levels = [level.render(fields) for level in layout.parse(request.layout)]
        folder = Path(request.folder).joinpath(*(level for level in levels if level))
        if stop.is_set():
            return
        self._journal.deliver(
            source, folder / safe_name(source.name), group=job, owner=f"{job}:{asset.id}", ordinal=0,
            same_is_enough=True,
        )  # fmt: skip

    async def _chosen(self, request: ExportRequest) -> list[Asset]:
        if request.assets is not None:
            return [await self._assets.get(asset) for asset in request.assets]
        if request.collection is not None:
            members = (await self._collections.get(request.collection)).assets
            return [await self._assets.get(asset) for asset in members]
        chosen: list[Asset] = []
        query = replace(await self._asked.query(request.query or AssetQuery()), limit=PAGE)
        while True:
            page = await self._search.page(query)
            chosen += page.assets
            if not page.more:
                return chosen
            query = replace(query, after=page.last)


class ExportsService:
    def __init__(self, tasks: TaskStarter, outputs: Outputs) -> None:
        self._tasks = tasks
        self._outputs = outputs

    async def export(self, request: ExportRequest, client: str) -> JobAck:
        """Raises Forbidden for a folder that roadie does not write into, BadParameter when nothing is chosen."""
        chosen = [request.query, request.collection, request.assets]
        if sum(each is not None for each in chosen) != 1:
            raise BadParameter("an export names exactly one of query, collection and assets")
        layout.parse(request.layout)
        folder = await asyncio.to_thread(self._outputs.check, request.folder)
        body = {**msgspec.to_builtins(request), "folder": str(folder)}
        return await self._tasks.start("export", body, str(folder), client)
