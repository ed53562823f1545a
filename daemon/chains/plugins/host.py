"""The side that lives: starts the child, gives it orders, and ends it when it stands still or takes too much memory.

What a plug-in does to its process is seen here as the end of that process. The next order gets a new one. Orders are
sent far ahead and in lumps, and reports taken many at a time, so that a child that is well never waits for its host and
the two seldom take turns; what a child said before it died is still in the pipe.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from multiprocessing import Pipe
from typing import Any

import psutil

from daemon.chains.errors import PluginFault
from daemon.chains.plugins.messages import At, Done, Failed, Order, Report, Setup, pack, unpack_report
from daemon.chains.plugins.resolve import external
from daemon.chains.plugins.wire import wire
from daemon.kernel.children import start_child
from daemon.kernel.errors import ErrorInfo

_LOOK_S = 0.1
_START_PATIENCE_S = (
    120.0  # for an interpreter and its imports on a machine that has much to do: no plug-in's fault
)
_MEMORY_EVERY_S = 0.5
_AHEAD = 32
_LEAST_REST_S = 0.001
_CLOSING_S = 5.0  # from the end of a pipe to that of its process
_TAIL_BYTES = 2000
_FAULTHANDLERS = (" ", "Fatal Python", "Current thread", "Extension modules", "Thread ")

Tell = Callable[[float], None]
"""The caller's checkpoint: called several times a second with the order's 0..1; may wait, may raise."""


@dataclass(frozen=True, slots=True)
class Limits:
    """patience_s: longest without a sign of life; loading a plug-in counts as one. memory_bytes: resident, most."""

    patience_s: float = 30.0
    memory_bytes: int = 4 << 30


@dataclass(frozen=True, slots=True)
class Outcome:
    """An order's end: its answer, or its error; fault when it was a plug-in's."""

    order: Any
    answer: Any = None
    error: ErrorInfo | None = None
    fault: PluginFault | None = None


class Host:
    """One child at a time, for one chain. blame: (plug-in, file) for a child that dies before it says whose turn it is.

    Not for several threads.
    """

    def __init__(self, chain: Mapping[str, Any], blame: tuple[str, str], limits: Limits) -> None:
        self.limits = limits
        self._chain = dict(chain)
        self._blame = blame
        self._files = {one["plugin"]: one["file"] for one in external(self._chain.get("fx", ()))}
        self._child: _Child | None = None

    @property
    def pid(self) -> int | None:
        """The child's, while there is one."""
        return None if self._child is None else self._child.pid

    def run(self, orders: Iterable[Order], tell: Tell) -> Generator[Outcome, None, None]:
        """An outcome for each order, in order, whatever becomes of the child. Leaving early ends it."""
        left = iter(orders)
        sent: deque[Any] = deque()
        finished = False
        try:
            while True:
                if len(sent) <= _AHEAD // 2:
                    more = list(islice(left, _AHEAD - len(sent)))
                    sent.extend(more)
                    if more and self._child is not None:
                        self._child.send(more)
                if not sent:
                    finished = True
                    return
                outcome = self._hear(sent, tell)
                sent.popleft()
                yield outcome
        finally:
            if not finished and sent:
                self.close()  # what it still does is for nobody

    def close(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.end()

    def _hear(self, sent: deque[Any], tell: Tell) -> Outcome:
        """What becomes of the first of the orders sent."""
        if self._child is None:
            self._child = _Child(self._chain)
            self._child.send(list(sent))
        try:
            report = self._child.report(self.limits, tell, others=len(sent) - 1)
        except _Ended as ended:
            fault = self._fault(str(ended))
            self.close()
            return Outcome(sent[0], error=fault.info(), fault=fault)
        except BaseException:
            self.close()
            raise
        if isinstance(report, Done):
            return Outcome(sent[0], report.answer)
        if report.fault is None:
            return Outcome(sent[0], error=report.error)
        plugin, file = report.fault
        what = report.error.message.removeprefix(f"{plugin}: ")
        return Outcome(sent[0], error=report.error, fault=PluginFault(what, plugin=plugin, file=file))

    def _fault(self, what: str) -> PluginFault:
        assert self._child is not None
        name, file = self._blame
        name = self._child.turn or name
        why = self._child.last_words()
        return PluginFault(what, plugin=name, file=self._files.get(name, file), why=why or None)


class _Ended(Exception):
    """The child is no more, or must be no more; the text says why."""


class _Child:
    def __init__(self, chain: Mapping[str, Any]) -> None:
        self._output = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - closed in `end`
        ours, theirs = Pipe(duplex=True)
        self._wire = wire(ours)
        try:
            # In the worker's session: whatever ends the worker with all that it started ends this too.
            self._popen = start_child(
                theirs, self._output.fileno(), "daemon.chains.plugins.child:main", os.environ,
                own_session=False, low_priority=False,
            )  # fmt: skip
        except BaseException:
            self._wire.close()
            self._output.close()
            raise
        finally:
            theirs.close()
        self.pid = self._popen.pid
        self.turn = ""
        self._ready = False
        self._measured_s = time.monotonic()
        self._each_s = _LEAST_REST_S  # that an order takes, as far as rests tell
        self._aimed = 0.5  # orders meant to be done in the last rest
        self._heard = 0  # orders done since then
        self.send([Setup(dict(chain))])

    def send(self, orders: Sequence[Order]) -> None:
        # A child that is gone is noticed when it is listened to. Orders are far smaller than a pipe's buffer.
        with contextlib.suppress(OSError):
            self._wire.send(pack(orders))

    def report(self, limits: Limits, tell: Tell, *, others: int) -> Done | Failed:
        """The next order's end. others: how many it has to go on with, so that it need not be heard at once.

        Raises _Ended, and what `tell` raises.
        """
        alive_s = time.monotonic()
        fraction = 0.0
        while True:
            if self._wire.has(0.0 if others else _LOOK_S):
                report = self._read()
                alive_s = time.monotonic()
                self._ready = True
                if not isinstance(report, At):
                    self._heard += 1
                    return report
                self.turn = self.turn if report.plugin is None else report.plugin
                fraction = fraction if report.fraction is None else report.fraction
                if report.fraction is None:
                    continue
            elif others:
                self._rest(others)
            waited_s = time.monotonic()
            tell(fraction)
            alive_s += time.monotonic() - waited_s  # a pause of ours is not its standing still
            self._look(limits, alive_s)

    def _rest(self, orders: int) -> None:
        """Sleep until about half of the child's orders are done: each waking costs more than what there is to do then.
        How long that is follows from how many were done meanwhile the last time."""
        done, self._heard = self._heard, 0
        self._each_s *= min(2.0, max(0.5, self._aimed / max(done, 0.5)))
        self._aimed = orders / 2
        time.sleep(min(_LOOK_S, max(_LEAST_REST_S, self._each_s * self._aimed)))

    def _read(self) -> Report:
        try:
            return unpack_report(self._wire.receive())
        except (EOFError, OSError):
            raise _Ended(self._how_it_ended()) from None
        except ValueError as error:  # msgspec's are such too
            raise _Ended("wrote over its process's memory") from error

    def _how_it_ended(self) -> str:
        try:
            return _death(self._popen.wait(_CLOSING_S))
        except subprocess.TimeoutExpired:
            return "closed its host's pipe"

    def _look(self, limits: Limits, alive_s: float) -> None:
        # What it forked may hold its pipe open; what it said before it died is heard first.
        if self._popen.poll() is not None and not self._wire.has(0.0):
            raise _Ended(_death(self._popen.returncode))
        now_s = time.monotonic()
        if not self._ready and now_s - alive_s < _START_PATIENCE_S:
            return
        if now_s - alive_s > limits.patience_s:
            raise _Ended(f"stood still for {limits.patience_s:g} s and was ended")
        if now_s - self._measured_s > _MEMORY_EVERY_S:
            self._measured_s = now_s
            with contextlib.suppress(psutil.Error):
                used = psutil.Process(self.pid).memory_info().rss
                if used > limits.memory_bytes:
                    raise _Ended(f"took {used / 1e6:.0f} MB of memory and was ended")

    def last_words(self) -> str:
        """The last line that it printed, for what crashed with a complaint."""
        size = self._output.seek(0, os.SEEK_END)
        self._output.seek(max(0, size - _TAIL_BYTES))
        lines = self._output.read(_TAIL_BYTES).decode("utf-8", "replace").splitlines()
        said = [line for line in lines if line.strip() and not line.startswith(_FAULTHANDLERS)]
        return said[-1][:200] if said else ""

    def end(self) -> None:
        """Close the pipe, which ends a child that is well; kill it when it is not, and what it started."""
        self._wire.close()
        try:
            self._popen.wait(0.5 if self.turn == "" else 0.05)
        except subprocess.TimeoutExpired:
            self._kill()
        self._end_group()
        self._output.close()

    def _end_group(self) -> None:
        """What it forked, which may live on when it has crashed."""
        if sys.platform != "win32":
            with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS says the latter of a zombie
                os.killpg(self.pid, signal.SIGKILL)

    def _kill(self) -> None:
        below: list[psutil.Process] = []
        with contextlib.suppress(psutil.Error):
            below = psutil.Process(self.pid).children(recursive=True)
        self._popen.kill()
        for process in below:
            with contextlib.suppress(psutil.Error):
                process.kill()
        self._popen.wait()


def _death(code: int) -> str:
    if code == 0:
        return "ended its process"
    try:
        return f"crashed ({signal.Signals(-code).name})" if code < 0 else f"ended its process with code {code}"
    except ValueError:
        return f"crashed (signal {-code})"
