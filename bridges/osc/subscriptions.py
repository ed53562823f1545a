"""Who gets feedback, where, and until when."""

from __future__ import annotations

from dataclasses import dataclass

from bridges.osc.peers import Peer
from daemon.kernel.clock import Clock
from daemon.kernel.errors import Conflict

MAX_SUBSCRIBERS = 64
MAX_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Subscription:
    target: Peer
    until_s: float


class Subscriptions:
    """By sender. One that is not renewed ends by itself; nothing is kept of it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._by_peer: dict[Peer, Subscription] = {}

    def add(self, peer: Peer, port: int, seconds: float) -> None:
        """port 0: the sender's own. seconds 0: no more. Raises Conflict when there are too many."""
        self._forget_old()
        if seconds <= 0:
            self._by_peer.pop(peer, None)
            return
        if peer not in self._by_peer and len(self._by_peer) >= MAX_SUBSCRIBERS:
            raise Conflict(
                f"there are {MAX_SUBSCRIBERS} subscribers already", hint="Try again when one has expired"
            )
        # A connection has no other port: what is sent there would be another's.
        target = peer if port == 0 or peer.transport == "tcp" else peer._replace(port=port)
        self._by_peer[peer] = Subscription(target, self._clock.monotonic() + seconds)

    def remove(self, peer: Peer) -> None:
        self._by_peer.pop(peer, None)

    def reply_to(self, peer: Peer) -> Peer:
        """Where answers to this sender go."""
        found = self._by_peer.get(peer)
        if found is None or found.until_s <= self._clock.monotonic():
            return peer
        return found.target

    def left_s(self, peer: Peer) -> float | None:
        """Until this sender's subscription ends, None when it has none."""
        self._forget_old()
        found = self._by_peer.get(peer)
        return None if found is None else found.until_s - self._clock.monotonic()

    def targets(self) -> list[Peer]:
        """Everyone who gets feedback now, each once."""
        self._forget_old()
        return list(dict.fromkeys(each.target for each in self._by_peer.values()))

    def __len__(self) -> int:
        self._forget_old()
        return len(self._by_peer)

    def _forget_old(self) -> None:
        now_s = self._clock.monotonic()
        for peer in [peer for peer, each in self._by_peer.items() if each.until_s <= now_s]:
            del self._by_peer[peer]
