"""Near-duplicates, and the map of the library."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from bridges.http.table import BASE, Call, Route
from daemon.services.types import Page, Request
from daemon.services.types_alike import MapQuery, MapRequest, MapView, NearDuplicates
from daemon.services.types_jobs import JobAck


class GroupsQuery(Request, frozen=True):
    cursor: str | None = None
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100


async def look(call: Call[None, None]) -> JobAck:
    return await call.services.alike.look(call.client)


async def groups(call: Call[GroupsQuery, None]) -> Page[NearDuplicates]:
    return await call.services.alike.groups(call.query.cursor, call.query.limit)


async def make(call: Call[None, MapRequest]) -> JobAck:
    return await call.services.map.make(call.body, call.client)


async def view(call: Call[MapQuery, None]) -> MapView:
    return await call.services.map.view(call.query)


NEAR = f"{BASE}/near-duplicates"
MAP = f"{BASE}/map"

ROUTES = (
    Route("POST", NEAR, look, "Look for the same hit in several files", answer=JobAck, status=202),
    Route("GET", NEAR, groups, "The groups that were found", query=GroupsQuery, answer=Page[NearDuplicates]),
    Route("POST", MAP, make, "Give every sound a place on the map", body=MapRequest, answer=JobAck, status=202),
    Route("GET", MAP, view, "The map, or a part of it", query=MapQuery, answer=MapView),
)
