"""Control surfaces' side of the composition root: OSC and what describes it. Each part may fail by itself: the
daemon is there without it, and says so when it starts and in `roadie doctor`."""

from __future__ import annotations

import ipaddress
import logging
from contextlib import AsyncExitStack
from pathlib import Path

from bridges.osc.bridge import OscBridge
from bridges.osc.settings import Network, OscSettings
from daemon.config import OscConfig, Settings
from daemon.kernel.clock import Clock
from daemon.kernel.errors import BadConfig, RoadieError
from daemon.services import Services
from daemon.services.types import Check

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
        self.osc_port: int | None = None
        self.warnings: list[str] = []

    async def start(self) -> None:
        await self._start_osc()
        self._services.system.add_probe(self.checks)

    async def stop(self) -> None:
        await self._stack.aclose()

    def checks(self) -> list[Check]:
        """What `roadie doctor` says of each part."""
        return list(self._checks.values())

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
        self._stack.push_async_callback(bridge.stop)
        await bridge.know_recipes()
        found = f"listens at {settings.host}:{self.osc_port}, UDP{' and TCP' if settings.tcp else ''}"
        if settings.allow:
            found += f"; besides this machine, {', '.join(map(str, settings.allow))} may send"
        self._say("OSC", True, found)

    def _say(self, name: str, ok: bool, found: str, mend: str | None = None) -> None:
        self._checks[name] = Check(name, ok, found, mend)

    def _failed(self, name: str, error: RoadieError) -> None:
        log.warning("%s is not there: %s", name, error.message)
        self.warnings.append(f"{name} is not there: {error.message}")
        found = error.message.removesuffix(f". {error.hint}") if error.hint else error.message
        self._say(name, False, found, error.hint)


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
