"""Files that hold the same sound: which there are, and all but one of each put aside."""

from __future__ import annotations

from bridges.http.table import BASE, Call, Route
from daemon.services.types import Page
from daemon.services.types_duplicates import DuplicatesPlan, DuplicatesRequest
from daemon.services.types_jobs import JobAck
from daemon.services.types_library import DuplicateGroup


async def listed(call: Call[None, None]) -> Page[DuplicateGroup]:
    return Page(items=await call.services.library.duplicates())


async def plan(call: Call[None, DuplicatesRequest]) -> DuplicatesPlan:
    return await call.services.duplicates.plan(call.body)


async def remove(call: Call[None, DuplicatesRequest]) -> JobAck:
    return await call.services.duplicates.remove(call.body, call.client)


HERE = f"{BASE}/duplicates"

ROUTES = (
    Route("GET", HERE, listed, "Files with the same payload", answer=Page[DuplicateGroup]),
    Route(
        "POST", f"{HERE}/plan", plan, "Which of them would be put aside where, and which left alone and why",
        body=DuplicatesRequest, answer=DuplicatesPlan,
    ),
    Route(
        "POST", f"{HERE}/remove", remove, "Put all but one of each aside, as a job that can be undone",
        body=DuplicatesRequest, answer=JobAck, status=202,
    ),
)  # fmt: skip
