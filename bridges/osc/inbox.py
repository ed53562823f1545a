"""Calls that wait for the daemon: a queue for each sender, worked off in order, and one beside it for requests that
say all themselves, which nothing that was sent before can change. All of them are bounded, each and together."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bridges.osc.call import Call
from bridges.osc.peers import Peer

MAX_WAITING = 256
MAX_WEIGHTY = 512
"""Of one sender: a weighty call is taken where so many wait, any other only where fewer do."""
MAX_QUEUES = 512
MAX_ALL = 2048
"""Shared by those who wait: a flood from many ports is then over soon after it ends, and whoever comes finds room. Of
weighty calls twice as many may wait, as of one sender. Who has more, from a time when fewer waited, keeps it."""
AT_ONCE = 8
"""Calls under way that are not weighty, so that whatever else is asked of the daemon, and reading the socket, waits for
so many and not for one of each sender. More than the database reads at once: some wait for a disk or for sound."""

Work = Callable[[Call], Awaitable[None]]


@dataclass(slots=True)
class _Queue:
    """repeats: what waits or is under way and may be sent again until it is answered. torn: whether a call had to be
    refused; one that was sent after it may rely on it, as running a recipe does on the selection."""

    calls: deque[Call] = field(default_factory=deque)
    repeats: set[tuple[object, ...]] = field(default_factory=set)
    torn: bool = False

    def put(self, calls: list[Call]) -> None:
        self.calls.extend(calls)
        self.repeats.update(_what(call) for call in calls if _may_repeat(call))

    def has(self, calls: list[Call]) -> bool:
        """Whether the answers that are on their way answer these too."""
        return all(_may_repeat(call) and _what(call) in self.repeats for call in calls)


def _may_repeat(call: Call) -> bool:
    return call.row.once and bool(call.ref)


def _what(call: Call) -> tuple[object, ...]:
    return call.address, call.args, call.options.texts


class Inbox:
    """A sender that floods fills its own queue and nobody else's. Nothing runs while nothing waits."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._waiting: dict[tuple[Peer, bool], _Queue] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._turns = asyncio.Semaphore(AT_ONCE)  # each sender waits for one, first come, first served

    def put(self, peer: Peer, calls: list[Call]) -> bool:
        """All of them or, when there is no room, none."""
        key = (peer, all(call.row.once for call in calls))
        queue = self._waiting.get(key)
        if queue is None:
            if len(self._waiting) >= MAX_QUEUES:
                return False
            queue = _Queue()
        share = MAX_ALL // (len(self._waiting) + (key not in self._waiting))
        if queue.has(calls):
            return True  # or whoever is answered late makes it later still by asking again
        weighty = all(call.row.weighty and not call.row.relies for call in calls)
        room = min(MAX_WEIGHTY, 2 * share) if weighty else min(MAX_WAITING, share)
        if len(queue.calls) + len(calls) > room:
            queue.torn = True
            return False
        if queue.torn and not weighty:
            return False
        queue.put(calls)
        if key not in self._waiting:
            self._waiting[key] = queue
            task = asyncio.create_task(self._drain(key, queue), name=f"osc-{peer.host}:{peer.port}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return True

    def __contains__(self, peer: Peer) -> bool:
        """Whether calls of this sender wait for their turn in order, so that those that were refused are known of."""
        return (peer, False) in self._waiting

    def __len__(self) -> int:
        return sum(len(queue.calls) for queue in self._waiting.values())

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _drain(self, key: tuple[Peer, bool], queue: _Queue) -> None:
        try:
            while queue.calls:
                call = queue.calls.popleft()
                async with contextlib.nullcontext() if call.row.weighty else self._turns:
                    await self._work(call)
                queue.repeats.discard(_what(call))
        finally:
            del self._waiting[key]
