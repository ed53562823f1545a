"""The task `place`: files of the library copied, moved, or delivered as they are; journalled, so that it can be undone.

Asked again after a restart, it does what is not done yet: every file has its owner in the journal.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from daemon.files import layout
from daemon.files.journal import Journal
from daemon.files.names import first_free, safe_name
from daemon.jobs.runner import TaskContext
from daemon.jobs.targets import DeliverItem, DeliverTarget
from daemon.kernel.errors import BadParameter, FileMissing, Forbidden, RoadieError
from daemon.kernel.types import AssetId
from daemon.kernel.work import Kind
from daemon.library.arrivals import Arrivals
from daemon.library.asset_records import FileStat, NewAsset
from daemon.library.assets import Assets
from daemon.services.assets_view import asset_view
from daemon.services.outputs import Outputs
from daemon.services.tasks import TaskStarter
from daemon.services.types_jobs import JobAck
from daemon.services.types_library import AssetView
from daemon.services.types_placing import PlacingItem, PlacingPlan, PlacingRequest

InUse = Callable[[Path], bool]
_PLACED = {"source": Kind.SOURCE, "stem": Kind.STEM, "slice": Kind.SLICE, "one-shot": Kind.ONE_SHOT,
           "loop": Kind.LOOP, "midi": Kind.MIDI, "lyrics": Kind.LYRICS}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _File:
    """One file to be placed. wanted: where, if nothing else stands there."""

    asset: AssetView
    source: Path
    wanted: Path


class Placer:
    """Plans and places. in_use: whether a project uses a file, which then stays where it is."""

    def __init__(
        self, assets: Assets, arrivals: Arrivals, journal: Journal, targets: Mapping[str, DeliverTarget],
        delivery_folder: Path, in_use: InUse,
    ) -> None:  # fmt: skip
        self._assets = assets
        self._arrivals = arrivals
        self._journal = journal
        self._targets = targets
        self._delivery_folder = delivery_folder
        self._in_use = in_use

    async def run(self, context: TaskContext) -> list[str]:
        """Returns a line for each file that was left alone."""
        request = msgspec.convert(context.request, PlacingRequest)
        problems: list[str] = []
        for number, item in enumerate(request.items):
            context.progress(number / len(request.items), f"{number} of {len(request.items)}")
            try:
                await self._place(request, item, context.job, number)
            except RoadieError as error:
                problems.append(error.message)
        if len(problems) == len(request.items):
            raise RoadieError("no file could be placed", why="; ".join(problems[:3]))
        return problems

    async def plan(self, request: PlacingRequest, foreseen: Mapping[str, AssetView]) -> PlacingPlan:
        """What `run` would do now. Nothing is changed. foreseen: by path, files that the library does not know, as it
        would show them."""
        places: list[tuple[str, str]] = []
        left: list[tuple[str, str]] = []
        size = 0
        taken: set[Path] = set()
        for item in request.items:
            try:
                file = await self._file(request, item, foreseen.get(item.path or ""))
                await asyncio.to_thread(self._check, request, file)
            except RoadieError as error:
                left.append((item.path or item.asset, error.message))
                continue
            target = await asyncio.to_thread(first_free, file.wanted, taken)
            taken.add(target)
            places.append((str(file.source), str(target)))
            size += (await asyncio.to_thread(file.source.stat)).st_size
        return PlacingPlan(places=places, left=left, size_bytes=size)

    def target_names(self) -> list[str]:
        return list(self._targets)

    def check(self, request: PlacingRequest) -> None:
        """Raises BadParameter for a target or a layout that is not legal."""
        if request.do == "deliver" and request.to not in self._targets:
            raise BadParameter(
                f"nothing delivers to {request.to!r}", hint=f"Targets: {', '.join(self._targets)}"
            )
        if request.layout is not None:
            layout.parse(request.layout)

    async def _place(self, request: PlacingRequest, item: PlacingItem, job: str, number: int) -> None:
        owner = f"{job}:{number}"
        if request.do == "move":
            await self._move(request, item, job, owner)
            return
        file = await self._file(request, item)
        placed = await asyncio.to_thread(self._copy, request, file, job, owner)
        stat = await asyncio.to_thread(FileStat.of, placed)
        asset = file.asset
        await self._assets.record(
            NewAsset(AssetId(asset.id), asset.kind, placed, stat, made=True, job=job, parent=asset.parent,
                     source=asset.source, meta=asset.meta)
        )  # fmt: skip

    def _copy(self, request: PlacingRequest, file: _File, job: str, owner: str) -> Path:
        same = request.do == "copy"
        done = self._journal.deliver(
            file.source, file.wanted, group=job, owner=owner, ordinal=0, same_is_enough=same
        )
        if request.do == "deliver":
            items = [_item(file.asset, file.source)]
            told = self._targets[request.to].sidecars(items, [done.path], self._root(request))
            for path, text in told.items():
                self._journal.replace_text(path, text)
        return done.path

    async def _move(self, request: PlacingRequest, item: PlacingItem, job: str, owner: str) -> None:
        before = Path(item.path) if item.path is not None else None
        try:
            file = await self._file(request, item)
            await asyncio.to_thread(self._check, request, file)
        except FileMissing:
            # Moved before a restart: the journal knows where to.
            if before is None:
                raise
            file = _File(asset_view(await self._assets.get(item.asset)), before, before)
        placed = await asyncio.to_thread(
            self._journal.move, file.source, file.wanted, group=job, owner=owner, ordinal=0
        )
        stat = await asyncio.to_thread(FileStat.of, placed)
        await self._arrivals.follow(file.source, placed, stat, job)

    def _check(self, request: PlacingRequest, file: _File) -> None:
        if request.do == "move" and self._in_use(file.source):
            raise Forbidden("a project uses this file, so it stays where it is", where=file.source)
        if request.do == "move" and file.source.parent == file.wanted.parent:
            raise Forbidden("it is there already", where=file.source)

    async def _file(
        self, request: PlacingRequest, item: PlacingItem, foreseen: AssetView | None = None
    ) -> _File:
        asset = foreseen or asset_view(await self._assets.get(item.asset))
        named = [item.path] if item.path is not None else []
        source = await asyncio.to_thread(_first, [Path(path) for path in [*named, *asset.paths]])
        if source is None or (request.do == "move" and item.path is not None and source != Path(item.path)):
            raise FileMissing("the file of this asset is missing", where=item.path or asset.name)
        return _File(asset, source, await asyncio.to_thread(self._wanted, request, asset, source))

    def _wanted(self, request: PlacingRequest, asset: AssetView, source: Path) -> Path:
        root = self._root(request)
        if request.do == "deliver":
            planned = self._targets[request.to].plan([_item(asset, source)], request.layout, root)[0]
            return planned.with_name(safe_name(source.name))  # as it is: its name is its owner's
        levels = [level.render(_fields(asset)) for level in layout.parse(request.layout or "")]
        return root.joinpath(*(level for level in levels if level), safe_name(source.name))

    def _root(self, request: PlacingRequest) -> Path:
        return self._delivery_folder if request.folder is None else Path(request.folder)


class PlacingService:
    def __init__(self, placer: Placer, tasks: TaskStarter, outputs: Outputs) -> None:
        self._placer = placer
        self._tasks = tasks
        self._outputs = outputs

    def targets(self) -> list[str]:
        """Where `deliver` can deliver to."""
        return self._placer.target_names()

    async def place(self, request: PlacingRequest, client: str, key: str | None = None) -> JobAck:
        """As a job. key: the same one again is the same job. Raises Forbidden for a folder that is not to be written
        into, BadParameter."""
        request = await self._checked(request)
        what = request.folder or request.to
        return await self._tasks.start("place", msgspec.to_builtins(request), what, client, key)

    async def plan(self, request: PlacingRequest, foreseen: Mapping[str, AssetView]) -> PlacingPlan:
        """What it would do; nothing is changed. foreseen: by path, files that the library does not know, as it would
        show them. Raises as `place`."""
        return await self._placer.plan(await self._checked(request), foreseen)

    async def _checked(self, request: PlacingRequest) -> PlacingRequest:
        self._placer.check(request)
        if request.folder is None:
            return request
        folder = await asyncio.to_thread(self._outputs.check, request.folder)
        return msgspec.structs.replace(request, folder=str(folder))


def _fields(asset: AssetView) -> dict[str, str]:
    tempo = f"{round(asset.bpm):d}" if asset.bpm else None
    source = asset.meta.get("source")
    known = {
        "source": source if isinstance(source, str) else Path(asset.name).stem, "kind": asset.kind,
        "class": asset.label, "stem": asset.stem, "key": asset.key, "bpm": tempo,
    }  # fmt: skip
    return {name: str(value) for name, value in known.items() if value}


def _item(asset: AssetView, source: Path) -> DeliverItem:
    kind = _PLACED.get(asset.kind)
    if kind is None:
        raise BadParameter(f"a file of the kind {asset.kind!r} is not delivered", where=source)
    known = {"class": asset.label, "stem": asset.stem, "bpm": asset.bpm, "key": asset.key}
    meta = {**asset.meta, **{name: value for name, value in known.items() if value is not None}}
    return DeliverItem(
        source, source.name, kind, meta, asset.id, {"source": {"path": str(source), "asset": asset.id}}
    )


def _first(paths: list[Path]) -> Path | None:
    return next((path for path in paths if path.is_file()), None)
