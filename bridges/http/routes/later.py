"""Routes of the contract whose parts are not built yet: each says so, to those who are let in."""

from __future__ import annotations

from typing import Any

from bridges.http.refusals import NotYet
from bridges.http.table import BASE, Call, Route


async def not_yet(call: Call[Any, Any]) -> None:
    raise NotYet("this part of roadie is not built yet", where=f"{call.request.method} {call.request.path}")


_ROWS = (
    ("GET", "/map", "The library as a map"),
    ("GET", "/rules", "All rules"),
    ("GET", "/rules/{name}", "One rule"),
    ("PUT", "/rules/{name}", "Write a rule"),
    ("POST", "/rules/dry-run", "What a rule would do"),
    ("GET", "/plugins", "Plug-ins found"),
    ("POST", "/plugins/scan", "Look for plug-ins"),
    ("GET", "/chains", "Effect chains"),
    ("POST", "/chains/preview", "Hear a chain"),
)

ROUTES = tuple(
    Route(method, BASE + path, not_yet, f"{summary} (not built yet)", status=501, query=None)
    for method, path, summary in _ROWS
)
