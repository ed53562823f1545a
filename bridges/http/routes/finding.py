"""Finding assets: by text, facets and sound; what is there of each facet."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field, structs

from bridges.http.table import BASE, Call, Route
from daemon.services.types import AssetQuery, AssetView, Page, Request

Facets = dict[str, dict[str, int]]


class Filters(Request, frozen=True):
    """The facets of `AssetQuery` under the names of the address line: q is the text, class the label."""

    text: str | None = field(name="q", default=None)
    tag: str | None = None
    kind: str | None = None
    label: str | None = field(name="class", default=None)
    stem: str | None = None
    bpm_min: float | None = None
    bpm_max: float | None = None
    key: str | None = None
    compatible: bool = False
    length_min: float | None = None
    length_max: float | None = None
    rating_min: int | None = None
    folder: str | None = None
    source: str | None = None


class SimilarQuery(Filters, frozen=True):
    """Facets that narrow what sounds like an asset. but: how it differs, "brighter,shorter"."""

    but: str | None = None
    cursor: str | None = None
    limit: Annotated[int, Meta(ge=1, le=1000)] = 50


class AssetsQuery(SimilarQuery, frozen=True):
    """like: an asset, or the absolute path of a file, which is heard first."""

    like: str | None = None
    sort: Literal["relevance", "added", "name", "length", "bpm", "rating"] = "relevance"
    descending: bool = False


async def search(call: Call[AssetsQuery, None]) -> Page[AssetView]:
    return await call.services.library.search(AssetQuery(**structs.asdict(call.query)))


async def similar(call: Call[SimilarQuery, None]) -> Page[AssetView]:
    return await call.services.library.search(AssetQuery(**structs.asdict(call.query), like=call.path["id"]))


async def facets(call: Call[Filters, None]) -> Facets:
    return await call.services.library.facets(AssetQuery(**structs.asdict(call.query)))


_NONE = ((404, "no such asset, or roadie has not heard it"),)

ROUTES = (
    Route("GET", f"{BASE}/assets", search, "Search the library", query=AssetsQuery, answer=Page[AssetView], also=_NONE),
    Route(
        "GET", f"{BASE}/assets/{{id}}/similar", similar, "What sounds like it", query=SimilarQuery,
        answer=Page[AssetView], also=_NONE,
    ),
    Route("GET", f"{BASE}/facets", facets, "How much there is of each facet", query=Filters, answer=Facets),
)  # fmt: skip
