"""What does not fit into one JSON answer: uploads and events."""

from __future__ import annotations

from bridges.http import tus
from bridges.http.events import EventsQuery, server_sent, websocket
from bridges.http.multipart import upload
from bridges.http.table import BASE, Body, Header, Route
from daemon.services.types_library import AssetView

_UPLOAD = f"{tus.PATH}/{{id}}"
_BAD_HEADER = (400, "a header is missing or no number of bytes")
_NO_UPLOAD = (404, "no such upload")
_VERSION = (412, "another version of tus")
_TUS = Header("Tus-Resumable", f"the version of tus that is spoken: {tus.VERSION}")
_LENGTH = Header("Upload-Length", "bytes of the whole file", "integer")
_OFFSET = Header("Upload-Offset", "bytes that are here", "integer")
_LOCATION = Header("Location", "where the upload goes on")
_ASSET = Header("Roadie-Asset", "the asset, once the last bytes are here")
_SPOKEN = (
    _TUS, Header("Tus-Version", "versions that are spoken"), Header("Tus-Extension", "what is spoken beyond the core"),
    Header("Tus-Max-Size", "bytes that an upload may have", "integer"),
)  # fmt: skip

ROUTES = (
    Route(
        "POST",
        f"{BASE}/assets",
        upload,
        "Upload one file",
        takes=Body.MULTIPART,
        answer=AssetView,
        status=201,
        also=((202, "a job takes it in"), (413, "too large")),
    ),
    Route("OPTIONS", tus.PATH, tus.discover, "tus: what is spoken here", status=204, gives=_SPOKEN),
    Route(
        "POST",
        tus.PATH,
        tus.create,
        "tus: begin an upload",
        status=201,
        also=(_BAD_HEADER, _VERSION, (413, "too large")),
        needs=(_TUS, _LENGTH),
        gives=(_TUS, _LOCATION),
    ),
    Route(
        "HEAD",
        _UPLOAD,
        tus.offset,
        "tus: how far it is",
        also=(_NO_UPLOAD, _VERSION),
        needs=(_TUS,),
        gives=(_TUS, _OFFSET, _LENGTH),
    ),
    Route(
        "PATCH",
        _UPLOAD,
        tus.append,
        "tus: go on from an offset",
        takes=Body.TUS,
        status=204,
        also=(
            _BAD_HEADER,
            _NO_UPLOAD,
            _VERSION,
            (409, "it stands at another offset"),
            (413, "more than announced"),
        ),
        needs=(_TUS, _OFFSET),
        gives=(_TUS, _OFFSET, _ASSET),
    ),
    Route(
        "DELETE",
        _UPLOAD,
        tus.terminate,
        "tus: give it up",
        status=204,
        also=(_NO_UPLOAD, _VERSION),
        needs=(_TUS,),
        gives=(_TUS,),
    ),
    Route(
        "GET",
        f"{BASE}/events",
        websocket,
        "Events over a WebSocket",
        query=EventsQuery,
        status=101,
        also=((426, "not a WebSocket"),),
    ),
    Route(
        "GET",
        f"{BASE}/events/stream",
        server_sent,
        "Events as server-sent events",
        query=EventsQuery,
        media="text/event-stream",
    ),
)
