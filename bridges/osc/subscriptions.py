"""Who gets feedback, where, and until when."""

from __future__ import annotations

from collections import OrderedDict

from bridges.osc.peers import Peer
from daemon.kernel.clock import Clock
from daemon.kernel.errors import Conflict

MAX_SUBSCRIBERS = 64
MAX_OF_A_HOST = 48
MAX_SECONDS = 86_400
_SENDERS = 256


class Subscriptions:
    """By where feedback goes: a program may send each message from another port, and it is the same subscriber. One
    that is not renewed ends by itself; nothing is kept of it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until_s: dict[Peer, float] = {}
        self._target_of: OrderedDict[Peer, Peer] = OrderedDict()

    def add(self, peer: Peer, port: int, seconds: float) -> None:
        """port 0: the sender's own. Raises Conflict when there are too many."""
        target = _target(peer, port)
        if target not in self._until_s or not self._lasts(target):
            self._find_room(target)
        self._until_s[target] = self._clock.monotonic() + seconds
        self._target_of[peer] = target
        self._target_of.move_to_end(peer)
        if len(self._target_of) > _SENDERS:
            self._target_of.popitem(last=False)

    def end(self, peer: Peer, port: int) -> None:
        """No more to this port of the sender's; port 0: to wherever the sender had it sent."""
        self._until_s.pop(self.reply_to(peer) if port == 0 else _target(peer, port), None)

    def remove(self, peer: Peer) -> None:
        """A connection has ended."""
        self._until_s.pop(peer, None)
        self._target_of.pop(peer, None)

    def reply_to(self, peer: Peer) -> Peer:
        """Where answers to this sender go."""
        target = self._target_of.get(peer, peer)
        return target if self._lasts(target) else peer

    def left_s(self, peer: Peer) -> float | None:
        """Until this sender's subscription ends, None when it has none."""
        target = self.reply_to(peer)
        return self._until_s[target] - self._clock.monotonic() if self._lasts(target) else None

    def targets(self) -> list[Peer]:
        """Everyone who gets feedback now."""
        self._forget_old()
        return list(self._until_s)

    def __len__(self) -> int:
        self._forget_old()
        return len(self._until_s)

    def _lasts(self, target: Peer) -> bool:
        return self._until_s.get(target, 0.0) > self._clock.monotonic()

    def _find_room(self, target: Peer) -> None:
        self._forget_old()
        of_host = sum(each.host == target.host for each in self._until_s)
        if len(self._until_s) >= MAX_SUBSCRIBERS or of_host >= MAX_OF_A_HOST:
            raise Conflict(
                f"there are {len(self._until_s)} subscribers already, {of_host} of this machine",
                hint="Try again when one has expired",
            )

    def _forget_old(self) -> None:
        for target in [each for each in self._until_s if not self._lasts(each)]:
            del self._until_s[target]


def _target(peer: Peer, port: int) -> Peer:
    # A connection has no other port: what is sent there would be another's.
    return peer if port == 0 or peer.transport == "tcp" else peer._replace(port=port)
