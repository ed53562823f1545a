"""Plug-ins and effect chains."""

from __future__ import annotations

from aiohttp import web

from bridges.http.media import send_file
from bridges.http.routes.jobs import job_reply
from bridges.http.table import BASE, Call, Reply, Route
from daemon.services.types import Page
from daemon.services.types_jobs import JobAck
from daemon.services.types_plugins import (
    ApplyRequest,
    ChainView,
    PluginSaveRequest,
    PluginScanRequest,
    PluginView,
    PreviewRequest,
    PreviewView,
)


async def plugins(call: Call[None, None]) -> Page[PluginView]:
    return Page(items=await call.services.plugins.list())


async def scan(call: Call[None, PluginScanRequest]) -> Reply:
    return job_reply(await call.services.plugins.scan(call.body, call.client))


async def save(call: Call[None, PluginSaveRequest]) -> Reply:
    return job_reply(await call.services.plugins.save(call.body, call.client))


async def chains(call: Call[None, None]) -> Page[ChainView]:
    return Page(items=await call.services.chains.list())


async def preview(call: Call[None, PreviewRequest]) -> PreviewView:
    """Answered when it is rendered: some seconds of sound, well under a second of work, unless a plug-in stands
    still for as long as `patience_s`. A minute beyond that it is ended."""
    return await call.services.chains.preview(call.body)


async def preview_audio(call: Call[None, None]) -> web.StreamResponse:
    path = await call.services.chains.preview_path(call.path["id"])
    return await send_file(call.request, path, call.path["id"])


async def apply(call: Call[None, ApplyRequest]) -> Reply:
    return job_reply(await call.services.chains.apply(call.body, call.client))


ROUTES = (
    Route("GET", f"{BASE}/plugins", plugins, "Plug-ins found, and how they do", answer=Page[PluginView]),
    Route(
        "POST", f"{BASE}/plugins/scan", scan, "Look for plug-ins",
        body=PluginScanRequest, answer=JobAck, status=202,
    ),
    Route(
        "POST", f"{BASE}/plugins/save", save, "Keep a plug-in's settings as a file",
        body=PluginSaveRequest, answer=JobAck, status=202, also=((404, "no such plug-in"),),
    ),
    Route("GET", f"{BASE}/chains", chains, "Effect chains, broken ones with their problem", answer=Page[ChainView]),
    Route(
        "POST", f"{BASE}/chains/preview", preview, "A few seconds of a sound through a chain",
        body=PreviewRequest, answer=PreviewView,
        also=((404, "no such chain or asset"), (504, "not ready in time")),
    ),
    Route(
        "GET", f"{BASE}/chains/preview/{{id}}/audio", preview_audio, "The sound of a preview, also in parts",
        media="audio/*", also=((206, "a part"), (404, "no such preview any more"), (416, "no such part")),
    ),
    Route(
        "POST", f"{BASE}/chains/apply", apply, "Files or folders through a chain",
        body=ApplyRequest, answer=JobAck, status=202, also=((404, "no such chain"),),
    ),
)  # fmt: skip
