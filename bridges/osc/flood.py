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
FLOODED = 2000
"""Who sends more than so many a second is no controller that is a little over its allowance."""
_LEAST_SHARE = 1 / 32
REST = b""
"""The kind of everything that no weighty address begins."""
LACKS_S = 15.0
"""A gate that was shut as far as it goes is open again by then, and what it drops meanwhile is not seen here."""
_MAX_SENDERS = 1024

Spent = Callable[[Peer, bytes], None]
"""Takes a sender and the kind of message of which there was too much: how its packets begin, or REST."""
Passes = Callable[[Peer, bytes], float]
"""Gives the share of a sender's kind that is seen here."""


@dataclass(slots=True)
class _Bucket:
    """lost_at_s: when something of this kind was last not read. came: about how many were sent since since_s. share:
    of the allowance, while it floods."""

    left: float
    at_s: float
    since_s: float
    lost_at_s: float = float("-inf")
    came: float = 0.0
    share: float = 1.0

    def fill(self, allowed: Allowance, now_s: float) -> None:
        self.left = min(allowed.burst, self.left + (now_s - self.at_s) * allowed.each_second * self.share)
        self.at_s = now_s

    def count(self, came: float) -> None:
        """Half the share in each second of flood, and twice as much in each other."""
        passed_s = self.at_s - self.since_s
        if passed_s >= 1:
            flooded = self.came > FLOODED * passed_s
            self.share = min(1.0, max(_LEAST_SHARE, self.share * (0.5 if flooded else 2.0)))
            self.since_s, self.came = self.at_s, 0.0
        self.came += came


class Flood:
    """For each sender one allowance for each address that is repeated until it is acknowledged, and one for all the
    rest, so that a request gets through its own sender's noise. The rest of who floods is soon hardly read at all: to
    answer a full allowance of it takes a third of a core from everyone else. Senders are told apart by port: another
    one on the same machine loses nothing."""

    def __init__(self, namespace: Namespace, clock: Clock, spent: Spent, passes: Passes) -> None:
        self._clock = clock
        self._spent = spent
        self._passes = passes
        # By the bytes that a packet begins with: nothing is read of one that is too much.
        self.weighty = tuple(namespace.weighty_beginnings())
        self._buckets: OrderedDict[tuple[Peer, bytes], _Bucket] = OrderedDict()

    def admits(self, data: bytes, peer: Peer) -> bool:
        kind = self._kind(data)
        bucket = self._filled(peer, kind)
        if kind == REST:
            bucket.count(1 / self._passes(peer, kind))
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
            bucket = self._buckets[peer, kind] = _Bucket(allowed.burst, now_s, now_s)
            if len(self._buckets) > _MAX_SENDERS:
                self._buckets.popitem(last=False)
        bucket.fill(allowed, now_s)
        return bucket
