"""The daemon's side of the process that has the MIDI ports: whatever becomes of a sound server, nobody waits for it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence

import msgspec

from bridges.midi.errors import NoMidi
from bridges.midi.messages import (
    Devices,
    NoPorts,
    Ready,
    Received,
    Refused,
    Report,
    Send,
    Setup,
    encode,
    read_report,
)
from bridges.midi.ports import check_system
from daemon.kernel.speaking import Speaking

log = logging.getLogger(__name__)

START_S = 10.0
AGAIN_S, AGAIN_AT_MOST_S = 5.0, 60.0
"""Until it is tried again, each time twice as long: a system that has no MIDI may have it later."""
_END_S = 1.0


Arrived = Callable[[str, bytes], None]
"""Takes the name of the port and one message that arrived there."""


class MidiPorts:
    """Starts the process, and another one when it has ended or there was no MIDI.

    missing: why there are no ports now, None when there are."""

    def __init__(self, setup: Setup, received: Arrived, changed: Callable[[Sequence[str]], None]) -> None:
        """received: called with each message on a thread of its own. changed: called on the loop with the devices that
        are open, whenever something was plugged in or out or the whole system has come or gone."""
        self._setup = setup
        self._received = received
        self._changed = changed
        self._process: _Process | None = None
        self._keeping: asyncio.Task[None] | None = None
        self.missing: NoMidi | None = None

    async def start(self) -> None:
        """Returns when it is known whether there is MIDI now."""
        await self._try()
        self._keeping = asyncio.create_task(self._keep(), name="midi")

    async def stop(self) -> None:
        """Idempotent. What was sent before is sent."""
        keeping, self._keeping = self._keeping, None
        if keeping is not None:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
        process, self._process = self._process, None
        if process is not None:
            await asyncio.to_thread(process.close)

    def send(self, data: bytes) -> None:
        if self._process is not None:
            self._process.send(Send(data))

    async def _try(self) -> None:
        try:
            self._process = await self._begun()
        except NoMidi as error:
            self.missing = error
        else:
            self.missing = None

    async def _begun(self) -> _Process:
        """Raises NoMidi."""
        check_system(self._setup.jack)
        try:
            process = _Process(self._setup, self._received, self._changed)
        except OSError as error:
            raise NoMidi("what has the MIDI ports cannot be started", why=error) from error
        try:
            await asyncio.wait_for(asyncio.shield(process.ready), START_S)
        except BaseException as error:
            await asyncio.to_thread(process.kill)
            if isinstance(error, TimeoutError):
                raise NoMidi(
                    f"the MIDI system has not answered for {START_S:g} s", hint="Start it again"
                ) from None
            raise
        return process

    async def _keep(self) -> None:
        wait_s = AGAIN_S
        while True:
            if self._process is not None:
                await self._process.ended.wait()
                self.missing, self._process = self._process.why, None
                self._changed(())
                log.warning("%s; MIDI is looked for again", self.missing.what)
                wait_s = AGAIN_S
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, AGAIN_AT_MOST_S)
            await self._try()
            if self.missing is None:
                log.info("MIDI is there")
                self._changed(())


class _Process:
    def __init__(self, setup: Setup, received: Arrived, changed: Callable[[Sequence[str]], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self.ready: asyncio.Future[None] = self._loop.create_future()
        # Nobody may be waiting for it any more when it fails.
        self.ready.add_done_callback(lambda future: future.cancelled() or future.exception())
        self.ended = asyncio.Event()
        self.why = NoMidi("what has the MIDI ports ended")
        self._received = received
        self._changed = changed
        self._speaking = Speaking(
            "bridges.midi.worker:main", encode(setup), heard=self._read, ended=lambda: self._on_loop(self._gone)
        )

    def send(self, order: Send) -> None:
        """Where it takes no more, it is dropped: nobody waits."""
        self._speaking.send(encode(order))

    def close(self) -> None:
        """After what was sent; kills it when that takes too long. Blocks."""
        self._speaking.close(_END_S)

    def kill(self) -> None:
        """Blocks for a moment. Idempotent."""
        self._speaking.kill()

    def _read(self, line: bytes) -> bool:
        try:
            report = read_report.decode(line)
        except msgspec.MsgspecError:
            return False
        if isinstance(report, Received):
            self._take(report.port, report.data)
        else:
            self._on_loop(self._hear, report)
        return True

    def _take(self, port: str, message: bytes) -> None:
        try:
            self._received(port, message)
        except Exception:
            # A mistake of ours must not end every message after it.
            log.exception("a MIDI message went wrong")

    def _on_loop(self, call: Callable[..., None], *args: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens
            self._loop.call_soon_threadsafe(call, *args)

    def _hear(self, report: Report) -> None:
        match report:
            case Ready() if not self.ready.done():
                self.ready.set_result(None)
            case NoPorts(what, where, why, hint):
                self.why = NoMidi(what, where=where, why=why, hint=hint)
            case Devices(names):
                self._changed(names)
            case Refused(why):
                log.warning("%s", why)

    def _gone(self) -> None:
        if not self.ready.done():
            self.ready.set_exception(self.why)
        self.ended.set()
