"""Work that is not left halfway: a thread cannot be stopped, so whoever waits for one must not leave before it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def _nothing() -> None: ...


async def to_its_end(work: Coroutine[Any, Any, T], hurry: Callable[[], None] = _nothing) -> T:
    """Await `work`; a cancel, however often it comes, is raised once `work` has ended.

    hurry: called at each cancel, to tell the work that it may end early.
    """
    task = asyncio.create_task(work)
    cancelled = False
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            cancelled = True
            hurry()
    if cancelled:
        task.exception()  # looked at: whoever cancelled does not wait for it
        raise asyncio.CancelledError
    return task.result()
