"""The map of the library: every sound has a place near those that sound like it, and keeps it until the library has
outgrown the map."""

from __future__ import annotations

import asyncio
from array import array
from math import isnan, nan
from pathlib import Path

from daemon.jobs.calls import Calls
from daemon.jobs.runner import TaskContext
from daemon.kernel.types import AssetId
from daemon.kernel.work import InputFile, Kind
from daemon.library.alike import MapPoints
from daemon.services.tasks import TaskStarter
from daemon.services.types_alike import MapQuery, MapRequest, MapView
from daemon.services.types_jobs import JobAck
from daemon.services.vectors_out import HeardFiles, VectorsOut
from daemon.steps.map import LEAST

TASK = "map"
_GROWTH = 10


class MapService:
    def __init__(self, tasks: TaskStarter, points: MapPoints) -> None:
        self._tasks = tasks
        self._points = points

    async def make(self, request: MapRequest, client: str) -> JobAck:
        """Give every sound that was heard a place, as a job."""
        return await self._tasks.start(TASK, {"again": request.again}, "the whole library", client)

    async def view(self, query: MapQuery) -> MapView:
        """A part of the map as it is now."""
        version = await self._points.version()  # first: what changes meanwhile comes again the next time
        since = (0, 0) if query.since is None else _numbers(query.since)
        box = (query.left, query.top, query.right, query.bottom)
        points = await self._points.within(*box, query.limit, since)
        placed, waiting = await self._points.counts()
        return MapView(
            assets=[each.asset for each in points], x=[round(each.x, 4) for each in points],
            y=[round(each.y, 4) for each in points], classes=[each.label for each in points], placed=placed,
            waiting=waiting, version="{}.{}".format(*version),
        )  # fmt: skip


def _numbers(version: str) -> tuple[int, int]:
    placed, _, changed = version.partition(".")
    return int(placed), int(changed)


class Mapper:
    """The task `map`."""

    def __init__(self, points: MapPoints, calls: Calls, out: VectorsOut) -> None:
        self._points = points
        self._calls = calls
        self._out = out

    async def run(self, context: TaskContext) -> list[str]:
        again = bool(context.request.get("again"))
        known = {} if again else await self._points.places()
        async with self._out.files() as heard:
            if heard is None:
                return ["nothing was heard yet: scan a folder first"]
            rows = {asset: row for row, asset in enumerate(heard.assets) if asset is not None}
            if known and not rows.keys() - known.keys():
                return []
            if outgrown(await self._points.begun_with(), len(rows)):
                known = {}
            places = await asyncio.to_thread(_write_places, heard, known)
            inputs = (heard.inputs[0], *([places] if known else []))
            async with self._calls.run("map", inputs, on_progress=context.progress) as (out, result):
                found = await asyncio.to_thread(_read_places, out / result.files[0].name)
        new = [(asset, *found[row]) for asset, row in rows.items() if asset not in known]
        await self._points.add(new, anew=not known)
        return []


def outgrown(begun_with: int, sounds: int) -> bool:
    """Whether a map that was begun with so many sounds is no map of so many: all that comes later is placed among the
    first ones, and those may have been too few to lie by how they sound, or a small part of all kinds there are."""
    return begun_with < LEAST or sounds >= _GROWTH * begun_with


def _write_places(heard: HeardFiles, known: dict[str, tuple[float, float]]) -> InputFile:
    values = array("f")
    for asset in heard.assets:
        values.extend(known.get(asset, (nan, nan)) if asset is not None else (nan, nan))
    path = heard.folder / "places.f32"
    path.write_bytes(values.tobytes())
    return InputFile(path, AssetId(""), Kind.VECTORS, path.name)


def _read_places(path: Path) -> list[tuple[float, float]]:
    values = array("f", path.read_bytes())
    assert not any(map(isnan, values))
    return list(zip(values[::2], values[1::2], strict=True))
