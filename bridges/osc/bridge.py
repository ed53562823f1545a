"""The OSC bridge: binds, reads, stops."""

from __future__ import annotations

import asyncio
import logging

from bridges.osc.addresses import ADDRESSES
from bridges.osc.call import Context
from bridges.osc.complaints import Complaints
from bridges.osc.dispatch import Dispatcher
from bridges.osc.feedback import Feedback
from bridges.osc.flood import Flood
from bridges.osc.listening import bind_both, bind_udp
from bridges.osc.namespace import Namespace
from bridges.osc.peers import Peer
from bridges.osc.query.server import QueryServer
from bridges.osc.reach import Reach
from bridges.osc.settings import OscSettings
from bridges.osc.submit import CLIENT, Submitter
from bridges.osc.subscriptions import Subscriptions
from bridges.osc.tcp import Tcp
from bridges.osc.udp import Udp
from daemon.kernel.clock import Clock
from daemon.services import Services

log = logging.getLogger(__name__)


class OscBridge:
    """One start and one stop, on one event loop."""

    def __init__(self, services: Services, settings: OscSettings, version: str, clock: Clock) -> None:
        self._services = services
        self._settings = settings
        self._namespace = Namespace(ADDRESSES)
        self._subscriptions = subscriptions = Subscriptions(clock)
        complaints = Complaints(self, subscriptions, clock)
        self._feedback = Feedback(services, subscriptions, self, complaints, clock)
        context = Context(
            version=version, token=settings.token, services=services, reach=Reach(settings.roots, services),
            submitter=Submitter(services),
            presses=services.presses.of(CLIENT), subscriptions=subscriptions, feedback=self._feedback, outlet=self,
        )  # fmt: skip
        flood = Flood(self._namespace, clock, self._spent, self._passes)
        self._dispatcher = Dispatcher(self._namespace, context, complaints, flood)
        self._udp = Udp(settings, self._dispatcher.receive, flood.weighty)
        self._tcp = Tcp(settings, self._dispatcher.receive, self._gone, subscriptions.left_s)
        self._query = QueryServer(settings, self._namespace, self._feedback, self.know_recipes)
        self._port = 0
        self.host = settings.host
        """That is listened at; an address once it is."""

    def send(self, peer: Peer, packet: bytes) -> None:
        (self._tcp if peer.transport == "tcp" else self._udp).send(peer, packet)

    def _spent(self, peer: Peer, kind: bytes) -> None:
        self._udp.shut(peer, kind)

    def _passes(self, peer: Peer, kind: bytes) -> float:
        return self._udp.passes(peer, kind)

    def _gone(self, peer: Peer) -> None:
        """A connection has ended, and with it what it said of the DAW."""
        self._subscriptions.remove(peer)
        self._services.selection.renew_transport(str(peer), 0.0)

    async def start(self) -> int:
        """Listen; returns the UDP port, which is TCP's too. Raises AlreadyRunning, BadConfig."""
        host, port = self._settings.host, self._settings.port
        udp, tcp = bind_both(host, port) if self._settings.tcp else (bind_udp(host, port), None)
        self._udp.listens_at(udp)
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: self._udp, sock=udp)
        if tcp is not None:
            await self._tcp.start(tcp)
        self.host, self._port = udp.getsockname()[:2]
        log.info("OSC on %s:%d%s", host, self._port, ", UDP and TCP" if self._settings.tcp else "")
        return self._port

    async def start_query(self) -> int:
        """Describe all of it by OSCQuery; after `start`. Returns the port. Raises AlreadyRunning, BadConfig."""
        return await self._query.start(self._port)

    async def know_recipes(self) -> None:
        """Read which recipes there are."""
        self._namespace.know(each.name for each in await self._services.recipes.list() if each.problem is None)

    async def stop(self) -> None:
        """Idempotent."""
        await self._query.stop()
        self._udp.close()
        await self._tcp.stop()
        await self._dispatcher.close()
        await self._feedback.close()
