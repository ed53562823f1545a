"""Messages of bundles whose time has not come."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterable

from bridges.osc.packet import Message
from bridges.osc.peers import Peer

MAX_OF_ONE, MAX_OF_A_HOST, MAX_OF_ALL = 256, 1024, 4096
MAX_LATER_S = 3600.0

Take = Callable[[list[Message], Peer], None]
"""Never raises."""


class Later:
    """Each group is given back whole and in order when its time comes, groups of one time in the order in which they
    came. A sender that fills its own share leaves the others theirs, and so does a machine."""

    def __init__(self, take: Take) -> None:
        self._take = take
        self._waiting: list[tuple[float, int, list[Message], Peer]] = []
        self._of: Counter[Peer | str] = Counter()
        self._number = itertools.count()
        self._timer: asyncio.TimerHandle | None = None

    def put(self, messages: list[Message], at_s: float, peer: Peer) -> str:
        """at_s: seconds since 1970. Returns why they cannot wait, "" when they do."""
        wait_s = at_s - time.time()
        if wait_s > MAX_LATER_S:
            return f"a time tag {wait_s:.0f} s ahead, more than an hour"
        for whose, most in ((peer, MAX_OF_ONE), (peer.host, MAX_OF_A_HOST), ("", MAX_OF_ALL)):
            if self._of[whose] + len(messages) > most:
                return (
                    f"too many messages wait for their time: {MAX_OF_ONE} of one sender may, {MAX_OF_A_HOST} of one "
                    f"machine, {MAX_OF_ALL} in all"
                )
        self._count(peer, len(messages))
        heapq.heappush(self._waiting, (at_s, next(self._number), messages, peer))
        self._wind()
        return ""

    def close(self) -> None:
        self._waiting.clear()
        self._wind()

    def _wind(self) -> None:
        """Set the alarm for the first of them."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._waiting:
            wait_s = max(0.0, self._waiting[0][0] - time.time())
            self._timer = asyncio.get_running_loop().call_later(wait_s, self._ring)

    def _ring(self) -> None:
        now_s = time.time()
        while self._waiting and self._waiting[0][0] <= now_s:
            _, _, messages, peer = heapq.heappop(self._waiting)
            self._count(peer, -len(messages))
            self._take(messages, peer)
        self._wind()

    def _count(self, peer: Peer, messages: int) -> None:
        for whose in (peer, peer.host, ""):
            self._of[whose] += messages
            if not self._of[whose]:
                del self._of[whose]


def by_time(messages: Iterable[Message], now_s: float) -> dict[float, list[Message]]:
    """Those that are due together, in their order; what is due by now, and what names no time, at 0."""
    groups: dict[float, list[Message]] = {}
    for message in messages:
        at_s = message.at_s if message.at_s is not None and message.at_s > now_s else 0.0
        groups.setdefault(at_s, []).append(message)
    return groups
