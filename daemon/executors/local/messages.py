"""What goes through a worker's pipe.

Orders (daemon to worker) are pickled: the daemon is trusted, and a file name that is not UTF-8 survives. Reports
(worker to daemon) are MessagePack with typed fields: whatever a step returns, unpacking it in the daemon imports
nothing and runs nothing, and a wrong type (a NumPy float, say) is an error of the step.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from daemon.kernel.errors import ErrorInfo
from daemon.kernel.work import EngineChoice, StepResult


@dataclass(frozen=True, slots=True)
class Setup:
    """The first message. steps, engines: see ExecutorSettings."""

    steps: str
    engines: str
    warm_engines: int
    low_priority: bool


@dataclass(frozen=True, slots=True)
class Run:
    """serial: names the call in this executor, whatever its token. call: the StepCall, pickled when it was
    submitted, so that one that cannot be is refused there."""

    serial: int
    call: bytes
    device: str
    threads: int


@dataclass(frozen=True, slots=True)
class Cancel:
    serial: int


@dataclass(frozen=True, slots=True)
class Pause:
    """Hold at the next checkpoint."""


@dataclass(frozen=True, slots=True)
class Resume:
    pass


@dataclass(frozen=True, slots=True)
class Exit:
    """End at once, whatever is being computed."""


Order = Run | Cancel | Pause | Resume | Exit


class Progress(msgspec.Struct, frozen=True, tag=True):
    serial: int
    fraction: float
    note: str


class Finished(msgspec.Struct, frozen=True, tag=True):
    """warm: keys of the engines that stay loaded in the worker, the last used last."""

    serial: int
    result: StepResult
    warm: tuple[str, ...]


class Failed(msgspec.Struct, frozen=True, tag=True):
    serial: int
    error: ErrorInfo
    warm: tuple[str, ...]


Report = Progress | Finished | Failed


def engine_key(choice: EngineChoice) -> str:
    """Names loaded weights: two choices with one key share a loaded engine."""
    return "|".join((choice.engine, choice.version, choice.model, choice.weights, choice.precision))


def pack(report: Report) -> bytes:
    """Raises TypeError or ValueError for something that is not plain data."""
    return msgspec.msgpack.encode(report)


# made once: making one takes longer than reading a message
_reports: msgspec.msgpack.Decoder[Report] = msgspec.msgpack.Decoder(Report)


def unpack(data: bytes) -> Report:
    """Raises msgspec.ValidationError when a field has another type than declared."""
    return _reports.decode(data)
