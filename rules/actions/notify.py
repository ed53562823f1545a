"""The action `notify`: a message to a program of this machine, by HTTP or OSC. Never beyond loopback."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from daemon.kernel.errors import RoadieError
from rules.actions.protocol import Doing, Needs, Planned, Subject, Wrong
from rules.ports import Ports

TIMEOUT_S = 5.0
MOST_PATHS = 100


class NotTold(RoadieError):
    """The program that a rule notifies did not take the message."""

    code = "not_told"


@dataclass(frozen=True, slots=True)
class Asked:
    """http: an address, or "". host, port, address: of an OSC message."""

    http: str = ""
    host: str = ""
    port: int = 0
    address: str = ""


class Notify:
    """`notify = { http = "http://127.0.0.1:8080/hook" }` or `notify = { osc = "127.0.0.1:9000", address = "/new" }`.

    HTTP gets a POST with {rule, run, paths, assets} and an Idempotency-Key that is the same whenever it is sent
    again; OSC gets the rule's name and a path, one message for each file.
    """

    name = "notify"
    about = "tells a program of this machine, by HTTP or OSC"
    example = 'notify = { http = "http://127.0.0.1:8080/hook" }'
    keys: frozenset[str] = frozenset()

    def read(self, table: Mapping[str, Any]) -> Asked:
        value = table["notify"]
        if isinstance(value, Mapping) and set(value) == {"http"} and isinstance(value["http"], str):
            return _http(value["http"])
        if isinstance(value, Mapping) and set(value) == {"osc", "address"}:
            return _osc(value["osc"], value["address"])
        raise Wrong("notify", "notify takes either http, or osc and address", f"For example {self.example}")

    def needs(self, asked: Asked) -> Sequence[Needs]:  # noqa: ARG002 - nothing
        return ()

    async def plan(self, asked: Asked, subjects: Sequence[Subject], ports: Ports) -> list[Planned]:  # noqa: ARG002
        where = asked.http or f"osc://{asked.host}:{asked.port}{asked.address}"
        return [Planned(subject.path, f"tells {where}") for subject in subjects]

    async def do(self, asked: Asked, subjects: Sequence[Subject], doing: Doing) -> list[str]:
        """Raises NotTold."""
        if asked.http:
            await _post(asked.http, subjects, doing)
        else:
            await asyncio.to_thread(_send, asked, subjects, doing.rule)
        return []


def _http(address: str) -> Asked:
    hint = 'Write "http://127.0.0.1:PORT/..."'
    try:
        parts = urlsplit(address)
        _ = parts.port  # is read only now
    except ValueError as error:
        raise Wrong("http", f"{address!r} is no address: {error}", hint) from error
    if parts.scheme != "http" or not parts.hostname or parts.username or not _loopback(parts.hostname):
        raise Wrong("http", f"{address!r} is not on this machine", hint)
    return Asked(http=address)


def _osc(where: Any, address: Any) -> Asked:
    host, _, port = str(where).rpartition(":")
    if not _loopback(host.strip("[]")) or not port.isdecimal() or not 0 < int(port) < 65536:
        raise Wrong("osc", f"{where!r} is not on this machine", 'Write "127.0.0.1:PORT"')
    if not isinstance(address, str) or not address.startswith("/"):
        raise Wrong("address", "an OSC address begins with /", 'For example "/roadie/new"')
    return Asked(host=host.strip("[]"), port=int(port), address=address)


def _loopback(host: str) -> bool:
    """An address of this machine, or its usual name; no other name, since names can be made to lead anywhere."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def _post(address: str, subjects: Sequence[Subject], doing: Doing) -> None:
    import aiohttp  # noqa: PLC0415 - only where a rule notifies

    body = {
        "rule": doing.rule, "run": doing.run, "paths": [subject.path for subject in subjects][:MOST_PATHS],
        "assets": [subject.asset for subject in subjects][:MOST_PATHS], "count": len(subjects),
    }  # fmt: skip
    headers = {"Content-Type": "application/json", "Idempotency-Key": doing.key(0)}
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(TIMEOUT_S), trust_env=False) as session,
            # A redirect could lead off this machine.
            session.post(address, data=json.dumps(body), headers=headers, allow_redirects=False) as answer,
        ):
            status = answer.status
    except (aiohttp.ClientError, TimeoutError) as error:
        raise NotTold(
            "nobody took the message", where=address, why=str(error) or type(error).__name__
        ) from error
    if status >= 300:
        raise NotTold("the message was refused", where=address, why=f"HTTP {status}")


def _send(asked: Asked, subjects: Sequence[Subject], rule: str) -> None:
    from pythonosc.osc_message_builder import OscMessageBuilder  # noqa: PLC0415

    family = socket.AF_INET6 if ":" in asked.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sender:
        for subject in subjects[:MOST_PATHS]:
            message = OscMessageBuilder(asked.address)
            message.add_arg(rule, "s")
            message.add_arg(subject.path, "s")
            try:
                sender.sendto(message.build().dgram, (asked.host, asked.port))
            except OSError as error:
                where = f"{asked.host}:{asked.port}"
                raise NotTold("the message cannot be sent", where=where, why=error.strerror) from error


NOTIFY = Notify()
