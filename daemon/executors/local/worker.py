"""The worker process. It imports nothing heavy before its first call, so that starting one is quick.

Its main thread runs one call at a time; a second thread reads the pipe, so that a cancel or a pause reaches a step
that is computing, and ends the process when the pipe closes.
"""

from __future__ import annotations

import faulthandler
import os
import pickle
import queue
import signal
import sys
import threading
import traceback
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

import msgspec

from daemon.executors.local.context import Control, Kept, WarmEngines, WorkerCheckpoint, WorkerContext
from daemon.executors.local.messages import (
    Cancel,
    Failed,
    Finished,
    Order,
    Pause,
    Report,
    Resume,
    Run,
    Setup,
    pack,
    unpack,
)
from daemon.kernel.children import connection
from daemon.kernel.disk import is_full
from daemon.kernel.errors import BadParameter, DiskFull, ErrorInfo, OutOfMemory, RoadieError
from daemon.kernel.failpoints import declare, failpoint
from daemon.kernel.lifeline import die_with_parent
from daemon.kernel.printable import printable
from daemon.kernel.priority import give_way
from daemon.kernel.reference import resolve
from daemon.kernel.work import StepCall, StepResult

if TYPE_CHECKING:
    from daemon.steps.spec import StepSpec


declare("worker.step.before", "worker.step.after")


def main(handle: int, parent: int) -> None:
    """Serve the pipe whose inherited descriptor (on Windows: handle) is `handle`, until it closes."""
    die_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the daemon, which then stops its workers
    faulthandler.enable()
    Worker(connection(handle)).serve()


class Worker:
    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._sending = threading.Lock()
        self._runs: queue.SimpleQueue[Run] = queue.SimpleQueue()
        self._control = Control()
        setup: Setup = pipe.recv()
        if setup.low_priority:
            give_way()
        self._steps = setup.steps
        self._engines = setup.engines
        self._warm: WarmEngines | None = None
        self._kept = Kept()
        self._most_warm = setup.warm_engines

    def serve(self) -> None:
        threading.Thread(target=self._read_forever, name="orders", daemon=True).start()
        while True:
            run = self._runs.get()
            report = self._run(run)
            self._control.forget(run.serial)
            self._send(report)

    def _read_forever(self) -> None:
        try:
            while self._obey(self._pipe.recv()):
                pass
        except (EOFError, OSError):
            pass  # the daemon is gone
        finally:
            os._exit(0)

    def _obey(self, order: Order) -> bool:
        match order:
            case Run():
                self._runs.put(order)
            case Cancel(serial):
                self._control.cancel(serial)
            case Pause():
                self._control.pause(True)
            case Resume():
                self._control.pause(False)
            case _:
                return False
        return True

    def _send(self, packed: bytes) -> None:
        with self._sending:  # a step may pass its checkpoint from threads of its own
            self._pipe.send_bytes(packed)

    def _tell(self, report: Report) -> None:
        self._send(pack(report))

    def _run(self, run: Run) -> bytes:
        """The call's last report, packed. It never raises: whatever goes wrong is the call's error."""
        _forget_output()
        try:
            packed = pack(Finished(run.serial, self._compute(run), self._warm_keys()))
            # MessagePack knows neither bytes from text nor one struct from another; the types do.
            unpack(packed)
            return packed
        except BaseException as error:  # noqa: BLE001 - also SystemExit and the like, which a step has no use for
            return pack(Failed(run.serial, describe(error), self._warm_keys()))

    def _compute(self, run: Run) -> StepResult:
        self._control.pass_or_raise(run.serial)
        call: StepCall = pickle.loads(run.call)  # noqa: S301 - from the daemon, our parent
        step: StepSpec = resolve(self._steps)(call.step)
        try:
            params = msgspec.convert(dict(call.params), step.params)
        except msgspec.ValidationError as error:
            raise BadParameter("a parameter cannot be used", where=step.name, why=error) from error
        if self._warm is None:
            self._warm = WarmEngines(resolve(self._engines), self._most_warm)
        checkpoint = WorkerCheckpoint(run.serial, self._control, self._tell)
        context = WorkerContext(call, run, checkpoint, self._warm, self._kept)
        failpoint("worker.step.before")
        result: StepResult = resolve(step.run)(context, call.inputs, params)
        failpoint("worker.step.after")
        return result

    def _warm_keys(self) -> tuple[str, ...]:
        return (self._warm.keys() if self._warm is not None else ()) + self._kept.keys()


def describe(error: BaseException) -> ErrorInfo:
    """Any exception as data: roadie's own with its code, being out of memory, the rest as `internal`."""
    trace = printable("".join(traceback.format_exception(error)))
    if isinstance(error, RoadieError):
        info = error.info(trace)
        where = None if info.where is None else printable(info.where)
        hint = None if info.hint is None else printable(info.hint)
        return ErrorInfo(info.code, printable(info.message), where, hint, info.traceback)
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":  # the latter is torch's
        return ErrorInfo(OutOfMemory.code, printable(f"the step ran out of memory ({error})"), traceback=trace)
    if isinstance(error, OSError) and is_full(error):
        where = None if error.filename is None else printable(str(error.filename))
        return DiskFull("the disk is full", where=where, hint="Make room and retry the job").info(trace)
    message = printable(f"{type(error).__name__}: {error}")
    return ErrorInfo(
        "internal", message, hint="This is a mistake of roadie's: please report it", traceback=trace
    )


def _forget_output() -> None:
    """Empty the file that stands behind this process's standard streams: what a call prints is its own."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.ftruncate(sys.stderr.fileno(), 0)
    os.lseek(sys.stderr.fileno(), 0, os.SEEK_SET)  # one position for both streams
