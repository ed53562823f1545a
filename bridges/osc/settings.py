"""How the OSC bridge is set up."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path

import psutil


def _own_addresses() -> set[str]:
    """This machine's in the network: a program on it that found roadie by its announcement sends from one of them."""
    return {
        each.address.partition("%")[0] for interface in psutil.net_if_addrs().values() for each in interface
    }


Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class OscSettings:
    """port, query_port: 0 takes any free one. tcp: whether TCP is listened at too, at the UDP port's number.
    allow: networks besides this machine whose packets are read. token: what `token=` must say. roots: folders
    below which files may be named without it. announce: whether zeroconf tells others where this is."""

    host: str
    port: int
    query_port: int
    token: str
    roots: tuple[Path, ...]
    allow: tuple[Network, ...] = ()
    tcp: bool = False
    announce: bool = True

    def admits(self, host: str) -> bool:
        """Whether packets from this address are read at all."""
        try:
            address = ipaddress.ip_address(host.partition("%")[0])
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None)
        address = mapped or address
        if address.is_loopback or any(address in network for network in self.allow):
            return True
        return bool(self.allow) and str(address) in _own_addresses()
