"""Starting workers and handing them calls, against concurrent.futures.ProcessPoolExecutor (spawn).

Run as `uv run python bench/executor.py`. The call is a step that returns at once, from the tests' probe steps; the
peer calls a function of the same module. Also: the longest that the event loop stood still meanwhile, and how long a
worker computing in C code lives after its parent was killed.
"""

from __future__ import annotations

import asyncio
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

from daemon.executors.local.executor import LocalExecutor
from daemon.kernel.work import Lane, StepCall
from tests.executors.conftest import PROBES, quiet

CALLS = 300
PARENT = """
import asyncio, sys
from pathlib import Path
from daemon.executors.local.executor import LocalExecutor
from daemon.kernel.work import Lane, StepCall
from tests.executors.conftest import PROBES, quiet
async def main():
    executor = LocalExecutor(PROBES)
    await executor.start()
    executor.submit(StepCall("t", "deaf_in_c", (), {"text": sys.argv[1]}, Path("."), Lane.CPU), quiet)
    await asyncio.sleep(60)
asyncio.run(main())
"""


@contextmanager
def timed(into: list[float]) -> Iterator[None]:
    began_s = time.perf_counter()
    yield
    into.append((time.perf_counter() - began_s) * 1e3)


async def ours() -> tuple[float, float, float]:
    """(ms to the first result, median ms of a warm call, longest stand-still of the loop in ms)."""
    executor = LocalExecutor(PROBES)
    await executor.start()
    still: list[float] = [0.0]
    watching = asyncio.create_task(_watch(still))
    await asyncio.sleep(0.05)
    took: list[float] = []
    for _ in range(CALLS + 1):
        with timed(took):
            await executor.submit(StepCall("t", "who", (), {}, Path(), Lane.CPU), quiet).result()
    watching.cancel()
    await executor.stop()
    return took[0], statistics.median(took[1:]), max(still)


async def _watch(still: list[float]) -> None:
    while True:
        began_s = time.perf_counter()
        await asyncio.sleep(0.001)
        still.append((time.perf_counter() - began_s - 0.001) * 1e3)


async def theirs() -> tuple[float, float]:
    loop = asyncio.get_running_loop()
    took: list[float] = []
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        for _ in range(CALLS + 1):
            with timed(took):
                await loop.run_in_executor(pool, os.getpid)
    return took[0], statistics.median(took[1:])


def orphan_ms() -> float:
    with TemporaryDirectory() as folder:
        started = Path(folder) / "started"
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        parent = subprocess.Popen([sys.executable, "-c", PARENT, str(started)], env=environment)
        while not started.exists():
            time.sleep(0.01)
        time.sleep(0.2)
        children = psutil.Process(parent.pid).children()
        took: list[float] = []
        with timed(took):
            os.kill(parent.pid, signal.SIGKILL)
            parent.wait()
            while any(map(_computes, children)):
                time.sleep(0.001)
    return took[0]


def _computes(process: psutil.Process) -> bool:
    """False also for one that has ended and that init has not reaped yet."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def main() -> None:
    cold, warm, still = asyncio.run(ours())
    peer_cold, peer_warm = asyncio.run(theirs())
    print(
        f"first result from a new worker  {cold:8.1f} ms   peer {peer_cold:8.1f} ms   ratio {peer_cold / cold:.2f}"
    )
    print(
        f"call to a warm worker, median   {warm:8.2f} ms   peer {peer_warm:8.2f} ms   ratio {peer_warm / warm:.2f}"
    )
    print(f"longest stand-still of the loop {still:8.1f} ms")
    print(f"orphan in C code after kill -9  {orphan_ms():8.1f} ms")


if __name__ == "__main__":
    main()
