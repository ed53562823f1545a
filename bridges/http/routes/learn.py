"""Teaching the tagger: learn from what was corrected, or go by its own weights again."""

from __future__ import annotations

from bridges.http.table import BASE, Call, Route
from daemon.services.types_jobs import JobAck
from daemon.services.types_learn import Forgotten


async def learn(call: Call[None, None]) -> JobAck:
    """The job learns, and tells the known sounds anew: its warnings begin with how many are called otherwise now."""
    return await call.services.learn.learn(call.client)


async def forget(call: Call[None, None]) -> Forgotten:
    """A job tells the sounds anew that were told by it; the corrections stay."""
    return await call.services.learn.forget(call.client)


ROUTES = (
    Route(
        "POST",
        f"{BASE}/learn",
        learn,
        "Learn from the classes that a person said",
        answer=JobAck,
        status=202,
        also=((409, "nobody said any"),),
    ),
    Route("DELETE", f"{BASE}/learn", forget, "Forget what was learnt", answer=Forgotten),
)
