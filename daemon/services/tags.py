"""Tags into the user's own files, only when asked: a job with progress that can be cancelled and undone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from daemon.jobs.meet import Read, met
from daemon.jobs.retag import Retagged, Retagger
from daemon.jobs.runner import TaskContext
from daemon.kernel.errors import BadParameter, FileMissing, RoadieError
from daemon.library.asset_records import Asset
from daemon.library.assets import Assets
from daemon.library.search import Search
from daemon.services.asked import Asked
from daemon.services.paths import absolute
from daemon.services.shortened import shortened
from daemon.services.tasks import TaskStarter
from daemon.services.types_jobs import JobAck
from daemon.services.types_tags import WriteTagsRequest

TASK = "write-tags"
PAGE = 500


class TagWriter:
    """The task `write-tags`. read: hears a file in a worker."""

    def __init__(self, assets: Assets, search: Search, asked: Asked, read: Read, retagger: Retagger) -> None:
        self._assets = assets
        self._search = search
        self._asked = asked
        self._read = read
        self._retagger = retagger

    async def run(self, context: TaskContext) -> list[str]:
        """Returns a line for each file, or part of one, that stays as it is for a reason, and in a dry run one for each
        that would change. Done again after a restart, it goes on with the files that do not say all of it yet."""
        request = msgspec.convert(context.request, WriteTagsRequest)
        files = [each async for each in self._files(request)]
        lines: list[str] = [] if files else [_nothing(request)]
        errors: list[RoadieError] = []
        for number, (asset, path) in enumerate(files):
            context.progress(number / len(files), f"{number + 1} of {len(files)}: {path.name}")
            try:
                done = await self._retagger.write(
                    await self._known(asset, path), path, context.job,
                    overwrite=request.overwrite, dry_run=request.dry_run,
                )  # fmt: skip
            except RoadieError as error:
                errors.append(error)
                lines.append(error.message)
                continue
            lines += [f"{path}: {why}" for why in done.left]
            lines += _told(done) if request.dry_run else []
        if errors and len(errors) == len(files):
            raise errors[0]
        return shortened(lines)

    async def _known(self, asset: Asset | None, path: Path) -> Asset:
        """What the library knows of a file; one that it has not heard is heard first."""
        return asset or await met(self._assets, self._read, path)

    async def _files(self, request: WriteTagsRequest) -> AsyncIterator[tuple[Asset | None, Path]]:
        for text in request.paths or ():
            yield None, Path(text)
        for asset in request.assets or ():
            found = await self._assets.get(asset)
            if not found.paths:
                raise FileMissing(
                    "the file of this asset is missing", where=found.name, hint="Scan its folder again"
                )
            for path in found.paths:
                yield found, Path(path)
        if request.query is None:
            return
        query = await self._asked.query(request.query, 0)
        folder = None if query.folder is None else Path(query.folder)
        offset, more = 0, True
        while more:
            page, more = await self._search.find(replace(query, offset=offset, limit=PAGE))
            offset += len(page)
            for each in page:
                for one in map(Path, each.paths):
                    if folder is None or one.is_relative_to(folder):  # a copy elsewhere was not asked for
                        yield each, one


def _nothing(request: WriteTagsRequest) -> str:
    folder = None if request.query is None else request.query.folder
    hint = "" if folder is None else f"; the library may not know {folder} yet: scan it first"
    return f"nothing in the library was chosen, so nothing was written{hint}"


def _told(done: Retagged) -> list[str]:
    parts = [
        f"{verb} {', '.join(names)}"
        for verb, names in (("write", done.wrote), ("take away", done.gone))
        if names
    ]
    return [f"{done.path}: would {' and '.join(parts)}"] if parts else []


class TagsService:
    def __init__(self, tasks: TaskStarter) -> None:
        self._tasks = tasks

    async def write(
        self, assets: Sequence[str], *, overwrite: bool = False, dry_run: bool = False, client: str = "rules"
    ) -> JobAck:
        """Write what is known of these assets into their files, as a job. For rules and other callers inside."""
        return await self.start(
            WriteTagsRequest(assets=list(assets), overwrite=overwrite, dry_run=dry_run), client
        )

    async def start(self, request: WriteTagsRequest, client: str, key: str | None = None) -> JobAck:
        """key: the client's own; used again for the same request, it gives the same job.

        Raises BadParameter when not exactly one of assets, paths and query is named, or a path is not absolute."""
        chosen = [request.assets, request.paths, request.query]
        if sum(each is not None for each in chosen) != 1:
            raise BadParameter("tags are written for exactly one of assets, paths and query")
        paths = [str(absolute(path, "a file")) for path in request.paths or ()]
        body = msgspec.to_builtins(request) | ({"paths": paths} if request.paths is not None else {})
        return await self._tasks.start(TASK, body, _what(request, paths), client, key)


def _what(request: WriteTagsRequest, paths: list[str]) -> str:
    """The job's input, as it is shown."""
    if request.query is not None:
        return f"search: {request.query.text or 'everything that fits'}"
    named = paths or list(request.assets or ())
    return named[0] if len(named) == 1 else f"{len(named)} files"
