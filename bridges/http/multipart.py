"""Upload of one file as a form sends it, streamed to disk."""

from __future__ import annotations

import asyncio
import errno
import os
import tempfile
from pathlib import Path
from typing import BinaryIO, cast

from aiohttp import BodyPartReader, web

from bridges.http.incoming import read_within
from bridges.http.refusals import BadRequest, TooLarge
from bridges.http.settings import HttpSettings
from bridges.http.table import BASE, Call, Reply
from daemon.kernel.errors import DiskError, DiskFull
from daemon.services.types_jobs import JobAck


async def upload(call: Call[None, None]) -> Reply:
    """201 with the asset, or 202 with the job that takes it in. The same content twice is one asset."""
    settings = call.context.settings
    _check_length(call.request.content_length, settings)
    part = await _file_part(call.request)
    path = await _spool(part, settings)
    try:
        added = await call.services.library.add_upload(path, part.filename or "upload")
    except BaseException:
        await asyncio.to_thread(path.unlink, missing_ok=True)
        raise
    if isinstance(added, JobAck):
        return Reply(added, 202, {"Location": f"{BASE}/jobs/{added.id}"})
    return Reply(added, 201, {"Location": f"{BASE}/assets/{added.id}"})


async def _file_part(request: web.Request) -> BodyPartReader:
    try:
        part = await (await request.multipart()).next()
    except (ValueError, AssertionError) as error:
        raise BadRequest("the form is malformed", why=error) from error
    if not isinstance(part, BodyPartReader) or part.filename is None:
        raise BadRequest("the form must hold one file", hint="curl -F file=@song.wav ...")
    return part


async def _spool(part: BodyPartReader, settings: HttpSettings) -> Path:
    """The part as a file of our own; nothing stays when it did not arrive whole."""
    file, path = await asyncio.to_thread(_new_file, settings.spool)
    try:
        await _copy(part, file, settings)
        await asyncio.to_thread(_finish, file)
    except BaseException as error:
        file.close()
        await asyncio.to_thread(path.unlink, missing_ok=True)
        if isinstance(error, OSError) and not isinstance(error, ConnectionError):
            raise _disk_error(error, settings.spool) from error
        raise
    return path


async def _copy(part: BodyPartReader, file: BinaryIO, settings: HttpSettings) -> None:
    length = 0
    while chunk := await read_within(part.read_chunk, settings.body_idle_s):
        length += len(chunk)
        _check_length(length, settings)
        await asyncio.to_thread(file.write, chunk)
    if not part.at_eof():
        raise BadRequest("the form ended before its file did")


def _new_file(spool: Path) -> tuple[BinaryIO, Path]:
    try:
        spool.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix="upload-", dir=spool)
    except OSError as error:
        raise _disk_error(error, spool) from error
    return cast(BinaryIO, os.fdopen(handle, "wb")), Path(name)


def _finish(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
    file.close()


def _check_length(length: int | None, settings: HttpSettings) -> None:
    if length is not None and length > settings.max_upload_bytes:
        raise TooLarge("the upload is too large", why=f"at most {settings.max_upload_bytes} bytes")


def _disk_error(error: OSError, where: Path) -> DiskError:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    kind = DiskFull if full else DiskError
    return kind("cannot store the upload", where=where, why=error.strerror)
