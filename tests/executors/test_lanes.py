"""Pause, warm engines, idling, the share of the machine that a worker takes, and what is left behind: nothing."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from daemon.executors.local.devices import choose_device
from daemon.kernel.errors import BadConfig, Cancelled
from daemon.kernel.work import Lane, StepCall
from tests.executors.conftest import Start, facts, quiet, until, workers
from tests.fakes.clock import FakeClock

Call = Callable[..., StepCall]


async def test_pause_holds_a_call_at_its_checkpoint_and_starts_nothing(
    start: Start, call: Call, tmp_path: Path
) -> None:
    executor = await start()
    trace, later = tmp_path / "trace", tmp_path / "later"
    told: list[str] = []
    running = executor.submit(call("count_to", number=500, text=str(trace)), lambda _, note: told.append(note))
    waiting = executor.submit(call("append", text=str(later)), quiet)
    await until(lambda: bool(told))
    executor.pause(Lane.CPU)
    await _until_still(trace)
    assert trace.read_text() != "499"
    assert executor.lanes()[1].paused and executor.lanes()[1].waiting == 1
    executor.resume(Lane.CPU)
    assert facts(await running.result()) == [500]
    await waiting.result()
    assert later.exists()


async def _until_still(trace: Path) -> None:
    """The step writes each 10 ms: what is unchanged for half a second is held."""
    seen = ["", _read(trace)]
    while seen[-1] != seen[-2]:
        await asyncio.sleep(0.5)
        seen.append(_read(trace))


def _read(trace: Path) -> str:
    return trace.read_text()


async def test_a_paused_lane_takes_calls_and_starts_them_when_resumed(start: Start, call: Call) -> None:
    executor = await start()
    executor.pause(Lane.CPU)
    running = executor.submit(call("count_to", number=1), quiet)
    heavy = executor.submit(call("count_to", lane=Lane.HEAVY, number=2), quiet)
    assert facts(await heavy.result()) == [2]
    assert executor.lanes()[1].workers == 0
    executor.resume(Lane.CPU)
    assert facts(await running.result()) == [1]


async def test_a_held_call_can_be_cancelled_and_holding_is_not_hanging(start: Start, call: Call) -> None:
    clock = FakeClock()
    executor = await start(clock, hang_timeout_s=60.0)
    told: list[str] = []
    running = executor.submit(call("count_to", number=10_000), lambda _, note: told.append(note))
    await until(lambda: bool(told))
    executor.pause(Lane.CPU)
    for _ in range(6):
        await asyncio.sleep(0.1)
        clock.advance(25)
    running.cancel()
    with pytest.raises(Cancelled):
        await running.result()


async def test_an_engine_stays_warm_and_the_next_call_for_it_goes_there(start: Start, call: Call) -> None:
    executor = await start(cpu_workers=2)
    seen: dict[str, tuple[object, ...]] = {}
    for model in ("a", "b", "a", "b", "b", "a"):
        pid, born, loaded, threads = facts(
            await executor.submit(call("use_engine", model=model), quiet).result()
        )
        assert (loaded, threads) == (model, 1)
        assert seen.setdefault(model, (pid, born)) == (pid, born)
    assert seen["a"][0] != seen["b"][0]


async def test_a_lane_of_one_keeps_as_many_engines_as_it_may_and_drops_the_oldest(
    start: Start, call: Call
) -> None:
    executor = await start(warm_engines=2)
    born = []
    for model in ("a", "b", "a", "c", "a", "b"):
        born.append(facts(await executor.submit(call("use_engine", model=model), quiet).result())[1])
    assert born[0] == born[2] == born[4]
    assert born[1] != born[5]


async def test_idle_workers_leave_after_keep_alive_and_the_idle_tree_is_empty(start: Start, call: Call) -> None:
    clock = FakeClock()
    executor = await start(clock, keep_alive_s=300.0)
    [pid] = facts(await executor.submit(call("who"), quiet).result())
    clock.advance(200)
    assert facts(await executor.submit(call("who"), quiet).result()) == [pid]
    clock.advance(299)
    await asyncio.sleep(0.2)
    assert [worker.pid for worker in workers()] == [pid]
    clock.advance(1)
    await until(lambda: not workers())
    await until(lambda: sum(status.workers for status in executor.lanes()) == 0)
    assert facts(await executor.submit(call("who"), quiet).result()) != [pid]


async def test_a_jump_of_the_clock_is_no_hang(start: Start, call: Call) -> None:
    clock = FakeClock()
    executor = await start(clock, hang_timeout_s=60.0)
    told: list[str] = []
    running = executor.submit(call("deaf"), lambda _, note: told.append(note))
    await until(lambda: bool(told))
    await asyncio.sleep(0.1)
    clock.advance(8 * 3600)  # the lid was closed for the night
    await asyncio.sleep(0.2)
    assert [worker.pid for worker in workers()] == [int(told[0])]
    running.cancel()
    clock.advance(10)


async def test_a_worker_is_capped_nice_and_light(start: Start, call: Call) -> None:
    executor = await start(heavy_threads=3)
    for lane, threads in ((Lane.CPU, 1), (Lane.HEAVY, 3)):
        omp, pools, niceness, heavy = facts(
            await executor.submit(call("environment", lane=lane), quiet).result()
        )
        assert omp == str(threads)
        assert pools and max(pools) <= threads
        assert niceness[0] == min(os.getpriority(os.PRIO_PROCESS, 0) + 10, 19)
        assert niceness[1] in ("10", None)  # of its session, where Linux shares processors among sessions
        assert heavy == []


async def test_the_main_module_of_the_parent_is_not_imported_again(start: Start, call: Call) -> None:
    executor = await start()
    assert facts(await executor.submit(call("main_module"), quiet).result()) == [None]


async def test_what_a_worker_prints_stays_away_and_bounded(
    start: Start, call: Call, capfd: pytest.CaptureFixture[str]
) -> None:
    executor = await start()
    await executor.submit(call("chatter", number=200), quiet).result()
    await executor.submit(call("who"), quiet).result()
    assert capfd.readouterr() == ("", "")


CRASHES = """
import asyncio, sys
from pathlib import Path
import psutil
from daemon.executors.local.executor import LocalExecutor
from daemon.kernel.work import Lane, StepCall
from tests.executors.conftest import PROBES, quiet, until, workers

