"""The library: search, one asset and what belongs to it."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from bridges.http.media import audio
from bridges.http.table import BASE, Call, Route
from daemon.services.types import Page, Request
from daemon.services.types_library import AssetPatch, AssetView, FileRequest, StatsView


class DeleteQuery(Request, frozen=True):
    """file: 1 also removes the file, if roadie wrote it. path: forget only that the asset stands there; the asset
    itself goes with its last path."""

    file: bool = False
    path: str | None = None


class PeaksQuery(Request, frozen=True):
    """n: how many (minimum, maximum) pairs over the whole length."""

    n: Annotated[int, Meta(ge=1, le=100_000)] = 1000


async def get(call: Call[None, None]) -> AssetView:
    return await call.services.library.get(call.path["id"])


async def at(call: Call[None, FileRequest]) -> AssetView:
    """Before something is said of a file: one that has other content by now is heard first, and is another asset. Of
    one that is gone it is the sound that was there."""
    return await call.services.library.at(call.body)


async def patch(call: Call[None, AssetPatch]) -> AssetView:
    return await call.services.library.patch(call.path["id"], call.body)


async def delete(call: Call[DeleteQuery, None]) -> None:
    await call.services.library.delete(call.path["id"], call.query.file, call.query.path)


async def peaks(call: Call[PeaksQuery, None]) -> dict[str, Any]:
    return await call.services.library.peaks(call.path["id"], call.query.n)


async def derived(call: Call[None, None]) -> Page[AssetView]:
    return Page(items=await call.services.library.derived(call.path["id"]))


async def stats(call: Call[None, None]) -> StatsView:
    return await call.services.library.stats()


ASSETS = f"{BASE}/assets"
ASSET = f"{ASSETS}/{{id}}"
_NONE = ((404, "no such asset"),)
_AUDIO = ((206, "the part asked for"), (304, "unchanged"), (416, "no such part"), *_NONE)

ROUTES = (
    Route(
        "POST",
        f"{ASSETS}/at",
        at,
        "The asset of a file as it is now",
        body=FileRequest,
        answer=AssetView,
        also=((404, "the library does not know this file"),),
    ),
    Route("GET", ASSET, get, "One asset", answer=AssetView, also=_NONE),
    Route(
        "PATCH",
        ASSET,
        patch,
        "Change tags, name, rating or class; take a class back",
        body=AssetPatch,
        answer=AssetView,
        also=_NONE,
    ),
    Route(
        "DELETE",
        ASSET,
        delete,
        "Take an asset, or one of its paths, out of the library",
        query=DeleteQuery,
        status=204,
        also=_NONE,
    ),
    Route("GET", f"{ASSET}/audio", audio, "The file, or a part (Range)", media="audio/*", also=_AUDIO),
    Route(
        "GET",
        f"{ASSET}/peaks",
        peaks,
        "Peaks of the waveform",
        query=PeaksQuery,
        answer=dict[str, Any],
        also=_NONE,
    ),
    Route("GET", f"{ASSET}/derived", derived, "What was made from it", answer=Page[AssetView], also=_NONE),
    Route("GET", f"{BASE}/stats", stats, "The library in figures", answer=StatsView),
)
