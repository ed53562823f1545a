"""Hearing a few seconds of a chain, for as long as somebody would wait."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import cast

import pytest

from daemon.jobs.prepare import Prepared
from daemon.kernel.errors import TooSlow
from daemon.kernel.types import AssetId
from daemon.kernel.work import InputFile, Kind
from daemon.library.asset_records import FileStat
from daemon.services.chain_runs import ChainRuns
from daemon.services.chains import ChainsService
from daemon.services.outputs import Outputs
from daemon.services.tasks import TaskStarter
from daemon.services.types_jobs import JobInput
from daemon.services.types_plugins import PreviewRequest
from daemon.steps.render import RenderParams


class NeverDone:
    """Renders that show signs of life and never end. ended: those that nobody waits for any more."""

    def __init__(self) -> None:
        self.ended = 0

    async def prepare(self, given: JobInput) -> Prepared:
        meta = {"rate": 48000, "frames": 480000}
        return Prepared(AssetId("a"), Path(str(given.path)), cast("FileStat", None), meta)

    async def resolve(self, chain: str, _: float) -> RenderParams:
        return RenderParams(chain=chain)

    async def known_of(self, _: Prepared) -> tuple[str | None, Kind]:
        return None, Kind.ONE_SHOT

    def input_of(self, source: Prepared, *_: object) -> InputFile:
        return InputFile(source.path, source.asset, Kind.ONE_SHOT, source.path.name)

    async def render(self, *_: object) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            self.ended += 1


def test_a_preview_that_takes_too_long_is_ended_with_the_reason(tmp_path: Path) -> None:
    runs = NeverDone()
    service = ChainsService(
        tmp_path, cast("ChainRuns", runs), cast("TaskStarter", None), cast("Outputs", None), longest_s=0.1
    )
    request = PreviewRequest(chain="vinyl", input=JobInput(path=str(tmp_path / "a.wav")), patience_s=0.5)
    with pytest.raises(TooSlow, match=r"not ready after 0\.6 s and was ended.*A plug-in of the chain is slow"):
        asyncio.run(service.preview(request))
    assert runs.ended == 1
