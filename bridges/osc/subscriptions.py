"""Who gets feedback, where, and until when."""

from __future__ import annotations

from collections import Counter, OrderedDict
from dataclasses import dataclass, field

from bridges.osc.peers import Peer
from daemon.kernel.clock import Clock

MAX_SUBSCRIBERS = 64
MAX_OF_A_HOST = 48
MAX_SECONDS = 86_400
_SENDERS = 64


@dataclass(slots=True)
class Subscription:
    """senders: who asked for it, the last of them; their answers go where it goes."""

    target: Peer
    until_s: float = 0.0
    senders: OrderedDict[Peer, None] = field(default_factory=OrderedDict)

    @property
    def peers(self) -> set[Peer]:
        return {self.target, *self.senders}


class Subscriptions:
    """By where feedback goes: a program may send each message from another port, and it is the same subscriber. One
    that is not renewed ends by itself; nothing is kept of it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._of: dict[Peer, Subscription] = {}
        """The one that was renewed last is the last."""

    def add(self, peer: Peer, port: int, seconds: float) -> tuple[Subscription, Subscription | None]:
        """port 0: the sender's own. Returns it, and the one that gave way where there were too many."""
        target = _target(peer, port)
        self._forget_old()
        for each in self._of.values():
            each.senders.pop(peer, None)
        renewed = self._of.pop(target, None)
        gave_way = self._make_room(target) if renewed is None else None
        found = self._of[target] = renewed or Subscription(target)
        found.until_s = self._clock.monotonic() + seconds
        found.senders[peer] = None
        if len(found.senders) > _SENDERS:
            found.senders.popitem(last=False)
        return found, gave_way

    def end(self, peer: Peer, port: int) -> Subscription | None:
        """No more to this port of the sender's; port 0: to wherever the sender had it sent. Returns what ended."""
        return self._of.pop(self.reply_to(peer) if port == 0 else _target(peer, port), None)

    def remove(self, peer: Peer) -> None:
        """A connection has ended."""
        self._of.pop(peer, None)

    def reply_to(self, peer: Peer) -> Peer:
        """Where answers to this sender go."""
        now_s = self._clock.monotonic()
        found = (target for target, each in self._of.items() if peer in each.senders and each.until_s > now_s)
        return next(found, peer)

    def left_s(self, peer: Peer) -> float | None:
        """Until this sender's subscription ends, None when it has none."""
        self._forget_old()
        found = self._of.get(self.reply_to(peer))
        return None if found is None else found.until_s - self._clock.monotonic()

    def targets(self) -> list[Peer]:
        """Everyone who gets feedback now."""
        self._forget_old()
        return list(self._of)

    def __len__(self) -> int:
        self._forget_old()
        return len(self._of)

    def _make_room(self, target: Peer) -> Subscription | None:
        """Where there are too many, the one that was not renewed for longest gives way, of this machine or of the one
        that has most: a surface that is still there renews, and those that vanished keep nobody out."""
        of_host = Counter(each.host for each in self._of)
        if of_host[target.host] >= MAX_OF_A_HOST:
            host = target.host
        elif len(self._of) >= MAX_SUBSCRIBERS:
            host = of_host.most_common(1)[0][0]
        else:
            return None
        return self._of.pop(next(each for each in self._of if each.host == host))

    def _forget_old(self) -> None:
        now_s = self._clock.monotonic()
        for target in [target for target, each in self._of.items() if each.until_s <= now_s]:
            del self._of[target]


def _target(peer: Peer, port: int) -> Peer:
    # A connection has no other port: what is sent there would be another's.
    return peer if port == 0 or peer.transport == "tcp" else peer._replace(port=port)
