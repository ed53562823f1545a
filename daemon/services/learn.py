"""What a library's owner teaches the tagger: the classes that a person said, heard once and gone by from then on."""

from __future__ import annotations

import asyncio
from pathlib import Path

from daemon.jobs.calls import Calls
from daemon.jobs.runner import TaskContext
from daemon.kernel.errors import Conflict
from daemon.kernel.types import AssetId
from daemon.kernel.work import InputFile, Kind, StepResult
from daemon.library.asset_records import Asset
from daemon.library.assets import Assets
from daemon.models import taught
from daemon.models.store import ModelStore
from daemon.services.tasks import TaskStarter
from daemon.services.types_jobs import JobAck
from daemon.steps import registry
from daemon.steps.learn import LearnParams

MOST = 5000
"""Sounds that are gone by, the newest first: each is compared with every sound that is classified."""


class LearnService:
    def __init__(self, tasks: TaskStarter, assets: Assets, models: ModelStore) -> None:
        self._tasks = tasks
        self._assets = assets
        self._models = models

    async def learn(self, client: str) -> JobAck:
        """Learn from every class that a person said, as a job, in the place of what was learnt before.

        Raises Conflict when nobody has said any.
        """
        if not await self._assets.named_by_user():
            raise Conflict(
                "there is nothing to learn from: no sound's class was corrected",
                hint="Correct some first: PATCH /assets/{id} with a class, or roadie library tag FILE --class CLASS",
            )
        return await self._tasks.start("learn", {}, "the classes you said", client)

    async def forget(self) -> bool:
        """Go by the network alone again; whether anything was learnt. The corrections themselves stay."""
        return await asyncio.to_thread(taught.forget, self._models.folder)


class Learner:
    """The task `learn`."""

    def __init__(self, assets: Assets, calls: Calls, models: ModelStore) -> None:
        self._assets = assets
        self._calls = calls
        self._models = models

    async def run(self, context: TaskContext) -> list[str]:
        """Returns a line for each sound that could not be learnt from."""
        said = [asset for asset in await self._assets.named_by_user() if asset.label][:MOST]
        inputs = await asyncio.to_thread(lambda: [(asset, _input(asset)) for asset in said])
        problems = [f"{asset.name}: its file is missing" for asset, file in inputs if file is None]
        there = [(asset, file) for asset, file in inputs if file is not None]
        if not there:
            return [*problems, "nothing was learnt"]
        params = LearnParams(classes=tuple(str(asset.label) for asset, _ in there))
        spec = registry.spec("learn")
        assert spec.choose is not None
        called = self._calls.run(
            "learn", [file for _, file in there], {"classes": list(params.classes)},
            engine=spec.choose(params, self._models, "cpu"), on_progress=context.progress,
        )  # fmt: skip
        async with called as (out, result):
            await asyncio.to_thread(self._keep, out, result)
        return [*problems, *result.warnings, *([] if result.files else ["nothing was learnt"])]

    def _keep(self, out: Path, result: StepResult) -> None:
        for file in result.files:
            taught.keep(self._models.folder, out / file.name)


def _input(asset: Asset) -> InputFile | None:
    path = next((path for text in asset.paths if (path := Path(text)).is_file()), None)
    return None if path is None else InputFile(path, AssetId(asset.id), Kind.SOURCE, path.name)
