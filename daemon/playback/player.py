"""The daemon's side of the playing process: starts it when something is to be heard, and speaks to it."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import subprocess
import threading
from collections.abc import Mapping, Sequence
from typing import IO

import msgspec

from daemon.kernel.children import start_speaking
from daemon.kernel.errors import ErrorInfo, RoadieError, StepFailed, WorkerDied
from daemon.playback.errors import NoAudio
from daemon.playback.messages import (
    Begun,
    Failed,
    Hit,
    Kit,
    NoOutput,
    Order,
    Pad,
    Play,
    Ready,
    Report,
    Stop,
    encode,
    read_report,
)

log = logging.getLogger(__name__)

START_S = 20.0
ANSWER_S = 15.0


class Player:
    """Idle, it is no process. All methods belong to the event loop's thread, except `hit`."""

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self._environ = environ
        self._serials = itertools.count(1)
        self._starting = asyncio.Lock()
        self._process: _Process | None = None
        self._pads: Sequence[Pad] = ()  # what the next process has to know as well
        self._loop: asyncio.AbstractEventLoop | None = None
        self._reviving: asyncio.Task[None] | None = None

    async def play(self, path: str, gain: float = 1.0) -> None:
        """Returns when it can be heard. Raises NoAudio, StepFailed with the file's error, WorkerDied."""
        await self._ask(Play(next(self._serials), path, gain))

    async def load(self, pads: Sequence[Pad]) -> dict[str, str]:
        """Make a kit ready; returns the files that cannot be heard, and why."""
        self._loop = asyncio.get_running_loop()
        self._pads = ()
        try:
            return (await self._ask(Kit(next(self._serials), list(pads)))).failed
        finally:
            self._pads = list(pads)  # also where nothing can be heard yet

    def hit(self, note: int, velocity: int) -> bool:
        """Strike a key of the kit, from any thread; whether there was somebody to strike it. Where there is nobody any
        more, after a long pause or because the sound server had gone, this hit is silent and gets the kit ready."""
        process = self._process
        if process is not None and process.send(Hit(note, velocity)):
            return True
        loop = self._loop
        if self._pads and loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._revive)
        return False

    def stop(self) -> None:
        """Silence."""
        if self._process is not None:
            self._process.send(Stop())

    async def probe(self) -> Ready:
        """Whether there is an output, by opening it. Raises NoAudio, WorkerDied."""
        return await (await self._running()).ready

    async def close(self) -> None:
        self._loop = None
        if self._reviving is not None:
            self._reviving.cancel()
            await asyncio.gather(self._reviving, return_exceptions=True)
        process, self._process = self._process, None
        if process is not None:
            await asyncio.to_thread(process.close)

    def _revive(self) -> None:
        """One at a time; what does not succeed is tried again by the next hit."""
        if self._loop is not None and (self._reviving is None or self._reviving.done()):
            self._reviving = asyncio.create_task(self._start_again(), name="playback-revive")

    async def _start_again(self) -> None:
        try:
            await self._running()
        except RoadieError as error:
            log.info("the kit is not ready again yet: %s", error)

    async def _ask(self, order: Play | Kit) -> Begun:
        answer: asyncio.Future[Begun] = asyncio.get_running_loop().create_future()
        while not (process := await self._running()).send(order):
            pass  # it has ended, and that is known only now: the next is a new one
        process.answers[order.serial] = answer
        try:
            return await asyncio.wait_for(answer, ANSWER_S)
        except TimeoutError as error:
            raise WorkerDied("what plays does not answer", hint="Try again") from error
        finally:
            process.answers.pop(order.serial, None)

    async def _running(self) -> _Process:
        """A process that is ready. Raises NoAudio, WorkerDied."""
        async with self._starting:
            if self._process is None or self._process.gone:
                self._process = _Process(self._environ)
            process, begun = self._process, self._process.ready.done()
            try:
                await asyncio.wait_for(asyncio.shield(process.ready), START_S)
            except TimeoutError as error:
                raise WorkerDied("what plays did not start", hint="Look into roadie's log") from error
            if self._pads and not begun:
                process.send(Kit(next(self._serials), list(self._pads)))
            return process


class _Process:
    """One playing process."""

    def __init__(self, environ: Mapping[str, str] | None) -> None:
        loop = asyncio.get_running_loop()
        self.ready: asyncio.Future[Ready] = loop.create_future()
        # Nobody may be waiting for it any more when it fails.
        self.ready.add_done_callback(lambda future: future.cancelled() or future.exception())
        self.answers: dict[int, asyncio.Future[Begun]] = {}
        self.gone = False
        self._loop = loop
        self._writing = threading.Lock()
        self._popen = start_speaking("daemon.playback.worker:main", env=environ)
        self._reader = threading.Thread(target=self._read_forever, name="playback", daemon=True)
        self._reader.start()

    def send(self, order: Order) -> bool:
        """A short line fits into the pipe at once; from any thread."""
        stdin = self._popen.stdin
        assert stdin is not None
        try:
            with self._writing:
                stdin.write(encode(order) + b"\n")
                stdin.flush()
        except (OSError, ValueError):  # it has ended; ValueError: and was closed here
            self.gone = True
            return False
        return True

    def close(self) -> None:
        assert self._popen.stdin is not None
        with contextlib.suppress(OSError):  # it has ended, with something unsent
            self._popen.stdin.close()
        try:
            self._popen.wait(3)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()
        self._reader.join()

    def _read_forever(self) -> None:
        stdout: IO[bytes] | None = self._popen.stdout
        assert stdout is not None
        for line in stdout:
            try:
                report = read_report.decode(line)
            except msgspec.MsgspecError:
                break
            self._on_loop(self._hear, report)
        stdout.close()
        if self._popen.poll() is None:
            try:
                self._popen.wait(2)
            except subprocess.TimeoutExpired:
                self._popen.kill()
                self._popen.wait()
        self._on_loop(self._gone)

    def _on_loop(self, call: object, *args: object) -> None:
        try:
            self._loop.call_soon_threadsafe(call, *args)  # type: ignore[arg-type]
        except RuntimeError:  # the loop is closed: nobody listens
            self._popen.kill()

    def _hear(self, report: Report) -> None:
        match report:
            case Ready() if not self.ready.done():
                self.ready.set_result(report)
            case NoOutput(why, hint) if not self.ready.done():
                self.ready.set_exception(NoAudio(why, hint=hint or None))
            case Begun(serial) if serial in self.answers:
                _settle(self.answers[serial], report)
            case Failed(serial, code, message) if serial in self.answers:
                _settle(self.answers[serial], StepFailed(ErrorInfo(code, message)))
            case _:
                pass  # the answer to a question that was given up

    def _gone(self) -> None:
        self.gone = True
        died = WorkerDied("what plays has ended", why=f"exit code {self._popen.returncode}", hint="Try again")
        if not self.ready.done():
            self.ready.set_exception(died)
        for answer in self.answers.values():
            _settle(answer, died)


def _settle(answer: asyncio.Future[Begun], result: Begun | RoadieError) -> None:
    if answer.done():
        return
    if isinstance(result, RoadieError):
        answer.set_exception(result)
    else:
        answer.set_result(result)
