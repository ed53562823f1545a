"""How much of one sender is looked at. What is beyond costs a few microseconds and is told with one error."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from bridges.osc.namespace import Namespace
from bridges.osc.peers import Peer
from daemon.kernel.clock import Clock

EACH_SECOND = 1000.0
BURST = 2000.0
"""A surface with twenty faders under as many fingers sends about as much in a second."""
_MAX_SENDERS = 1024


@dataclass(slots=True)
class _Bucket:
    left: float
    at_s: float


class Flood:
    """One allowance for each sender, and another for what it repeats until it is acknowledged, so that a request gets
    through its own sender's noise. Senders are told apart by port: another one on the same machine loses nothing."""

    def __init__(self, namespace: Namespace, clock: Clock) -> None:
        self._clock = clock
        # By the bytes that a packet begins with: nothing is read of one that is too much.
        self._weighty = tuple(namespace.weighty_beginnings())
        self._buckets: OrderedDict[tuple[Peer, bool], _Bucket] = OrderedDict()

    def admits(self, data: bytes, peer: Peer) -> bool:
        now_s = self._clock.monotonic()
        key = (peer, data.startswith(self._weighty))
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(BURST, now_s)
            if len(self._buckets) > _MAX_SENDERS:
                self._buckets.popitem(last=False)
        bucket.left = min(BURST, bucket.left + (now_s - bucket.at_s) * EACH_SECOND)
        bucket.at_s = now_s
        if bucket.left < 1:
            return False
        bucket.left -= 1
        return True
