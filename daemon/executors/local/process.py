"""One worker process as the daemon sees it: start it, give it orders, hear its reports, end it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

import msgspec
import psutil

from daemon.executors.local.messages import Exit, Order, Report, Setup, unpack
from daemon.kernel.children import start_child
from daemon.kernel.lifeline import Job

_LOOK_S = 1.0
"""How often the reader looks whether the process still lives: a child of the worker may hold its pipe open."""
_TAIL_BYTES = 8_000
_OUTPUT_LIMIT_BYTES = 1_000_000
_ALLOCATOR = {
    "MALLOC_MMAP_THRESHOLD_": str(16 << 20), "MALLOC_TRIM_THRESHOLD_": str(128 << 20),
    "MALLOC_TOP_PAD_": str(16 << 20),
}  # fmt: skip
"""For glibc, others pass it over: arrays of some 100 KB come from memory that is there already. Fresh pages for each
cost a fifth of a scan, and twice that in a virtual machine."""

OnReport = Callable[["WorkerProcess", Report], None]
OnGone = Callable[["WorkerProcess"], None]


class WorkerProcess:
    """Both callbacks run on the event loop; `on_gone` once, when the process has ended and been reaped."""

    def __init__(self, setup: Setup, threads: int, job: Job, on_report: OnReport, on_gone: OnGone) -> None:
        self._loop = asyncio.get_running_loop()
        self._on_report = on_report
        self._on_gone = on_gone
        self._output = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - closed in _reap
        self._pipe, theirs = Pipe(duplex=True)
        try:
            self._popen = _start(theirs, self._output.fileno(), threads, setup.low_priority)
        except BaseException:
            self._pipe.close()
            self._output.close()
            raise
        finally:
            theirs.close()
        job.add(self._popen)
        self._orders: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._orders.put(setup)
        self._threads = (
            threading.Thread(target=self._write_forever, name=f"orders-{self.pid}", daemon=True),
            threading.Thread(target=self._read_forever, name=f"reports-{self.pid}", daemon=True),
        )
        for thread in self._threads:
            thread.start()

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def exit_code(self) -> int | None:
        """Negative: the number of the signal that ended it. None while it lives."""
        return self._popen.returncode

    def send(self, order: Order) -> None:
        """Never blocks: a thread does the writing."""
        self._orders.put(order)

    def leave(self) -> None:
        """Ask it to end at once."""
        self.send(Exit())

    def kill(self) -> None:
        """End it and whatever it started, now."""
        if self._popen.returncode is not None:
            return
        if sys.platform == "win32":
            self._popen.kill()
        _end_session(self.pid)

    def memory_bytes(self) -> int:
        """Resident memory of its own, 0 once it is gone: memory-mapped files are not counted, where the system
        tells them apart."""
        try:
            info = psutil.Process(self.pid).memory_info()
        except psutil.Error:
            return 0
        return int(info.rss) - int(getattr(info, "shared", 0))

    def tail(self) -> str:
        """The last of what the call under way has printed, for a worker that has ended or is about to be: the
        position in the file is the worker's too. It reaches no terminal."""
        size = self._output.seek(0, os.SEEK_END)
        self._output.seek(max(0, size - _TAIL_BYTES))
        return self._output.read(_TAIL_BYTES).decode("utf-8", "replace")

    def bound_output(self) -> None:
        """Forget what it printed when that has become much."""
        if os.fstat(self._output.fileno()).st_size > _OUTPUT_LIMIT_BYTES:
            self._output.seek(0)
            self._output.truncate()

    def join(self) -> None:
        """Wait for the threads of a process that has gone."""
        for thread in self._threads:
            thread.join()

    def _write_forever(self) -> None:
        while (order := self._orders.get()) is not None:
            try:
                self._pipe.send(order)
            except OSError:
                return  # it is gone; the reader says so

    def _read_forever(self) -> None:
        try:
            while self._pipe.poll(_LOOK_S) or self._popen.poll() is None:
                if self._pipe.poll():
                    self._tell(self._on_report, unpack(self._pipe.recv_bytes()))
        except (EOFError, OSError):
            pass  # the pipe closed: it is ending
        except msgspec.MsgspecError:
            self.kill()  # whatever speaks there, it is no worker any more
        self._reap()

    def _reap(self) -> None:
        try:
            self._popen.wait(_LOOK_S)
        except subprocess.TimeoutExpired:
            self.kill()
            self._popen.wait()
        _end_session(self.pid)  # what it started does not outlive it
        self._orders.put(None)
        self._tell(self._on_gone)

    def _tell(self, callback: Callable[..., None], *arguments: object) -> None:
        try:
            self._loop.call_soon_threadsafe(callback, self, *arguments)
        except RuntimeError:  # the loop was closed without stop(): nobody listens, so nothing should compute
            self.kill()

    def close(self) -> None:
        """Free what was held for a process that has gone."""
        self.join()
        self._output.close()
        self._pipe.close()


def _end_session(leader: int) -> None:
    """Kill every process of a session, also in groups of their own, as the hosts of plug-ins are. Windows has none."""
    if sys.platform == "win32":
        return
    for pid in psutil.pids():
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS says the latter of a zombie
            if os.getsid(pid) == leader:
                os.killpg(os.getpgid(pid), signal.SIGKILL)


def _start(pipe: Connection, output: int, threads: int, low_priority: bool) -> subprocess.Popen[bytes]:
    process = start_child(
        pipe, output, "daemon.executors.local.worker:main", environment(os.environ, threads),
        own_session=True, low_priority=low_priority,
    )  # fmt: skip
    if low_priority and sys.platform == "linux":
        with contextlib.suppress(psutil.Error, OSError):  # a kernel without I/O priorities: then without
            psutil.Process(process.pid).ionice(psutil.IOPRIO_CLASS_BE, 7)
    return process


def environment(outer: Mapping[str, str], threads: int) -> dict[str, str]:
    """The worker's environment: native thread pools size themselves from it when they are first loaded."""
    caps = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS",
            "VECLIB_MAXIMUM_THREADS", "NUMBA_NUM_THREADS")  # fmt: skip
    return {
        **_ALLOCATOR, **outer, **dict.fromkeys(caps, str(threads)), "TQDM_DISABLE": "1", "PYTHONUNBUFFERED": "1",
    }  # fmt: skip
