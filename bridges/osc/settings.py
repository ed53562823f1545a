"""How the OSC bridge is set up."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

NAME_THEM = (
    "Name who may send: roadie config set osc.allow 192.168.1.20 (an address, or a network as 192.168.1.0/24). "
    "Or leave osc.host out"
)


def admits_nobody_else(host: str, allow: Sequence[object]) -> bool:
    """Whether an address is listened at that others reach, and none of them may send: of two settings that belong
    together one was forgotten. host: an address; of a name it is not known."""
    try:
        return not allow and not ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


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
        return str(address) in _own_addresses()
