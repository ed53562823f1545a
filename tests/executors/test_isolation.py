"""A worker that crashes, hangs, is deaf or eats memory costs one call, never the daemon or the next call."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from daemon.executors.local.worker import describe
from daemon.kernel.errors import Cancelled, OutOfMemory, WorkerDied, WorkerHung
from daemon.kernel.work import Lane, StepCall
from tests.executors.conftest import Start, facts, quiet, until, workers
from tests.fakes.clock import FakeClock

Call = Callable[..., StepCall]


@pytest.mark.parametrize(
    ("step", "why", "note"),
    [("exit_hard", "exit code 7", "last words"), ("segfault", "SIGSEGV", "Segmentation fault")],
)
async def test_a_crash_ends_its_call_with_the_reason_and_the_next_call_gets_a_new_worker(
    start: Start, call: Call, step: str, why: str, note: str
) -> None:
    executor = await start()
    pid = facts(await executor.submit(call("who"), quiet).result())
    with pytest.raises(WorkerDied, match=why) as caught:
        await executor.submit(call(step), quiet).result()
    assert caught.value.code == "worker_died"
    assert note in "".join(caught.value.__notes__)
    assert facts(await executor.submit(call("who"), quiet).result()) != pid


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full to write to")
def test_a_full_disk_is_told_as_such_and_a_mistake_as_a_mistake() -> None:
    with pytest.raises(OSError, match="No space") as full:
        Path("/dev/full").write_text("x")
    info = describe(full.value)
    assert (info.code, info.hint) == ("disk_full", "Make room and retry the job")
    assert "No space" in (info.traceback or "")
    mistake = describe(KeyError("flutter"))
    assert mistake.code == "internal" and "KeyError" in mistake.message and "report" in (mistake.hint or "")


async def test_calls_that_wait_survive_the_crash_of_the_one_before_them(start: Start, call: Call) -> None:
    executor = await start()
    calls = [executor.submit(call(step), quiet) for step in ("exit_hard", "who", "segfault", "who")]
    for crashing in calls[::2]:
        with pytest.raises(WorkerDied):
            await crashing.result()
    assert facts(await calls[1].result()) != facts(await calls[3].result())


async def test_a_worker_killed_from_outside_is_named_by_its_signal(start: Start, call: Call) -> None:
    executor = await start()
    notes: list[str] = []
    running = executor.submit(call("deaf"), lambda _, note: notes.append(note))
    await until(lambda: bool(notes))
    os.kill(int(notes[0]), signal.SIGKILL)
    with pytest.raises(WorkerDied, match="SIGKILL"):
        await running.result()


async def test_an_idle_worker_killed_from_outside_is_replaced(start: Start, call: Call) -> None:
    executor = await start()
    [pid] = facts(await executor.submit(call("who"), quiet).result())
    os.kill(pid, signal.SIGKILL)
    await until(lambda: executor.lanes()[1].workers == 0)
    assert facts(await executor.submit(call("who"), quiet).result()) != [pid]


@pytest.mark.parametrize("step", ["with_child", "with_group"])
async def test_what_a_crashed_worker_had_started_ends_with_it(start: Start, call: Call, step: str) -> None:
    executor = await start()
    notes: list[str] = []
    running = executor.submit(call(step), lambda _, note: notes.append(note))
    with pytest.raises(WorkerDied, match="exit code 3"):
        await running.result()
    [child] = map(int, notes)
    await until(lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE)


async def test_a_step_without_a_checkpoint_for_too_long_is_ended(start: Start, call: Call) -> None:
    clock = FakeClock()
    executor = await start(clock, hang_timeout_s=60.0)
    notes: list[str] = []
    hung = asyncio.create_task(executor.submit(call("deaf"), lambda _, note: notes.append(note)).result())
    await until(lambda: bool(notes))
    for _ in range(2):
        clock.advance(25)
        await asyncio.sleep(0.1)
    assert not hung.done()
    clock.advance(25)
    with pytest.raises(WorkerHung, match="for 60 s"):
        await hung
    assert facts(await executor.submit(call("count_to", number=1), quiet).result()) == [1]


async def test_a_long_step_that_passes_checkpoints_does_not_hang(start: Start, call: Call) -> None:
    clock = FakeClock()
    executor = await start(clock, hang_timeout_s=60.0)
    told: list[str] = []
    running = executor.submit(call("count_to", number=100_000), lambda _, note: told.append(note))
    for _ in range(6):
        told.clear()
        await until(lambda: bool(told))
        clock.advance(25)
    assert executor.lanes()[1].busy == 1
    running.cancel()
    with pytest.raises(Cancelled):
        await running.result()


async def test_a_step_that_eats_memory_is_ended_and_the_figures_are_given(start: Start, call: Call) -> None:
    executor = await start(memory_budget_bytes=400_000_000)
    with pytest.raises(OutOfMemory, match="allowed 400 MB"):
        await executor.submit(call("eat"), quiet).result()
    assert facts(await executor.submit(call("count_to", number=1), quiet).result()) == [1]


async def test_idle_workers_give_way_before_a_busy_one_is_ended(start: Start, call: Call) -> None:
    measuring = await start()
    [pid] = facts(await measuring.submit(call("who"), quiet).result())
    memory = psutil.Process(pid).memory_info()
    one_bytes = memory.rss - getattr(memory, "shared", 0)
    executor = await start(memory_budget_bytes=int(1.5 * one_bytes))  # one worker fits, two do not
    [idle] = facts(await executor.submit(call("who", lane=Lane.HEAVY), quiet).result())
    running = executor.submit(call("count_to", number=1_000), quiet)
    await until(lambda: idle not in [worker.pid for worker in workers()])
    assert executor.lanes()[1].busy == 1
    running.cancel()


async def test_cancel_ends_a_call_at_its_next_checkpoint_and_keeps_the_worker(start: Start, call: Call) -> None:
    executor = await start(cancel_grace_s=30.0)
    [pid] = facts(await executor.submit(call("who"), quiet).result())
    told: list[float] = []
    running = executor.submit(call("count_to", number=100_000), lambda fraction, _: told.append(fraction))
    await until(lambda: bool(told))
    running.cancel()
    running.cancel()
    with pytest.raises(Cancelled):
        await running.result()
    assert facts(await executor.submit(call("who"), quiet).result()) == [pid]


async def test_cancel_of_a_waiting_call_never_starts_it(start: Start, call: Call, tmp_path: Path) -> None:
    executor = await start()
    first = executor.submit(call("count_to", number=30), quiet)
    trace = tmp_path / "trace"
    waiting = executor.submit(call("append", text=str(trace)), quiet)
    waiting.cancel()
    with pytest.raises(Cancelled):
        await waiting.result()
    await first.result()
    await executor.submit(call("who"), quiet).result()
    assert not trace.exists()


@pytest.mark.parametrize("step", ["deaf", "deaf_in_c"])
async def test_a_step_deaf_to_cancel_is_killed_after_the_grace(
    start: Start, call: Call, tmp_path: Path, step: str
) -> None:
    executor = await start(cancel_grace_s=0.3)
    told: list[str] = []
    running = executor.submit(call(step, text=f"{tmp_path}/pid"), lambda _, note: told.append(note))
    await until(lambda: bool(told))
    running.cancel()
    with pytest.raises(Cancelled):
        await running.result()
    assert facts(await executor.submit(call("count_to", number=1), quiet).result()) == [1]


async def test_cancel_after_the_end_changes_nothing(start: Start, call: Call) -> None:
    executor = await start()
    running = executor.submit(call("count_to", number=1), quiet)
    assert facts(await running.result()) == [1]
    running.cancel()
    assert facts(await running.result()) == [1]


async def test_stop_ends_workers_that_hold_the_interpreter(start: Start, call: Call, tmp_path: Path) -> None:
    executor = await start()
    told: list[str] = []
    running = executor.submit(call("deaf_in_c", text=f"{tmp_path}/pid"), lambda _, note: told.append(note))
    await until(lambda: bool(told))
    await executor.stop()
    assert not workers()
    with pytest.raises(Cancelled):
        await running.result()
