"""Calls and their outcomes, in real worker processes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from daemon.executors.protocol import Executor
from daemon.kernel.errors import Cancelled, Conflict, OutOfMemory, StepFailed
from daemon.kernel.work import Lane, StepCall
from tests.executors.conftest import Start, facts, quiet, workers

Call = Callable[..., StepCall]


async def test_a_step_writes_its_files_and_its_result_comes_back(
    start: Start, call: Call, tmp_path: Path
) -> None:
    executor: Executor = await start()
    result = await executor.submit(call("write", text="hello"), quiet).result()
    assert (tmp_path / "said.txt").read_text() == "hello"
    assert result.files[0].meta == {"bpm": 120.5, "source": "song.wav"}
    assert (result.device, result.reason) == ("cpu", "seed 5")


async def test_several_wait_for_one_result_and_one_giving_up_takes_it_from_nobody(
    start: Start, call: Call
) -> None:
    executor = await start()
    running = executor.submit(call("count_to", number=20), quiet)
    waiters = [asyncio.create_task(running.result()) for _ in range(3)]
    await asyncio.sleep(0)
    waiters[0].cancel()
    assert [facts(await waiter) for waiter in waiters[1:]] == [[20], [20]]
    assert facts(await running.result()) == [20]


async def test_an_error_of_ours_keeps_its_code_and_its_undecodable_file_name(start: Start, call: Call) -> None:
    executor = await start()
    with pytest.raises(StepFailed) as caught:
        await executor.submit(call("fail_named"), quiet).result()
    error = caught.value.error
    assert error.code == "unreadable_audio"
    assert error.where == "/music/caf\\udce9.wav"
    assert error.hint == "Try another file"
    assert error.traceback is not None and "fail_named" in error.traceback


async def test_a_bug_is_internal_and_its_traceback_is_kept_apart(start: Start, call: Call) -> None:
    executor = await start()
    with pytest.raises(StepFailed) as caught:
        await executor.submit(call("fail_bug"), quiet).result()
    error = caught.value.error
    assert (error.code, error.message) == ("internal", "IndexError: list index out of range")
    assert error.traceback is not None and "fail_bug" in error.traceback
    assert "traceback" not in error.to_wire()


@pytest.mark.parametrize(
    ("step", "params", "code", "told"),
    [
        ("fail_type", {}, "internal", "device"),
        ("leave_python", {}, "internal", "SystemExit: 4"),
        ("write", {"text": 3}, "bad_parameter", "text"),
        ("write", {"loudness": 3}, "bad_parameter", "loudness"),
        ("no_such_step", {}, "internal", "no_such_step"),
        ("use_engine", {}, "bad_parameter", "no engine"),
    ],
)
async def test_what_is_wrong_with_a_step_is_the_error_of_its_call_alone(
    start: Start, call: Call, step: str, params: dict[str, str], code: str, told: str
) -> None:
    executor = await start()
    pid = facts(await executor.submit(call("who"), quiet).result())
    with pytest.raises(StepFailed, match=told) as caught:
        await executor.submit(call(step, **params), quiet).result()
    assert caught.value.error.code == code
    assert facts(await executor.submit(call("who"), quiet).result()) == pid


async def test_out_of_memory_in_a_step_ends_its_worker_and_says_so(start: Start, call: Call) -> None:
    executor = await start()
    pid = facts(await executor.submit(call("who"), quiet).result())
    with pytest.raises(OutOfMemory, match="petabyte"):
        await executor.submit(call("run_out"), quiet).result()
    assert facts(await executor.submit(call("who"), quiet).result()) != pid


async def test_progress_rises_and_is_throttled(start: Start, call: Call) -> None:
    executor = await start()
    told: list[tuple[float, str]] = []
    await executor.submit(call("count_to", number=100), lambda *progress: told.append(progress)).result()
    assert told == sorted(told)
    assert told[0] == (0.0, "at 0")
    assert 2 <= len(told) <= 100 // 4  # 10 ms apart, told at most each 50 ms


async def test_calls_of_a_lane_start_in_the_order_of_submission(
    start: Start, call: Call, tmp_path: Path
) -> None:
    executor = await start()
    order = tmp_path / "order.txt"
    calls = [executor.submit(call("append", text=str(order), number=number), quiet) for number in range(50)]
    assert executor.lanes()[1].waiting == 49
    await asyncio.gather(*(running.result() for running in calls))
    assert order.read_text().split() == [str(number) for number in range(50)]


async def test_lanes_do_not_wait_for_each_other(start: Start, call: Call) -> None:
    executor = await start()
    slow = executor.submit(call("deaf", lane=Lane.HEAVY), quiet)
    assert facts(await executor.submit(call("count_to", number=1), quiet).result()) == [1]
    busy = {status.lane: (status.workers, status.busy) for status in executor.lanes()}
    assert busy == {Lane.HEAVY: (1, 1), Lane.CPU: (1, 0), Lane.PLUGIN: (0, 0)}
    slow.cancel()


async def test_a_call_that_is_no_plain_data_is_refused_where_it_is_submitted(start: Start, call: Call) -> None:
    executor = await start()
    with pytest.raises((TypeError, AttributeError)):
        executor.submit(replace(call("who"), params={"text": lambda: None}), quiet)  # type: ignore[dict-item]
    assert len(facts(await executor.submit(call("who"), quiet).result())) == 1


async def test_stop_cancels_what_waits_and_what_runs_and_takes_nothing_more(start: Start, call: Call) -> None:
    executor = await start()
    under_way = [executor.submit(call(step), quiet) for step in ("deaf", "who")]
    await executor.stop()
    for running in under_way:
        with pytest.raises(Cancelled):
            await running.result()
    assert not workers()
    with pytest.raises(Conflict):
        executor.submit(call("who"), quiet)


async def test_nothing_is_taken_before_the_start(call: Call) -> None:
    from daemon.executors.local.executor import LocalExecutor
    from daemon.executors.local.settings import ExecutorSettings

    with pytest.raises(Conflict):
        LocalExecutor(ExecutorSettings()).submit(call("who"), quiet)
