"""Kits: samples on notes."""

from __future__ import annotations

from bridges.http.table import BASE, Call, Reply, Route
from daemon.services.types import Page
from daemon.services.types_kits import KitPatch, KitRequest, KitView


async def list_kits(call: Call[None, None]) -> Page[KitView]:
    return Page(items=await call.services.kits.all())


async def create(call: Call[None, KitRequest]) -> Reply:
    made = await call.services.kits.create(call.body)
    return Reply(made, headers={"Location": f"{_ALL}/{made.id}"})


async def get(call: Call[None, None]) -> KitView:
    return await call.services.kits.get(call.path["id"])


async def patch(call: Call[None, KitPatch]) -> KitView:
    return await call.services.kits.change(call.path["id"], call.body)


async def delete(call: Call[None, None]) -> None:
    await call.services.kits.delete(call.path["id"])


_ALL = f"{BASE}/kits"
_ONE = f"{_ALL}/{{id}}"
_NONE = ((404, "no such kit"),)

ROUTES = (
    Route("GET", _ALL, list_kits, "All kits", answer=Page[KitView]),
    Route("POST", _ALL, create, "Make a kit", body=KitRequest, answer=KitView, status=201),
    Route("GET", _ONE, get, "One kit", answer=KitView, also=_NONE),
    Route("PATCH", _ONE, patch, "Change a kit", body=KitPatch, answer=KitView, also=_NONE),
    Route("DELETE", _ONE, delete, "Remove a kit; its samples stay", status=204, also=_NONE),
)
