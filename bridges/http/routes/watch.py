"""Watched folders."""

from __future__ import annotations

from bridges.http.table import BASE, Call, Route
from daemon.services.types import Request
from daemon.services.types_watch import WatchRequest, WatchView


class WatchedQuery(Request, frozen=True):
    path: str = ""


async def view(call: Call[None, None]) -> WatchView:
    return await call.services.watching.view()


async def add(call: Call[None, WatchRequest]) -> WatchView:
    return await call.services.watching.add(call.body)


async def remove(call: Call[WatchedQuery, None]) -> WatchView:
    return await call.services.watching.remove(call.query.path)


async def rescan(call: Call[None, None]) -> WatchView:
    return await call.services.watching.rescan()


_ALL = f"{BASE}/watch"

ROUTES = (
    Route("GET", _ALL, view, "Watched folders, and how it goes with them", answer=WatchView),
    Route(
        "POST", _ALL, add, "Watch one more folder", body=WatchRequest, answer=WatchView, status=201,
        also=((409, "it is watched already"),),
    ),
    Route(
        "DELETE", _ALL, remove, "No longer watch a folder", query=WatchedQuery, answer=WatchView,
        also=((404, "it is not watched"), (409, "config.toml says to watch it")),
    ),
    Route("POST", f"{_ALL}/rescan", rescan, "Look at every watched folder now", answer=WatchView),
)  # fmt: skip
