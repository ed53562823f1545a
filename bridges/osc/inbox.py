"""Calls that wait for the daemon: one queue for each sender, worked off in order, all of them bounded."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from bridges.osc.call import Call
from bridges.osc.peers import Peer

MAX_WAITING = 256
"""Of one sender. Weighty calls are taken up to twice as many."""
MAX_SENDERS = 128

Work = Callable[[Call], Awaitable[None]]


class Inbox:
    """A sender that floods fills its own queue and nobody else's. Nothing runs while nothing waits."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._waiting: dict[Peer, deque[Call]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def put(self, peer: Peer, calls: list[Call]) -> bool:
        """All of them or, when there is no room, none."""
        queue = self._waiting.get(peer)
        if queue is None:
            if len(self._waiting) >= MAX_SENDERS:
                return False
            queue = deque()
        most = MAX_WAITING * (2 if all(call.row.weighty for call in calls) else 1)
        if len(queue) + len(calls) > most:
            return False
        queue.extend(calls)
        if peer not in self._waiting:
            self._waiting[peer] = queue
            task = asyncio.create_task(self._drain(peer, queue), name=f"osc-{peer.host}:{peer.port}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return True

    def __len__(self) -> int:
        return sum(len(queue) for queue in self._waiting.values())

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _drain(self, peer: Peer, queue: deque[Call]) -> None:
        try:
            while queue:
                await self._work(queue.popleft())
        finally:
            del self._waiting[peer]
