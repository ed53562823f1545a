"""Collections: named lists of assets."""

from __future__ import annotations

from bridges.http.table import BASE, Call, Reply, Route
from daemon.services.types import Page
from daemon.services.types_library import CollectionPatch, CollectionRequest, CollectionView


async def list_collections(call: Call[None, None]) -> Page[CollectionView]:
    return Page(items=await call.services.library.collections())


async def create(call: Call[None, CollectionRequest]) -> Reply:
    made = await call.services.library.create_collection(call.body)
    return Reply(made, headers={"Location": f"{_ALL}/{made.id}"})


async def get(call: Call[None, None]) -> CollectionView:
    return await call.services.library.collection(call.path["id"])


async def patch(call: Call[None, CollectionPatch]) -> CollectionView:
    return await call.services.library.patch_collection(call.path["id"], call.body)


async def delete(call: Call[None, None]) -> None:
    await call.services.library.delete_collection(call.path["id"])


_ALL = f"{BASE}/collections"
_ONE = f"{_ALL}/{{id}}"
_NONE = ((404, "no such collection"),)
_TAKEN = (409, "there is one of this name")

ROUTES = (
    Route("GET", _ALL, list_collections, "All collections", answer=Page[CollectionView]),
    Route(
        "POST",
        _ALL,
        create,
        "Make a collection",
        body=CollectionRequest,
        answer=CollectionView,
        status=201,
        also=(_TAKEN,),
    ),
    Route("GET", _ONE, get, "One collection", answer=CollectionView, also=_NONE),
    Route(
        "PATCH",
        _ONE,
        patch,
        "Rename it, add, remove",
        body=CollectionPatch,
        answer=CollectionView,
        also=(*_NONE, _TAKEN),
    ),
    Route("DELETE", _ONE, delete, "Remove it; its assets stay", status=204, also=_NONE),
)
