"""Chains: which there are, and hearing a few seconds of one."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from daemon.chains.files import PRESETS, list_chains, load_chain, resolve_chain
from daemon.chains.plugins.resolve import external
from daemon.kernel.errors import BadParameter, NotFound, RoadieError, TooSlow
from daemon.kernel.printable import printable
from daemon.kernel.types import Frames
from daemon.kernel.work import Region
from daemon.services.chain_runs import ChainRuns
from daemon.services.chain_sounds import folder_of
from daemon.services.outputs import Outputs
from daemon.services.paths import absolute
from daemon.services.tasks import TaskStarter
from daemon.services.types_jobs import JobAck
from daemon.services.types_plugins import ApplyRequest, ChainView, PreviewRequest, PreviewView

_REMEMBERED = 64  # previews whose sound can still be had


class ChainsService:
    """longest_s: that somebody waits for a preview, besides the patience with a plug-in."""

    def __init__(
        self, user: Path, runs: ChainRuns, tasks: TaskStarter, outputs: Outputs, longest_s: float = 60.0
    ) -> None:
        self._user = user
        self._runs = runs
        self._tasks = tasks
        self._outputs = outputs
        self._longest_s = longest_s
        self._previews: OrderedDict[str, Path] = OrderedDict()

    async def list(self) -> list[ChainView]:
        """Every chain by name; a broken one with its problem."""
        return await asyncio.to_thread(
            lambda: [self._view(name, path) for name, path in list_chains((self._user,)).items()]
        )

    def _view(self, name: str, path: Path) -> ChainView:
        origin: Any = "shipped" if path.parent == PRESETS else "user"
        try:
            chain: Mapping[str, Any] = load_chain(str(path))
        except RoadieError as error:
            return ChainView(
                name=name,
                about="",
                origin=origin,
                path=printable(path),
                plugins=[],
                content=None,
                problem=error.message,
            )
        plugins = [str(one["plugin"]) for one in external(chain["fx"])]
        return ChainView(
            name=name,
            about=str(chain["about"]),
            origin=origin,
            path=printable(path),
            plugins=plugins,
            content=dict(chain),
        )

    async def preview(self, request: PreviewRequest) -> PreviewView:
        """Render a part of a sound. Raises what is wrong with the chain or the sound, and TooSlow: a plug-in that is
        slow yet well shows signs of life for as long as it likes."""
        limit_s = self._longest_s + request.patience_s
        try:
            async with asyncio.timeout(limit_s) as limit:
                return await self._preview(request)
        except TimeoutError:
            if not limit.expired():
                raise
            raise TooSlow(
                f"the preview was not ready after {limit_s:g} s and was ended",
                hint="A plug-in of the chain is slow, or other sounds come first: try a shorter part, or later",
            ) from None

    async def _preview(self, request: PreviewRequest) -> PreviewView:
        source = await self._runs.prepare(request.input)
        rate, frames = int(source.meta.get("rate", 0)), int(source.meta.get("frames", 0))  # type: ignore[arg-type]
        if request.start_s * rate >= frames:
            raise BadParameter("the part to hear lies behind the end of the sound", where=source.path)
        start = int(request.start_s * rate)
        region = Region(Frames(start), Frames(min(int(request.length_s * rate) or 1, frames - start)))
        chain = await self._runs.resolve(request.chain, request.patience_s)
        known, kind = await self._runs.known_of(source)
        sound = self._runs.input_of(source, request.label or known, kind, region)
        finished = await self._runs.render(chain, (sound,), source.still_there, lambda _fraction, _note: None)
        made = finished.result.files[0]
        self._previews[finished.key] = finished.folder / made.name
        while len(self._previews) > _REMEMBERED:
            self._previews.popitem(last=False)
        unprocessed = made.meta.get("unprocessed")
        assert isinstance(chain.chain, dict)  # resolved
        resampled = None if unprocessed else chain.chain.get("resample")
        made_rate = rate if resampled is None else int(resampled["rate_hz"])
        return PreviewView(
            id=finished.key, audio=f"/api/v1/chains/preview/{finished.key}/audio",
            length_s=int(made.meta["length_frames"]) / made_rate, peak_db=float(made.meta["peak_db"]),  # type: ignore[arg-type]
            warnings=list(finished.result.warnings), unprocessed=None if unprocessed is None else str(unprocessed),
        )  # fmt: skip

    async def preview_path(self, preview: str) -> Path:
        """Raises NotFound when it is long ago."""
        path = self._previews.get(preview)
        if path is None or not await asyncio.to_thread(path.is_file):
            raise NotFound("there is no such preview any more", where=preview, hint="Ask for it again")
        return path

    async def apply(self, request: ApplyRequest, client: str) -> JobAck:
        """Files through a chain, as a job. Raises Forbidden for a place roadie does not write to, BadParameter for a
        name that can be none, and BadChain."""
        out = absolute(request.out, "what to write")
        folder = await asyncio.to_thread(folder_of, out)
        await asyncio.to_thread(self._outputs.check, str(folder))
        # What was asked for, whatever becomes of the chain's file while a long run is under way or taken up again.
        content = await asyncio.to_thread(resolve_chain, request.chain, (self._user,))
        request = msgspec.structs.replace(request, chain=dict(content), out=str(out))
        await self._runs.resolve(request.chain, request.patience_s)
        return await self._tasks.start("chain-apply", msgspec.to_builtins(request), str(out), client)
