"""What the end of a worker, or an error it reported, is called."""

from __future__ import annotations

import signal

from daemon.executors.local.process import WorkerProcess
from daemon.kernel.errors import Cancelled, ErrorInfo, OutOfMemory, RoadieError, StepFailed, WorkerDied


def error_of(error: ErrorInfo, step: str) -> RoadieError:
    """The exception for an error that a worker reported."""
    if error.code == Cancelled.code:
        return Cancelled("the work was cancelled", where=step)
    if error.code == OutOfMemory.code:
        memory = OutOfMemory(error.message, where=step)
        if error.traceback:
            memory.add_note(error.traceback)
        return memory
    return StepFailed(error)


def cause_of_death(process: WorkerProcess, step: str) -> WorkerDied:
    """For a process that ended by itself. What it last printed is the error's note, for the log."""
    error = WorkerDied(
        "the worker ended before its step did", where=step, why=_in_words(process.exit_code),
        hint="The step is tried again; when it keeps happening, the log has what the worker last printed",
    )  # fmt: skip
    tail = process.tail()
    if tail:
        error.add_note(tail)
    return error


def _in_words(exit_code: int | None) -> str:
    if exit_code is None or exit_code >= 0:
        return f"exit code {exit_code}"
    try:
        name = signal.Signals(-exit_code).name
    except ValueError:
        name = "unknown"
    more = "; often the system, for want of memory" if name == "SIGKILL" else ""
    return f"signal {-exit_code}, {name}{more}"
