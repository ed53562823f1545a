"""Slices, notes and lyrics of an asset, as found and as a person edits them."""

from __future__ import annotations

from typing import Any

from bridges.http.routes.jobs import job_reply
from bridges.http.table import BASE, Call, Reply, Route
from daemon.services.types_edits import LyricsEdit, NotesEdit, SlicesEdit
from daemon.services.types_jobs import JobAck


async def slices(call: Call[None, None]) -> dict[str, Any]:
    return await call.services.edits.slices(call.path["id"])


async def notes(call: Call[None, None]) -> dict[str, Any]:
    return await call.services.edits.notes(call.path["id"])


async def lyrics(call: Call[None, None]) -> dict[str, Any]:
    return await call.services.edits.lyrics(call.path["id"])


async def put_slices(call: Call[None, SlicesEdit]) -> Reply:
    return job_reply(await call.services.edits.put_slices(call.path["id"], call.body, call.client))


async def put_notes(call: Call[None, NotesEdit]) -> Reply:
    return job_reply(await call.services.edits.put_notes(call.path["id"], call.body, call.client))


async def put_lyrics(call: Call[None, LyricsEdit]) -> Reply:
    return job_reply(await call.services.edits.put_lyrics(call.path["id"], call.body, call.client))


ASSET = f"{BASE}/assets/{{id}}"
_NONE = ((404, "no such asset"),)

ROUTES = (
    Route("GET", f"{ASSET}/slices", slices, "Its slices", answer=dict[str, Any], also=_NONE),
    Route("GET", f"{ASSET}/notes", notes, "Its notes", answer=dict[str, Any], also=_NONE),
    Route("GET", f"{ASSET}/lyrics", lyrics, "Its words", answer=dict[str, Any], also=_NONE),
    Route(
        "PUT", f"{ASSET}/slices", put_slices, "Edit its slices and export them", body=SlicesEdit, answer=JobAck,
        status=202, also=_NONE,
    ),
    Route(
        "PUT", f"{ASSET}/notes", put_notes, "Edit its notes and export them", body=NotesEdit, answer=JobAck,
        status=202, also=_NONE,
    ),
    Route(
        "PUT", f"{ASSET}/lyrics", put_lyrics, "Edit its words and export them", body=LyricsEdit, answer=JobAck,
        status=202, also=_NONE,
    ),
)  # fmt: skip
