"""Asking for a job exactly once, over a transport that loses and doubles."""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from typing import Any

import msgspec

from bridges.osc.peers import Peer
from daemon.services import Services
from daemon.services.types_jobs import JobAck, JobInput, JobRequest

CLIENT = "osc"
SAME_FOR_S = 600.0
"""A request that is repeated after its job has ended means that job for so long, and a new one from then on."""
FAILED_FOR_S = 5.0
"""The same of a job that failed: longer than the repeats of a message that was not acknowledged yet, and short enough
that a button works again when what was wrong has been mended."""
_REMEMBERED = 4096


class Submitter:
    """A request with a ref is known by its sender's host, its ref and what it asks for, so repeating it, even to a
    daemon that was started anew in between, gives the same job. One without a ref is a press of a button: each is
    a job. A surface sends one fixed ref for ever; therefore a job that ended long ago, failed, was cancelled or undone
    is not given again: the next one is stored under the key that follows its own, so the newest is the last of them."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._keys: OrderedDict[str, str] = OrderedDict()

    async def submit(
        self, peer: Peer, ref: str, recipe: str, named: JobInput, params: dict[str, dict[str, Any]]
    ) -> tuple[JobAck, bool]:
        """The job and whether it is new. Raises what services.jobs.submit does."""
        request = JobRequest(recipe=recipe, inputs=[named], params=params)
        if not ref:
            return await self._services.jobs.submit(request, CLIENT)
        first = _digest(peer.host, ref, request)
        key = self._keys.get(first)
        while True:  # twice, unless another port of the same host asks at the same moment
            asked = msgspec.structs.replace(request, idempotency_key=key or first)
            # One that is not known here may be in the library, under its own key or one that follows it.
            ack, created = await self._services.jobs.submit(asked, CLIENT, newest=key is None)
            if created or not await self._is_over(ack):
                if created or key is not None:  # else its own key is not known here
                    self._remember(first, key or first)
                return ack, created
            key = _following(key or await self._services.jobs.last_key(CLIENT, first) or first, first)

    async def _is_over(self, ack: JobAck) -> bool:
        if ack.state not in ("done", "failed", "cancelled"):
            return False
        job = await self._services.jobs.get(ack.id)
        if job.state == "cancelled" or job.undone:
            return True
        same_for_s = FAILED_FOR_S if job.state == "failed" else SAME_FOR_S
        return job.finished_at is not None and time.time() - job.finished_at > same_for_s

    def _remember(self, first: str, key: str) -> None:
        self._keys[first] = key
        self._keys.move_to_end(first)
        if len(self._keys) > _REMEMBERED:
            self._keys.popitem(last=False)


def _following(key: str, first: str) -> str:
    """In the order of keys as in time."""
    number = int(key.removeprefix(first).removeprefix(":") or 0) + 1
    return f"{first}:{number:010}"


def _digest(*parts: Any) -> str:
    return (
        "osc:" + hashlib.sha256(msgspec.json.encode([msgspec.to_builtins(part) for part in parts])).hexdigest()
    )
