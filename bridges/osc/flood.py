"""How much of one sender is looked at. What is beyond costs a few microseconds or, where the system can drop it
(`gate.py`), nothing, and is told with one error."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from bridges.osc.namespace import Namespace
from bridges.osc.peers import Peer
from daemon.kernel.clock import Clock


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many messages at once, and each second so many more."""

    burst: float
    each_second: float


NOISE = Allowance(1000, 250)
"""Four controllers that send as often as a screen is drawn; buttons and pads do not come near it."""
REQUESTS = Allowance(500, 100)
"""Of each kind of request: a script that asks for a folder's files one by one."""
REST = b""
"""The kind of everything that no weighty address begins."""
LACKS_S = 15.0
"""A gate that was shut as far as it goes is open again by then, and what it drops meanwhile is not seen here."""
_MAX_SENDERS = 1024

Spent = Callable[[Peer, bytes], None]
"""Takes a sender and the kind of message of which there was too much: how its packets begin, or REST."""


@dataclass(slots=True)
class _Bucket:
    """lost_at_s: when something of this kind was last not read."""

    left: float
    at_s: float
    lost_at_s: float = float("-inf")


class Flood:
    """For each sender one allowance for each address that is repeated until it is acknowledged, and one for all the
    rest, so that a request gets through its own sender's noise. Senders are told apart by port: another one on the
    same machine loses nothing."""

    def __init__(self, namespace: Namespace, clock: Clock, spent: Spent) -> None:
        self._clock = clock
        self._spent = spent
        # By the bytes that a packet begins with: nothing is read of one that is too much.
        self.weighty = tuple(namespace.weighty_beginnings())
        self._buckets: OrderedDict[tuple[Peer, bytes], _Bucket] = OrderedDict()

    def admits(self, data: bytes, peer: Peer) -> bool:
        kind = self._kind(data)
        bucket = self._filled(peer, kind)
        if bucket.left < 1:
            bucket.lost_at_s = bucket.at_s
            self._spent(peer, kind)
            return False
        bucket.left -= 1
        return True

    def charge(self, data: bytes, peer: Peer, messages: int) -> None:
        """A packet that was admitted held so many messages besides the first; too many are paid for afterwards."""
        self._filled(peer, self._kind(data)).left -= messages

    def lose(self, peer: Peer) -> None:
        """Something that was read found no place to wait at."""
        bucket = self._filled(peer, REST)
        bucket.lost_at_s = bucket.at_s

    def may_lack(self, peer: Peer) -> bool:
        """Whether what this sender sends now may rely on something that was lost, as running a recipe does on the
        selection. What has an allowance of its own changes nothing that others rely on."""
        bucket = self._buckets.get((peer, REST))
        return bucket is not None and self._clock.monotonic() - bucket.lost_at_s < LACKS_S

    def _kind(self, data: bytes) -> bytes:
        if not data.startswith(self.weighty):
            return REST
        return next(beginning for beginning in self.weighty if data.startswith(beginning))

    def _filled(self, peer: Peer, kind: bytes) -> _Bucket:
        now_s = self._clock.monotonic()
        allowed = REQUESTS if kind else NOISE
        bucket = self._buckets.get((peer, kind))
        if bucket is None:
            bucket = self._buckets[peer, kind] = _Bucket(allowed.burst, now_s)
            if len(self._buckets) > _MAX_SENDERS:
                self._buckets.popitem(last=False)
        bucket.left = min(allowed.burst, bucket.left + (now_s - bucket.at_s) * allowed.each_second)
        bucket.at_s = now_s
        return bucket
