"""Control surfaces' side of the composition root: OSC, what describes it, MIDI. Each part may fail by itself: the
daemon is there without it, and says so when it starts and in `roadie doctor`."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

from bridges.midi.bridge import MidiBridge
from bridges.midi.settings import MidiSettings
from bridges.midi.trigger import bindable
from bridges.osc.announce import Announcement
from bridges.osc.bridge import OscBridge
from bridges.osc.settings import NAME_THEM, Network, OscSettings, admits_nobody_else
from daemon.config import OscConfig, Settings
from daemon.kernel.addresses import url
from daemon.kernel.clock import Clock
from daemon.kernel.errors import BadConfig, RoadieError
from daemon.services import Services
from daemon.services.types_system import Check

log = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
EVERYWHERE = "0.0.0.0"  # noqa: S104 - only when osc.allow names who may send


class Surfaces:
    """Started after the services, stopped before them."""

    def __init__(self, services: Services, settings: Settings, token: str, version: str, clock: Clock) -> None:
        self._services = services
        self._settings = settings
        self._token = token
        self._version = version
        self._clock = clock
        self._stack = AsyncExitStack()
        self._checks: dict[str, Check] = {}
        self._bridge: OscBridge | None = None
        self._midi: MidiBridge | None = None
        self.osc_port: int | None = None
        self.query_port: int | None = None
        self.warnings: list[str] = []

    async def start(self) -> None:
        """Sockets now, so that their ports can be told; what takes longer, when requests are answered already."""
        self._services.system.add_probe(self.checks)
        self._services.controls.know(bindable)
        await self._start_osc()
        await self._start_query()
        later = asyncio.create_task(self._start_later(), name="surfaces")
        self._stack.push_async_callback(_ended, later)

    async def _start_later(self) -> None:
        await asyncio.gather(self._try("MIDI", self._start_midi), self._try("zeroconf", self._announce))

    async def _try(self, name: str, start: Callable[[], Awaitable[None]]) -> None:
        """A mistake of ours in one part must not end the others, nor go unsaid."""
        try:
            await start()
        except Exception as error:
            log.exception("%s could not be started", name)
            self._say(name, False, f"this is a mistake of roadie's: {error}", "Its log has more")

    async def stop(self) -> None:
        await self._stack.aclose()

    async def checks(self) -> list[Check]:
        """What `roadie doctor` says of each part."""
        if self._midi is not None:
            self._say_midi(self._midi)
        return [*self._checks.values(), await self._services.audition.check()]

    async def _start_osc(self) -> None:
        config = self._settings.config.osc
        if not config.enabled:
            self._say("OSC", True, "switched off (osc.enabled)")
            return
        try:
            settings = osc_settings(
                config, self._token, (*self._settings.roots, self._settings.delivery_folder)
            )
            bridge = OscBridge(self._services, settings, self._version, self._clock)
            self.osc_port = await bridge.start()
        except RoadieError as error:
            self._failed("OSC", error)
            return
        self._bridge = bridge
        self._osc_settings = settings
        self._stack.push_async_callback(bridge.stop)
        await bridge.know_recipes()
        found = f"listens at {settings.host}:{self.osc_port}, UDP{' and TCP' if settings.tcp else ''}"
        if settings.allow:
            found += f"; besides this machine, {', '.join(map(str, settings.allow))} may send"
        if admits_nobody_else(bridge.host, settings.allow):
            self._left_out(found)
        else:
            self._say("OSC", True, found)

    async def _start_query(self) -> None:
        if self._bridge is None:
            return
        try:
            self.query_port = await self._bridge.start_query()
        except RoadieError as error:
            self._failed("OSCQuery", error)
            return
        self._say("OSCQuery", True, url(self._osc_settings.host, self.query_port))

    async def _announce(self) -> None:
        if self._bridge is None or self.osc_port is None or not self._osc_settings.announce:
            return
        announcement = Announcement(self._osc_settings)
        self._stack.push_async_callback(announcement.stop)
        try:
            await announcement.start(self.osc_port, self.query_port)
        except RoadieError as error:
            # Optional: who knows host and port needs no announcement.
            log.info("%s", error.message)
            self._say("zeroconf", True, error.message)
            return
        self._say("zeroconf", True, "OSC and OSCQuery are announced")

    async def _start_midi(self) -> None:
        config = self._settings.config.midi
        if not config.enabled:
            self._say("MIDI", True, "switched off (midi.enabled)")
            return
        settings = MidiSettings(config.name, config.devices, config.pads_channel, config.clock, config.jack)
        bridge = MidiBridge(self._services, settings)
        self._stack.push_async_callback(bridge.stop)
        await bridge.start()
        self._midi = bridge

    def _say_midi(self, midi: MidiBridge) -> None:
        config = self._settings.config.midi
        missing = midi.missing
        if missing is not None:
            why = f" ({missing.where or missing.why})" if missing.where or missing.why else ""
            found = f"there is none: {missing.what}{why}; it is looked for again from time to time"
            self._say("MIDI", True, found, missing.hint)
            self._checks.pop("MIDI devices", None)
            return
        self._say("MIDI", True, f"port {config.name!r}")
        if config.devices:
            found = ", ".join(midi.devices) or f"none is plugged in of: {', '.join(config.devices)}"
            self._say("MIDI devices", True, found)

    def _say(self, name: str, ok: bool, found: str, mend: str | None = None) -> None:
        self._checks[name] = Check(name, ok, found, mend)

    def _left_out(self, found: str) -> None:
        """A surface elsewhere gets no answer, not even that it may not send: only this side can tell."""
        found += ", but nobody besides this machine may send: osc.allow is empty"
        log.warning("OSC %s", found)
        self.warnings.append(f"OSC {found}. {NAME_THEM}")
        self._say("OSC", False, found, NAME_THEM)

    def _failed(self, name: str, error: RoadieError) -> None:
        log.warning("%s is not there: %s", name, error.message)
        self.warnings.append(f"{name} is not there: {error.message}")
        found = error.message.removesuffix(f". {error.hint}") if error.hint else error.message
        self._say(name, False, found, error.hint)


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def osc_settings(config: OscConfig, token: str, roots: tuple[Path, ...]) -> OscSettings:
    """Raises BadConfig for an address in osc.allow that is none."""
    allow = tuple(_network(text) for text in config.allow)
    host = config.host or (EVERYWHERE if allow else LOOPBACK)
    return OscSettings(
        host=host, port=config.port, query_port=config.query_port, token=token, roots=roots, allow=allow,
        tcp=config.tcp, announce=config.announce,
    )  # fmt: skip


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise BadConfig(
            "osc.allow takes addresses and networks", where=repr(text), why=error,
            hint='For example allow = ["192.168.1.20", "192.168.1.0/24"]',
        ) from error  # fmt: skip
