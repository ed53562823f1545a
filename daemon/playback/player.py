"""The daemon's side of the playing process: starts it when something is to be heard, and speaks to it."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
from collections.abc import Callable, Mapping, Sequence

import msgspec

from daemon.kernel.errors import ErrorInfo, RoadieError, StepFailed, WorkerDied
from daemon.kernel.speaking import Speaking
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
PLAY_S, KIT_S = 15.0, 60.0
"""What has not answered by then hangs, and is ended: the next one may do better."""
_END_S = 3.0


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
        """Returns when it can be heard, or when something else was asked for since. Raises NoAudio, StepFailed with the
        file's error, WorkerDied."""
        await self._ask(Play(next(self._serials), path, gain), PLAY_S)

    async def load(self, pads: Sequence[Pad]) -> dict[str, str]:
        """Make a kit ready; returns the files that cannot be heard, and why."""
        self._loop = asyncio.get_running_loop()
        self._pads = ()
        try:
            return (await self._ask(Kit(next(self._serials), list(pads)), KIT_S)).failed
        finally:
            self._pads = list(pads)  # also where nothing can be heard yet

    def hit(self, note: int, velocity: int) -> bool:
        """Strike a key of the kit, from any thread; whether there was somebody to strike it. Where there is nobody any
        more, after a long pause or because the sound server had gone, this hit is silent and gets the kit ready."""
        process = self._process
        if process is not None and process.is_ready and process.send(Hit(note, velocity)):
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

    async def _ask(self, order: Play | Kit, patience_s: float) -> Begun:
        try:
            return await self._answer(order, patience_s)
        except _Gone:  # as it was asked, of itself after a long silence: the next is a new one
            return await self._answer(order, patience_s)

    async def _answer(self, order: Play | Kit, patience_s: float) -> Begun:
        process = await self._running()
        answer = process.ask(order)
        try:
            return await asyncio.wait_for(answer, patience_s)
        except TimeoutError as error:
            process.end()
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
                process.end()
                raise WorkerDied(
                    f"what plays did not start within {START_S:g} s",
                    hint="Look at the sound server (PipeWire, PulseAudio or JACK); it may hang",
                ) from error
            if self._pads and not begun:
                process.send(Kit(next(self._serials), list(self._pads)))
            return process


class _Gone(WorkerDied):
    """The process ended after it had been ready."""


class _Process:
    """One playing process."""

    def __init__(self, environ: Mapping[str, str] | None) -> None:
        self._loop = asyncio.get_running_loop()
        self.ready: asyncio.Future[Ready] = self._loop.create_future()
        # Nobody may be waiting for it any more when it fails.
        self.ready.add_done_callback(lambda future: future.cancelled() or future.exception())
        self.answers: dict[int, asyncio.Future[Begun]] = {}
        self.is_ready = False
        self.gone = False
        self._speaking = Speaking(
            "daemon.playback.worker:main",
            heard=self._read,
            ended=lambda: self._on_loop(self._ended),
            env=environ,
        )

    def ask(self, order: Play | Kit) -> asyncio.Future[Begun]:
        """Its answer; a _Gone when the process cannot give one any more."""
        answer = self.answers[order.serial] = self._loop.create_future()
        if not self.send(order):
            _settle(answer, self._died())
        return answer

    def send(self, order: Order) -> bool:
        """From any thread; waits for nothing. Whether it will be read, as far as that is known."""
        if self._speaking.send(encode(order)):
            return True
        self.end()  # where it runs, it does not read
        return False

    def end(self) -> None:
        self.gone = True
        self._speaking.end()

    def close(self) -> None:
        """Blocks."""
        self._speaking.close(_END_S)

    def _read(self, line: bytes) -> bool:
        try:
            report = read_report.decode(line)
        except msgspec.MsgspecError:
            return False
        self._on_loop(self._hear, report)
        return True

    def _on_loop(self, call: Callable[..., None], *args: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens
            self._loop.call_soon_threadsafe(call, *args)

    def _hear(self, report: Report) -> None:
        match report:
            case Ready() if not self.ready.done():
                self.is_ready = True
                self.ready.set_result(report)
            case NoOutput(why, hint) if not self.ready.done():
                self.ready.set_exception(NoAudio(why, hint=hint or None))
            case Begun(serial) if serial in self.answers:
                _settle(self.answers[serial], report)
            case Failed(serial, code, message) if serial in self.answers:
                _settle(self.answers[serial], StepFailed(ErrorInfo(code, message)))
            case _:
                pass  # the answer to a question that was given up

    def _ended(self) -> None:
        self.gone = True
        died = self._died()
        if not self.ready.done():
            self.ready.set_exception(died)
        for answer in self.answers.values():
            _settle(answer, died)

    def _died(self) -> WorkerDied:
        kind = _Gone if self.is_ready else WorkerDied
        return kind("what plays has ended", why=f"exit code {self._speaking.exit_code}", hint="Try again")


def _settle(answer: asyncio.Future[Begun], result: Begun | RoadieError) -> None:
    if answer.done():
        return
    if isinstance(result, RoadieError):
        answer.set_exception(result)
    else:
        answer.set_result(result)
