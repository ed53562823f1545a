"""Telling others where this is, by zeroconf (mDNS)."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from typing import TYPE_CHECKING

import psutil

from bridges.osc.listening import family_of
from bridges.osc.names import announced
from bridges.osc.settings import OscSettings
from daemon.kernel.errors import RoadieError

if TYPE_CHECKING:
    from zeroconf.asyncio import AsyncZeroconf

OSC, QUERY = "_osc._udp.local.", "_oscjson._tcp.local."


class NotAnnounced(RoadieError):
    code = "not_announced"


class Announcement:
    """On the loopback interface alone, unless others may send: nobody else has a use for it."""

    def __init__(self, settings: OscSettings) -> None:
        self._settings = settings
        self._zeroconf: AsyncZeroconf | None = None

    async def start(self, osc_port: int, query_port: int | None) -> None:
        """Raises NotAnnounced where this system has no multicast to say it through."""
        # Imported here: it takes longer than everything else of this bridge, and the daemon is already answering.
        from zeroconf import Error  # noqa: PLC0415
        from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf  # noqa: PLC0415

        addresses = await self._addresses()
        name = f"roadie on {socket.gethostname()}"
        if self._settings.port == 0:  # one of several on this machine: two with one name are hard to tell apart
            name += f" port {osc_port}"
        wanted = [(OSC, osc_port)] + ([(QUERY, query_port)] if query_port is not None else [])
        try:
            self._zeroconf = AsyncZeroconf(interfaces=addresses)
            for kind, port in wanted:
                info = AsyncServiceInfo(
                    kind, f"{name}.{kind}", port=port, server=f"{announced()}.", parsed_addresses=addresses,
                    properties={"txtvers": "1"},
                )  # fmt: skip
                await (await self._zeroconf.async_register_service(info, allow_name_change=True))
        except (OSError, Error, TimeoutError) as error:
            await self.stop()
            raise NotAnnounced(
                "others cannot be told where OSC is (zeroconf)", where=", ".join(addresses), why=error or type(error),
                hint="Name host and port in the surface yourself, or set osc.announce to false",
            ) from error  # fmt: skip

    async def stop(self) -> None:
        """Take it back. Idempotent."""
        zeroconf, self._zeroconf = self._zeroconf, None
        if zeroconf is not None:
            await zeroconf.async_unregister_all_services()
            await zeroconf.async_close()

    async def _addresses(self) -> list[str]:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(
                self._settings.host, 0, type=socket.SOCK_DGRAM, family=family_of(self._settings.host)
            )
        except OSError as error:
            raise NotAnnounced(
                "the host's address is not known", where=self._settings.host, why=error,
                hint="Set osc.host to an address of this machine, or leave it out",
            ) from error  # fmt: skip
        addresses = list(dict.fromkeys(str(each[4][0]).partition("%")[0] for each in found))
        if not any(ipaddress.ip_address(each).is_unspecified for each in addresses):
            return addresses
        return _of_this_machine() or ["127.0.0.1"]


def _of_this_machine() -> list[str]:
    """Its IPv4 addresses in the network, at which "::" is listened at too."""
    return [
        each.address
        for interface in psutil.net_if_addrs().values()
        for each in interface
        if each.family == socket.AF_INET and not ipaddress.ip_address(each.address).is_loopback
    ]
