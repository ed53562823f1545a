"""Finding assets: by text, facets and sound; what is there of each facet."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, structs

from bridges.http.table import BASE, Call, Route
from daemon.services.types_library import AssetQuery, Facets, SoundsPage

Counts = dict[str, dict[str, int]]
"""Facet -> value -> how many assets have it."""


class SimilarQuery(Facets, frozen=True):
    """What narrows the sounds that are like an asset. but: how they differ from it, "brighter,shorter"."""

    but: str | None = None
    cursor: str | None = None
    limit: Annotated[int, Meta(ge=1, le=1000)] = 50


async def search(call: Call[AssetQuery, None]) -> SoundsPage:
    return await call.services.library.search(call.query)


async def similar(call: Call[SimilarQuery, None]) -> SoundsPage:
    return await call.services.library.search(AssetQuery(**structs.asdict(call.query), like=call.path["id"]))


async def facets(call: Call[Facets, None]) -> Counts:
    return await call.services.library.facets(AssetQuery(**structs.asdict(call.query)))


_NONE = ((404, "no such asset, or roadie has not heard it"),)

ROUTES = (
    Route("GET", f"{BASE}/assets", search, "Search the library", query=AssetQuery, answer=SoundsPage, also=_NONE),
    Route(
        "GET", f"{BASE}/assets/{{id}}/similar", similar, "What sounds like it", query=SimilarQuery,
        answer=SoundsPage, also=_NONE,
    ),
    Route("GET", f"{BASE}/facets", facets, "How much there is of each facet", query=Facets, answer=Counts),
)  # fmt: skip
