"""The MIDI bridge: our own port, devices as they come and go, keys to commands, lights back."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Coroutine, Sequence
from contextlib import aclosing
from typing import Any

from bridges.midi.clock import Clocks
from bridges.midi.commands import Commands
from bridges.midi.errors import NoMidi
from bridges.midi.lights import Lights
from bridges.midi.messages import Setup
from bridges.midi.process import MidiPorts
from bridges.midi.settings import MidiSettings
from bridges.midi.trigger import KeyReader
from daemon.kernel.errors import RoadieError
from daemon.services import Services

log = logging.getLogger(__name__)

_NOTE_ON = 0x90
_REALTIME = 0xF8
_MAX_WAITING = 32
_LIT = 100
"""Open jobs that lights know of when they begin."""
_AGAIN_S = 2.0
"""Until lights are told again after that went wrong."""


class MidiBridge:
    """Messages come on a thread of their own, `_received`. Pads go from there straight to what plays, past the event
    loop; everything else is the loop's."""

    def __init__(self, services: Services, settings: MidiSettings) -> None:
        self._services = services
        self._settings = settings
        setup = Setup(settings.name, settings.devices, settings.jack, settings.look_every_s)
        self._ports = MidiPorts(setup, self._received, self._plugged)
        self._commands = Commands(services)
        self._lights = Lights(self._send)
        self._keys: dict[str, KeyReader] = {}
        self._clocks = Clocks(self._transport)
        self._clock_lock = threading.Lock()
        self._bindings: dict[str, str] = {}
        self._devices: list[str] = []
        self._loop = asyncio.get_running_loop()
        self._waiting: asyncio.Queue[Coroutine[Any, Any, None]] = asyncio.Queue(_MAX_WAITING)
        self._tasks: list[asyncio.Task[None]] = []
        self._telling: asyncio.Task[None] | None = None
        self._leaves_out = False

    async def start(self) -> None:
        """Returns when it is known whether there is MIDI; where there is none, it is looked for from time to time."""
        await self._ports.start()
        self._services.controls.attach(self._bound, lambda: self.missing is None)
        self._bound(await self._services.controls.bindings())
        self._tasks = [asyncio.create_task(work) for work in (self._work(), self._look())]
        if self.missing is None:
            log.info("MIDI port %r", self._settings.name)
        else:
            log.info("there is no MIDI: %s", self.missing.message)

    async def stop(self) -> None:
        """Idempotent."""
        if self._telling is not None:
            await _ended(self._telling)
        self._lights.dark()
        await self._ports.stop()
        await _ended(*self._tasks)
        while not self._waiting.empty():
            self._waiting.get_nowait().close()

    @property
    def devices(self) -> list[str]:
        """Those that are open now."""
        return list(self._devices)

    @property
    def missing(self) -> NoMidi | None:
        """Why there is no MIDI now, None when there is."""
        return self._ports.missing

    # ------------------------------------------------------------ what arrives

    def _received(self, port: str, message: bytes) -> None:
        """On a thread of the ports'."""
        if message[0] >= _REALTIME:
            if self._settings.clock:
                with self._clock_lock:
                    self._clocks.feed(port, message[0], time.monotonic())
            return
        press = self._keys.setdefault(port, KeyReader()).read(message)
        if press is None:
            return
        on = str(press.trigger)
        if self._services.controls.learning or on in self._bindings:
            self._soon(self._pressed, on, press.value)
        elif message[0] == _NOTE_ON | (self._settings.pads_channel - 1):
            self._services.audition.hit(press.trigger.number, press.value)

    def _soon(self, call: Any, *args: object) -> None:
        try:
            self._loop.call_soon_threadsafe(call, *args)
        except RuntimeError:
            return  # the daemon is stopping

    def _pressed(self, on: str, value: int) -> None:
        if self._services.controls.pressed(on):
            return
        command = self._bindings.get(on)
        if command is not None:
            self._later(self._commands.do(command, value))

    def _transport(self, playing: bool | None, bpm: float | None) -> None:
        # Past the keys, of which some may be lost: a stop that is not told would keep heavy work waiting.
        self._soon(self._services.selection.hear_transport, playing, bpm, "MIDI")

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        """In order, one at a time. A controller that sends more than can be done loses the rest."""
        try:
            self._waiting.put_nowait(work)
        except asyncio.QueueFull:
            work.close()
            if not self._leaves_out:  # once, until all that waits is done
                log.warning("MIDI keys come faster than they can be done: some are left out")
            self._leaves_out = True

    async def _work(self) -> None:
        while True:
            if self._waiting.empty():
                self._leaves_out = False
            work = await self._waiting.get()
            try:
                await work
            except RoadieError as error:
                log.warning("a MIDI key did nothing: %s", error)
            except Exception:
                # A mistake of ours must not end every key after it.
                log.exception("a MIDI key went wrong")

    # ------------------------------------------------------------ what is told back

    def _bound(self, bindings: dict[str, str]) -> None:
        self._bindings = dict(bindings)
        self._lights.bind(bindings)
        if self._lights.any and self._telling is None:  # events are read only for who shows them
            self._telling = asyncio.create_task(self._tell_lights())
        elif not self._lights.any and self._telling is not None:
            self._telling.cancel()
            self._telling = None
            self._lights.dark()

    def _send(self, message: bytes) -> None:
        self._ports.send(message)

    async def _tell_lights(self) -> None:
        while True:
            try:
                since = await self._services.events.latest()
                jobs = (await self._services.jobs.list("open", None, _LIT)).items
                self._lights.begin((job.id, job.recipe, job.progress) for job in reversed(jobs))
                async with aclosing(self._services.events.stream(since)) as stream:
                    async for event in stream:
                        self._lights.happened(event.body)
            except Exception:
                # Whatever went wrong once must not leave keys dark for ever, or lit.
                log.exception("lights could not be told what happens")
            await asyncio.sleep(_AGAIN_S)

    # ------------------------------------------------------------ devices

    def _plugged(self, names: Sequence[str]) -> None:
        """What is plugged in now."""
        for name in self._devices:
            if name not in names:
                log.info("MIDI device %r has gone", name)
                with self._clock_lock:
                    self._clocks.gone(name, time.monotonic())
                self._keys.pop(name, None)
        for name in names:
            if name not in self._devices:
                log.info("MIDI device %r", name)
        self._devices = list(names)
        self._lights.again()

    async def _look(self) -> None:
        """A clock that fell silent has stopped."""
        while True:
            with self._clock_lock:
                self._clocks.look(time.monotonic())
            await asyncio.sleep(self._settings.look_every_s)


async def _ended(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