async def main():
    executor = LocalExecutor(PROBES)
    await executor.start()

    def run(step):
        return executor.submit(StepCall("t", step, (), {}, Path(sys.argv[1]), Lane.CPU), quiet).result()

    await run("who")
    me = psutil.Process()
    descriptors, threads = me.num_fds(), me.num_threads()
    for _ in range(10):
        results = await asyncio.gather(*(run(step) for step in ["who"] * 19 + ["exit_hard"]), return_exceptions=True)
        assert sum(isinstance(each, Exception) for each in results) >= 1
    await run("who")
    await until(lambda: (me.num_fds(), me.num_threads()) == (descriptors, threads))
    assert len(workers()) == 1
    await executor.stop()
    assert not workers()

asyncio.run(main())
"""


def test_two_hundred_calls_and_ten_crashes_leave_no_descriptor_thread_or_zombie(tmp_path: Path) -> None:
    """In a process of its own: what other tests have left to end may end while it counts."""
    told = subprocess.run(
        [sys.executable, "-c", CRASHES, str(tmp_path)], check=False, capture_output=True, text=True, timeout=120
    )
    assert told.returncode == 0, told.stderr


PARENT = """
import asyncio, sys
from pathlib import Path
from daemon.executors.local.executor import LocalExecutor
from daemon.kernel.work import Lane, StepCall
from tests.executors.conftest import PROBES, quiet

async def main():
    executor = LocalExecutor(PROBES)
    await executor.start()
    for lane, step in ((Lane.HEAVY, "deaf_in_c"), (Lane.CPU, "deaf_in_c"), (Lane.PLUGIN, "count_to")):
        params = {"text": f"{sys.argv[1]}/{lane}", "number": 100_000}
        executor.submit(StepCall("t", step, (), params, Path(sys.argv[1]), lane), quiet)
    await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="a parent-death signal is what Linux has")
async def test_no_worker_outlives_a_killed_daemon_even_in_c_code(tmp_path: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path)])  # noqa: ASYNC220 - takes no time
    try:
        await until(lambda: all((tmp_path / lane).exists() for lane in Lane))
        children = psutil.Process(parent.pid).children()
        assert len(children) == 3
    finally:
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
    assert not psutil.wait_procs(children, timeout=10)[1]


def test_a_device_that_is_asked_for_is_taken_and_an_unknown_one_refused() -> None:
    assert choose_device("mps") == ("mps", "asked for")
    assert choose_device("auto")[0] in ("cuda", "mps", "cpu")
    with pytest.raises(BadConfig, match="tpu"):
        choose_device("tpu")
