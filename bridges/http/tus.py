"""Resumable upload by the tus protocol, version 1.0.0, with creation and termination (https://tus.io)."""

from __future__ import annotations

import base64
import binascii

from aiohttp import web

from bridges.http.incoming import Arriving
from bridges.http.refusals import BadRequest, OffsetMismatch, TooLarge, WrongTusVersion
from bridges.http.table import BASE, Call
from daemon.services.types_system import UploadView

VERSION = "1.0.0"
PATH = f"{BASE}/uploads"


async def stamp(request: web.BaseRequest, response: web.StreamResponse) -> None:
    """Every answer of this protocol, refusals included, names its version."""
    if request.path == PATH or request.path.startswith(f"{PATH}/"):
        response.headers["Tus-Resumable"] = VERSION


async def discover(call: Call[None, None]) -> web.Response:
    return web.Response(
        status=204,
        headers={
            "Tus-Version": VERSION,
            "Tus-Extension": "creation,termination",
            "Tus-Max-Size": str(call.context.settings.max_upload_bytes),
        },
    )


async def create(call: Call[None, None]) -> web.Response:
    """Upload-Length in bytes; Upload-Metadata may bring `filename` (base64)."""
    _check_version(call.request)
    if "Upload-Defer-Length" in call.request.headers:
        raise BadRequest("the length must be known from the start", where="Upload-Defer-Length")
    length = _number(call.request, "Upload-Length")
    if length > call.context.settings.max_upload_bytes:
        raise TooLarge("the upload is too large", why=f"{length} bytes")
    upload = await call.services.uploads.create(length, _filename(call.request))
    return web.Response(status=201, headers={"Location": f"{PATH}/{upload.id}"})


async def offset(call: Call[None, None]) -> web.Response:
    """How far it is; of a whole one also what it became, for a sender that lost the answer to its last bytes."""
    _check_version(call.request)
    upload = await call.services.uploads.finish(call.path["id"])
    headers = {"Upload-Offset": str(upload.offset), "Upload-Length": str(upload.length)}
    return web.Response(status=200, headers={**headers, **_asset(upload)})


async def append(call: Call[None, None]) -> web.Response:
    """The bytes from Upload-Offset on. What has arrived before a broken connection stays."""
    request, uploads = call.request, call.services.uploads
    _check_version(request)
    begin = _number(request, "Upload-Offset")
    upload = await uploads.get(call.path["id"])
    if begin != upload.offset:
        raise OffsetMismatch(f"the upload stands at {upload.offset}, not {begin}")
    if request.content_length is not None and begin + request.content_length > upload.length:
        raise TooLarge("more bytes than were announced", why=f"{upload.length} in all")
    arriving = Arriving(request, call.context.settings.body_idle_s)
    upload = await uploads.append(upload.id, begin, arriving.chunks())
    if arriving.broken is not None:
        raise arriving.broken
    return web.Response(status=204, headers={**_asset(upload), "Upload-Offset": str(upload.offset)})


async def terminate(call: Call[None, None]) -> web.Response:
    _check_version(call.request)
    await call.services.uploads.delete(call.path["id"])
    return web.Response(status=204)


def _asset(upload: UploadView) -> dict[str, str]:
    return {"Roadie-Asset": upload.asset} if upload.asset else {}


def _check_version(request: web.Request) -> None:
    said = request.headers.get("Tus-Resumable")
    if said != VERSION:
        raise WrongTusVersion(
            "this version of tus is not spoken here",
            where=f"Tus-Resumable: {said}",
            headers={"Tus-Version": VERSION},
        )


def _number(request: web.Request, name: str) -> int:
    said = request.headers.get(name, "")
    if not (said.isascii() and said.isdigit()) or len(said) > 18:
        raise BadRequest("is not a number of bytes", where=f"{name}: {said}")
    return int(said)


def _filename(request: web.Request) -> str:
    """The `filename` (or `name`) of Upload-Metadata: "key base64,key base64"; "upload" when it says none."""
    pairs = (pair.split() for pair in request.headers.get("Upload-Metadata", "").split(","))
    given = {pair[0]: pair[1] if len(pair) > 1 else "" for pair in pairs if pair}
    coded = given.get("filename") or given.get("name")
    if not coded:
        return "upload"
    try:
        return base64.b64decode(coded, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise BadRequest("is not base64 of UTF-8", where="Upload-Metadata") from error
