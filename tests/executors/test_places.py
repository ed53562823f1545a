"""Which worker a call goes to, and how many there may be."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from daemon.kernel.work import Lane, StepCall
from tests.executors.conftest import Start, facts, quiet, until

Call = Callable[..., StepCall]


async def test_the_heavy_lanes_core_serves_the_cpu_lane_while_nothing_separates(
    start: Start, call: Call, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    executor = await start(lends_core=True)
    assert executor.lanes()[1].size == 2
    waiting = [executor.submit(call("wait_for", text=str(tmp_path / "go")), quiet) for _ in range(3)]
    await until(lambda: executor.lanes()[1].busy == 2)
    heavy = executor.submit(call("wait_for", Lane.HEAVY, text=str(tmp_path / "go heavy")), quiet)
    assert executor.lanes()[1].size == 1
    (tmp_path / "go").touch()
    await asyncio.gather(*(each.result() for each in waiting))
    (tmp_path / "go heavy").touch()
    await heavy.result()
    assert executor.lanes()[1].size == 2


async def test_calls_wait_for_the_heavy_lane_to_rest(
    start: Start, call: Call, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    executor = await start(lends_core=True)
    heavy = executor.submit(call("wait_for", Lane.HEAVY, text=str(tmp_path / "go heavy")), quiet)
    both = [executor.submit(call("wait_for", text=str(tmp_path / f"go {i}")), quiet) for i in range(2)]
    await until(lambda: executor.lanes()[1].busy == 1)
    assert executor.lanes()[1].waiting == 1
    (tmp_path / "go heavy").touch()
    await heavy.result()
    await until(lambda: executor.lanes()[1].busy == 2)
    for i in range(2):
        (tmp_path / f"go {i}").touch()
    await asyncio.gather(*(each.result() for each in both))


async def test_a_number_that_was_asked_for_is_kept(start: Start, monkeypatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    executor = await start()
    assert executor.lanes()[1].size == 1


async def test_a_call_goes_where_the_last_of_its_affinity_was(start: Start, call: Call) -> None:
    executor = await start()

    async def worker(affinity: str) -> list[int]:
        one = replace(call("keep", Lane.PLUGIN), affinity=affinity)
        return facts(await executor.submit(one, quiet).result())

    first, second = await worker("a"), await worker("b")
    assert first[0] != second[0]
    assert await worker("a") == [first[0], first[1]] and await worker("b") == [second[0], second[1]]
    third = await worker("c")  # no worker is free of something kept: the longest idle gives it up
    assert third[0] == first[0] and third[1] != first[1]
