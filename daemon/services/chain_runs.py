"""Runs of the step `render` outside a recipe: by key like any other, so that what was rendered once is not again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from daemon.jobs.keys import step_key
from daemon.jobs.prepare import Prepared, Preparer
from daemon.jobs.runs import Finished, RunPool, Valid
from daemon.jobs.steps import NotePlugins
from daemon.kernel.errors import BadParameter
from daemon.kernel.types import Json
from daemon.kernel.work import InputFile, Kind, Lane, Region, StepCall
from daemon.library.assets import Assets
from daemon.services.paths import absolute, require_one
from daemon.services.types_jobs import JobInput
from daemon.steps import encode, render
from daemon.steps.render import RenderParams
from daemon.steps.spec import Shelves

OnProgress = Callable[[float, str], None]


class ChainRuns:
    def __init__(
        self, pool: RunPool, preparer: Preparer, assets: Assets, shelves: Shelves, note: NotePlugins
    ) -> None:
        self._pool = pool
        self._preparer = preparer
        self._assets = assets
        self._shelves = shelves
        self._note = note

    async def resolve(self, chain: str | dict[str, Any], patience_s: float) -> RenderParams:
        """Raises NotFound, BadChain, NotInstalled."""
        params = RenderParams(chain=chain, patience_s=patience_s)
        return await asyncio.to_thread(render.with_content, params, self._shelves)

    async def prepare(self, given: JobInput) -> Prepared:
        """Raises BadParameter, and what preparing a file raises."""
        require_one(given.path, given.asset, "an input")
        if given.asset is None:
            return await self._preparer.prepare(absolute(str(given.path), "an input"))
        asset = await self._assets.get(given.asset)
        if asset.missing:
            raise BadParameter("the file of this asset is missing", where=asset.name)
        return await self._preparer.prepare_asset(asset.id, Path(asset.paths[0]))

    async def known_of(self, source: Prepared) -> tuple[str | None, Kind]:
        """The class that the library knows, and whether it is a loop or a stem, which must stay in time."""
        asset = await self._assets.get(source.asset)
        return asset.label, Kind(asset.kind) if asset.kind in (Kind.LOOP, Kind.STEM) else Kind.ONE_SHOT

    def input_of(
        self, source: Prepared, label: str | None, kind: Kind = Kind.ONE_SHOT, region: Region | None = None
    ) -> InputFile:
        """A source as a sound by itself."""
        meta: dict[str, Json] = {} if label is None else {"class": label}
        return InputFile(source.path, source.asset, kind, source.path.name, region, meta)

    async def render(
        self, params: RenderParams, sounds: tuple[InputFile, ...], valid: Valid, on_progress: OnProgress
    ) -> Finished:
        body = msgspec.to_builtins(params)
        lane, affinity = render.place(params)
        key = step_key(render.SPEC, sounds, body, None, 0)
        call = StepCall("", render.SPEC.name, sounds, body, Path(), lane, None, 0, affinity)
        finished = await self._pool.get(key, call, valid, on_progress)
        if finished.attempt and finished.result.plugins:
            await asyncio.to_thread(self._note, finished.result.plugins)
        return finished

    async def encode(self, files: tuple[InputFile, ...], container: str, depth: str, valid: Valid) -> Finished:
        body: dict[str, Json] = {"container": container, "depth": depth}
        key = step_key(encode.SPEC, files, body, None, 0)
        call = StepCall("", encode.SPEC.name, files, body, Path(), Lane.CPU)
        return await self._pool.get(key, call, valid, lambda _fraction, _note: None)
