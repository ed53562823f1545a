"""`/roadie/error`: what was wrong, told to who sent it, and never so often that telling becomes the trouble."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from bridges.osc.packet import encode
from bridges.osc.peers import Outlet, Peer
from bridges.osc.subscriptions import Subscriptions
from daemon.kernel.clock import Clock

BURST = 20
EACH_SECOND = 10.0
HOST_TIMES = 4
"""A host's clients may be told so many times as much together."""
MAX_SENDERS = 256
_LONGEST = 500


@dataclass(slots=True)
class _Bucket:
    """withheld: errors not told since the last one that was."""

    left: float
    at_s: float
    withheld: int = 0


class Complaints:
    """One allowance for each client, so that one that floods does not make another's errors silent, and a larger one
    for its host: a flood from changing ports is one flood."""

    def __init__(self, outlet: Outlet, subscriptions: Subscriptions, clock: Clock) -> None:
        self._outlet = outlet
        self._subscriptions = subscriptions
        self._clock = clock
        self._clients: OrderedDict[Peer | str, _Bucket] = OrderedDict()
        self._hosts: OrderedDict[Peer | str, _Bucket] = OrderedDict()

    def tell(self, peer: Peer, ref: str, code: str, message: str, address: str) -> None:
        """To a sender, or to the port that it subscribed with."""
        self.tell_at(self._subscriptions.reply_to(peer), ref, code, message, address)

    def tell_at(self, target: Peer, ref: str, code: str, message: str, address: str) -> None:
        """To this port itself."""
        withheld = self._take(target)
        if withheld is None:
            return
        if withheld:
            message = f"{message[:_LONGEST]} ({withheld} more errors were not told)"
        packet = encode("/roadie/error", ref, code, message[: 2 * _LONGEST], address[:_LONGEST])
        self._outlet.send(target, packet)
        if target in self._subscriptions.targets():  # a surface shows one text
            where = f" ({address[:_LONGEST]})" if address else ""
            self._outlet.send(target, encode("/roadie/error/text", f"{message[: 2 * _LONGEST]}{where}"))

    def _take(self, target: Peer) -> int | None:
        """How many were withheld before this one; None when this one has to be."""
        now_s = self._clock.monotonic()
        client = _filled(self._clients, target, 1, now_s)
        host = _filled(self._hosts, target.host, HOST_TIMES, now_s)
        if client.left < 1 or host.left < 1:
            client.withheld += 1
            return None
        client.left -= 1
        host.left -= 1
        withheld, client.withheld = client.withheld, 0
        return withheld


def _filled(buckets: OrderedDict[Peer | str, _Bucket], whose: Peer | str, times: int, now_s: float) -> _Bucket:
    bucket = buckets.pop(whose, None) or _Bucket(BURST * times, now_s)
    buckets[whose] = bucket
    if len(buckets) > MAX_SENDERS:
        buckets.popitem(last=False)
    bucket.left = min(BURST * times, bucket.left + (now_s - bucket.at_s) * EACH_SECOND * times)
    bucket.at_s = now_s
    return bucket
