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
MAX_SENDERS = 256
_LONGEST = 500


@dataclass(slots=True)
class _Bucket:
    """withheld: errors not told since the last one that was."""

    left: float
    at_s: float
    withheld: int = 0


class Complaints:
    """One allowance for each host: a flood from changing ports is one flood."""

    def __init__(self, outlet: Outlet, subscriptions: Subscriptions, clock: Clock) -> None:
        self._outlet = outlet
        self._subscriptions = subscriptions
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def tell(self, peer: Peer, ref: str, code: str, message: str, address: str) -> None:
        """To a sender, or to the port that it subscribed with."""
        self.tell_at(self._subscriptions.reply_to(peer), ref, code, message, address)

    def tell_at(self, target: Peer, ref: str, code: str, message: str, address: str) -> None:
        """To this port itself."""
        withheld = self._take(target.host)
        if withheld is None:
            return
        if withheld:
            message = f"{message[:_LONGEST]} ({withheld} more errors were not told)"
        packet = encode("/roadie/error", ref, code, message[: 2 * _LONGEST], address[:_LONGEST])
        self._outlet.send(target, packet)
        if target in self._subscriptions.targets():  # a surface shows one text
            where = f" ({address[:_LONGEST]})" if address else ""
            self._outlet.send(target, encode("/roadie/error/text", f"{message[: 2 * _LONGEST]}{where}"))

    def _take(self, host: str) -> int | None:
        """How many were withheld before this one; None when this one has to be."""
        now_s = self._clock.monotonic()
        bucket = self._buckets.pop(host, None) or _Bucket(BURST, now_s)
        self._buckets[host] = bucket
        if len(self._buckets) > MAX_SENDERS:
            self._buckets.popitem(last=False)
        bucket.left = min(BURST, bucket.left + (now_s - bucket.at_s) * EACH_SECOND)
        bucket.at_s = now_s
        if bucket.left < 1:
            bucket.withheld += 1
            return None
        bucket.left -= 1
        withheld, bucket.withheld = bucket.withheld, 0
        return withheld
