from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from daemon.executors.local.executor import LocalExecutor
from daemon.executors.local.settings import ExecutorSettings
from daemon.kernel.clock import Clock
from daemon.kernel.types import AssetId, Json
from daemon.kernel.work import EngineChoice, InputFile, Kind, Lane, StepCall, StepResult

PROBES = ExecutorSettings(
    cpu_workers=1, device="cpu", tick_s=0.02,
    steps="tests.executors.probe_steps:spec", engines="tests.executors.probe_steps:load",
)  # fmt: skip

Start = Callable[..., Awaitable[LocalExecutor]]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Starts executors on the probe steps; each is stopped at the end."""
    started: list[LocalExecutor] = []

    async def start(clock: Clock | None = None, **settings: Any) -> LocalExecutor:
        executor = LocalExecutor(replace(PROBES, **settings), clock)
        await executor.start()
        started.append(executor)
        return executor

    yield start
    for executor in started:
        await executor.stop()
    assert not workers()


@pytest.fixture
def call(tmp_path: Path) -> Callable[..., StepCall]:
    def call(step: str, lane: Lane = Lane.CPU, model: str | None = None, **params: Json) -> StepCall:
        source = InputFile(tmp_path / "song.wav", AssetId("cd" * 32), Kind.SOURCE, "song.wav")
        engine = None if model is None else EngineChoice("probe", "1", model)
        return StepCall("token", step, (source,), params, tmp_path, lane, engine, seed=5)

    return call


def quiet(fraction: float, note: str) -> None:
    """Progress that nobody looks at."""


def facts(result: StepResult) -> list[Any]:
    return [json.loads(line) for line in result.warnings]


def workers() -> list[psutil.Process]:
    """Child processes of this one, zombies included."""
    return psutil.Process(os.getpid()).children()


async def until(condition: Callable[[], bool], patience_s: float = 30.0) -> None:
    """Wait for something that is sure to come; the limit is there so that a defect ends the test."""
    give_up_s = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < give_up_s, "it did not come"
        await asyncio.sleep(0.01)
