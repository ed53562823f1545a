"""Files sent as they are, in parts when asked for: what an <audio> element and a waveform need."""

from __future__ import annotations

import asyncio
import os
import stat
from dataclasses import dataclass
from email.utils import formatdate
from io import FileIO
from pathlib import Path

from aiohttp import web

from bridges.http.ranges import ByteRange, NotSatisfiable, etag_matches, parse_range
from bridges.http.refusals import Gone, NoSuchRange, Precondition
from bridges.http.table import Call
from daemon.audio.ogg_in_wav import ogg_place
from daemon.audio.riff import ChunkPlace
from daemon.kernel.errors import DiskError, NotFound, UnreadableAudio

_CHUNK_BYTES = 256 * 1024
# Without O_NONBLOCK, opening a named pipe waits for a writer that may never come.
_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A regular file, opened: its bytes from `start` on, `size_bytes` of them. head: the first 16."""

    file: FileIO
    start: int
    size_bytes: int
    modified_at: float
    head: bytes
    etag: str


async def audio(call: Call[None, None]) -> web.StreamResponse:
    """The asset's file. Its content decides the type, not its name."""
    asset = call.path["id"]
    return await send_file(call.request, await call.services.library.audio_path(asset), asset)


async def send_file(request: web.Request, path: Path, name: str) -> web.StreamResponse:
    """A file, whole or in part. name: what it is, for its ETag. Raises as `open_file`."""
    opened = await asyncio.to_thread(open_file, path, name)
    try:
        return await _answer(request, opened)
    finally:
        await asyncio.to_thread(opened.file.close)


def open_file(path: Path, asset: str) -> OpenFile:
    """Raises Gone, NotFound (no regular file) or DiskError."""
    try:
        handle = os.open(path, _READ)
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            os.close(handle)
            raise NotFound("is no file", where=path)
        file = os.fdopen(handle, "rb", buffering=0)
        part = _ogg_inside(file, path)
        start, size = (0, found.st_size) if part is None else (part.start, part.size)
        file.seek(start)
        head = file.read(16)
    except FileNotFoundError as error:
        raise Gone("is not there any more", where=path) from error
    except OSError as error:
        raise DiskError("cannot be read", where=path, why=error.strerror) from error
    # Tags can change while the asset stays the same: a range must not mix two versions of the bytes.
    etag = f'"{asset}-{found.st_mtime_ns:x}-{found.st_size:x}"'
    return OpenFile(file, start, size, found.st_mtime, head, etag)


def _ogg_inside(file: FileIO, path: Path) -> ChunkPlace | None:
    """What to send of a WAV file with an Ogg stream in it, which no browser plays as it is."""
    try:
        return ogg_place(file, path)
    except UnreadableAudio:  # sent as it is
        return None


async def _answer(request: web.Request, opened: OpenFile) -> web.StreamResponse:
    headers = {
        "ETag": opened.etag,
        "Last-Modified": formatdate(opened.modified_at, usegmt=True),
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
        "Content-Type": content_type(opened.head),
    }
    if_match, if_none_match = request.headers.get("If-Match"), request.headers.get("If-None-Match")
    if if_match is not None and not etag_matches(if_match, opened.etag, weak=False):
        raise Precondition("the file is another than If-Match says", headers={"ETag": opened.etag})
    if if_none_match is not None and etag_matches(if_none_match, opened.etag, weak=True):
        return web.Response(status=304, headers=headers)
    try:
        part = parse_range(_range_header(request, opened, headers["Last-Modified"]), opened.size_bytes)
    except NotSatisfiable:
        size = {"Content-Range": f"bytes */{opened.size_bytes}"}
        raise NoSuchRange("the file has no such part", why=f"{opened.size_bytes} bytes", headers=size) from None
    if part is not None:
        headers["Content-Range"] = f"bytes {part.start}-{part.end - 1}/{opened.size_bytes}"
    return await _send(request, opened, part, headers)


def _range_header(request: web.Request, opened: OpenFile, last_modified: str) -> str | None:
    """The Range header, unless If-Range says that it was meant for other bytes."""
    condition = request.headers.get("If-Range")
    if condition is not None and condition.strip() not in (opened.etag, last_modified):
        return None
    return request.headers.get("Range") if request.method in ("GET", "HEAD") else None


async def _send(
    request: web.Request, opened: OpenFile, part: ByteRange | None, headers: dict[str, str]
) -> web.StreamResponse:
    span = part or ByteRange(0, opened.size_bytes)
    response = web.StreamResponse(status=206 if part else 200, headers=headers)
    response.content_length = span.end - span.start
    await response.prepare(request)
    if request.method != "HEAD":
        await _copy(opened, span, response)
    return response


async def _copy(opened: OpenFile, span: ByteRange, response: web.StreamResponse) -> None:
    position = span.start
    await asyncio.to_thread(opened.file.seek, opened.start + position)
    while position < span.end:
        chunk = await asyncio.to_thread(opened.file.read, min(_CHUNK_BYTES, span.end - position))
        if not chunk:  # it became shorter meanwhile: only ending the connection tells the client
            raise ConnectionError("the file was cut while it was sent")
        await response.write(chunk)
        position += len(chunk)


_MAGIC = (
    (0, b"fLaC", "audio/flac"),
    (0, b"OggS", "audio/ogg"),
    (0, b"MThd", "audio/midi"),
    (0, b"ID3", "audio/mpeg"),
    (4, b"ftyp", "audio/mp4"),
    (8, b"WAVE", "audio/wav"),
    (8, b"AIFF", "audio/aiff"),
    (8, b"AIFC", "audio/aiff"),
    (0, b"\x1aE\xdf\xa3", "audio/webm"),
)


def content_type(head: bytes) -> str:
    """The media type of a file that begins with these bytes; application/octet-stream when unknown."""
    for offset, magic, name in _MAGIC:
        if head[offset : offset + len(magic)] == magic:
            return name
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0:
        return "audio/aac"  # ADTS: sync word with layer 0
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        return "audio/mpeg"
    return "application/octet-stream"
