"""What a library's owner teaches the tagger: the classes that a person said, gone by from then on."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from daemon.executors.protocol import OnProgress
from daemon.jobs.calls import Calls, unread
from daemon.jobs.runner import TaskContext
from daemon.kernel.errors import Conflict
from daemon.kernel.types import AssetId
from daemon.kernel.work import InputFile, Kind, StepResult
from daemon.library.asset_records import Asset
from daemon.library.assets import Assets
from daemon.models import taught
from daemon.models.store import ModelStore
from daemon.services.hear_again import NAMED, HearAgain
from daemon.services.scan import counting
from daemon.services.shortened import shortened
from daemon.services.tasks import TaskStarter
from daemon.services.types_jobs import JobAck
from daemon.services.types_learn import Forgotten
from daemon.steps import registry
from daemon.steps.hearing.kept import Named, write_named
from daemon.steps.learn import LearnParams

MOST = 5000
"""Sounds that are gone by, the newest first: each is compared with every sound that is classified."""


class LearnService:
    def __init__(self, tasks: TaskStarter, assets: Assets, models: ModelStore) -> None:
        self._tasks = tasks
        self._assets = assets
        self._models = models

    async def learn(self, client: str) -> JobAck:
        """Learn from every class that a person said, as a job, in the place of what was learnt before; then tell the
        known sounds anew, so that the library says what the tagger says now.

        Raises Conflict when nobody has said any.
        """
        if not await self._assets.named_by_user():
            raise Conflict(
                "there is nothing to learn from: no sound's class was corrected",
                hint="Correct some first: PATCH /assets/{id} with a class, or roadie library tag FILE --class CLASS. "
                "What was learnt before goes with DELETE /learn, or roadie library learn --forget",
            )
        return await self._tasks.start("learn", {}, "the classes you said", client)

    async def forget(self, client: str) -> Forgotten:
        """Go by the network alone again; what was told by what was learnt is told anew, as a job. The corrections
        themselves stay."""
        if not await asyncio.to_thread(taught.forget, self._models.folder):
            return Forgotten(forgotten=False)
        ack = await self._tasks.start("forget", {}, "all sounds that were told by it", client)
        return Forgotten(forgotten=True, job=ack.id)


class Learner:
    """The tasks `learn` and `forget`."""

    def __init__(self, assets: Assets, calls: Calls, models: ModelStore, again: HearAgain) -> None:
        self._assets = assets
        self._calls = calls
        self._models = models
        self._again = again

    async def run(self, context: TaskContext) -> list[str]:
        """Returns what came of it, and a line for each sound that could not be learnt from, or be told anew."""
        said = [asset for asset in await self._assets.named_by_user() if asset.label][:MOST]
        share = len(said) / (len(said) + await self._again.known() or 1)
        learnt, problems = await self._learn(said, lambda done, note: context.progress(share * done, note))
        if not learnt:
            return ["nothing was learnt", *problems]
        outcome = await self._retell(lambda done, note: context.progress(share + (1 - share) * done, note))
        return [*outcome, *problems]

    async def forgotten(self, context: TaskContext) -> list[str]:
        """Returns what came of it, and a line for each sound that could not be told anew."""
        return await self._retell(context.progress)

    async def _retell(self, progress: OnProgress) -> list[str]:
        waiting = await self._again.waiting()
        progress(0.0, f"{waiting} known sounds are told anew")
        return await self._again.run(counting(waiting, 0, progress))

    async def _learn(self, said: Sequence[Asset], progress: OnProgress) -> tuple[bool, list[str]]:
        """Whether anything was learnt, and a line for each sound from which nothing was."""
        kept = await self._again.kept([asset.id for asset in said])
        named = [Named(str(asset.label), asset.name, kept[asset.id]) for asset in said if asset.id in kept]
        others = [asset for asset in said if asset.id not in kept]
        inputs = await asyncio.to_thread(lambda: [(asset, _input(asset)) for asset in others])
        problems = _gone([asset for asset, file in inputs if file is None])
        there = [(asset, file) for asset, file in inputs if file is not None]
        if not there and not named:
            return False, problems
        params = LearnParams(classes=tuple(str(asset.label) for asset, _ in there))
        spec = registry.spec("learn")
        assert spec.choose is not None
        async with self._calls.folder() as folder:
            remembered = unread(folder / "named.msgpack", Kind.FINDINGS)
            await asyncio.to_thread(write_named, remembered.path, named)
            called = self._calls.run(
                "learn", [remembered, *(file for _, file in there)], {"classes": list(params.classes)},
                engine=spec.choose(params, self._models, "cpu"), on_progress=progress,
            )  # fmt: skip
            async with called as (out, result):
                await asyncio.to_thread(self._keep, out, result)
        return bool(result.files), [*problems, *shortened(result.warnings)]

    def _keep(self, out: Path, result: StepResult) -> None:
        for file in result.files:
            taught.keep(self._models.folder, out / file.name)


def _gone(assets: Sequence[Asset]) -> list[str]:
    """How many sounds whose class a person said are nowhere to be heard, and which."""
    if not assets:
        return []
    many = "1 sound" if len(assets) == 1 else f"{len(assets)} sounds"
    lines = [f"{asset.paths[0] if asset.paths else asset.name}: its file is missing" for asset in assets]
    return [f"nothing was learnt from {many} of yours that cannot be found any more", *shortened(lines, NAMED)]


def _input(asset: Asset) -> InputFile | None:
    path = next((path for text in asset.paths if (path := Path(text)).is_file()), None)
    return None if path is None else InputFile(path, AssetId(asset.id), Kind.SOURCE, path.name)
