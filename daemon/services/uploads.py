"""Uploads: files that arrive in parts, and what becomes of them once they are whole."""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from daemon.files.names import safe_name
from daemon.jobs.prepare import Preparer
from daemon.kernel.errors import BadParameter, Conflict, DiskError, NotFound
from daemon.library.asset_records import Asset
from daemon.library.assets import Assets
from daemon.services.types_system import UploadView

KEPT_S = 7 * 24 * 3600.0
"""How long an upload that nobody sends to is kept, and what is told of one that has become an asset."""


class Uploaded:
    """Takes whole files into the library. Each gets a folder of its own below `folder`, so its name stays."""

    def __init__(self, folder: Path, assets: Assets, preparer: Preparer) -> None:
        self._folder = folder
        self._assets = assets
        self._preparer = preparer

    async def add(self, arrived: Path, name: str) -> Asset:
        """Raises UnreadableAudio (and removes the file) when it is no audio."""
        target = self._folder / secrets.token_hex(6) / safe_name(name or "upload")
        await asyncio.to_thread(_move, arrived, target)
        try:
            prepared = await self._preparer.prepare(target)
        except BaseException:
            await asyncio.to_thread(_remove, target)
            raise
        asset = await self._assets.get(prepared.asset)
        elsewhere = [path for path in asset.paths if path != str(target)]
        known: bool = bool(elsewhere) and await asyncio.to_thread(os.path.isfile, elsewhere[0])
        if known:
            await asyncio.to_thread(_remove, target)
            await self._assets.forget_path(target)
            asset = await self._assets.get(prepared.asset)
        return asset


def _move(arrived: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    arrived.replace(target)


def _remove(target: Path) -> None:
    target.unlink(missing_ok=True)
    target.parent.rmdir()


class _Ticket(msgspec.Struct):
    """What is known of an upload under way, kept beside its bytes so that it outlives a restart."""

    name: str
    length: int
    asset: str | None = None


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


class UploadsService:
    """Resumable uploads: the file on disk is the offset, so nothing can disagree with it."""

    def __init__(self, folder: Path, uploaded: Uploaded) -> None:
        self._folder = folder
        self._uploaded = uploaded
        self._busy: set[str] = set()

    async def create(self, length: int, name: str) -> UploadView:
        """length: bytes that will come in all."""
        if length < 1:
            raise BadParameter("an upload has at least one byte")
        upload = secrets.token_hex(8)
        await asyncio.to_thread(self._create, upload, _Ticket(name, length))
        return await self.get(upload)

    def _create(self, upload: str, ticket: _Ticket) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._bytes(upload).touch()
            self._ticket(upload).write_bytes(msgspec.json.encode(ticket))
        except OSError as error:
            raise DiskError("cannot store the upload", where=self._folder, why=error.strerror) from error

    async def get(self, upload: str) -> UploadView:
        """Raises NotFound."""
        ticket = await asyncio.to_thread(self._read, upload)
        if ticket.asset is not None:
            return UploadView(upload, ticket.length, ticket.length, ticket.asset)
        size = await asyncio.to_thread(lambda: self._bytes(upload).stat().st_size)
        return UploadView(upload, size, ticket.length)

    async def append(self, upload: str, offset: int, chunks: AsyncIterator[bytes]) -> UploadView:
        """Write from `offset`, which must be where the upload stands. What arrived stays when the sender breaks off.

        After the last byte the file becomes an asset. Raises Conflict for another offset or a second sender.
        """
        state = await self.get(upload)
        if upload in self._busy:
            raise Conflict("another request is sending this upload", where=upload)
        if offset != state.offset or state.asset is not None:
            raise Conflict(f"the upload stands at byte {state.offset}", where=upload)
        self._busy.add(upload)
        try:
            await self._write(upload, state, chunks)
            return await self._finish(upload)
        finally:
            self._busy.discard(upload)

    async def _write(self, upload: str, state: UploadView, chunks: AsyncIterator[bytes]) -> None:
        left = state.length - state.offset
        file = await asyncio.to_thread(self._bytes(upload).open, "ab")
        try:
            async for chunk in chunks:
                left -= len(chunk)
                if left < 0:
                    raise BadParameter("more bytes came than the upload has", where=upload)
                await asyncio.to_thread(file.write, chunk)
            await asyncio.to_thread(_sync, file)
        except OSError as error:
            raise DiskError("cannot store the upload", where=self._folder, why=error.strerror) from error
        finally:
            await asyncio.to_thread(file.close)

    async def _finish(self, upload: str) -> UploadView:
        state = await self.get(upload)
        if state.offset < state.length:
            return state
        ticket = await asyncio.to_thread(self._read, upload)
        asset = await self._uploaded.add(self._bytes(upload), ticket.name)
        ticket.asset = asset.id
        await asyncio.to_thread(self._ticket(upload).write_bytes, msgspec.json.encode(ticket))
        return await self.get(upload)

    async def delete(self, upload: str) -> None:
        """Forget an upload and what arrived of it; an asset it became stays."""
        await self.get(upload)
        for path in (self._bytes(upload), self._ticket(upload)):
            await asyncio.to_thread(path.unlink, missing_ok=True)

    async def expire(self, kept_s: float = KEPT_S) -> int:
        """Forget what nobody has sent to for `kept_s`: unfinished uploads with their bytes, tickets of finished ones,
        and whole files of requests that broke off. Returns how many files went."""
        return await asyncio.to_thread(self._expire, time.time() - kept_s)

    def _expire(self, before: float) -> int:
        gone = 0
        for path in [*self._folder.glob("*.part"), *self._folder.glob("*.json"), *self._folder.glob("spool/*")]:
            upload = path.stem
            if upload in self._busy or self._touched(path) > before:
                continue
            path.unlink(missing_ok=True)
            gone += 1
        return gone

    def _touched(self, path: Path) -> float:
        """When the upload that a file belongs to was last sent to; now for one that is just going."""
        try:
            beside = [each.stat().st_mtime for each in (path, path.with_suffix(".part")) if each.exists()]
        except OSError:
            return time.time()
        return max(beside, default=time.time())

    def _read(self, upload: str) -> _Ticket:
        if not upload.isalnum():
            raise NotFound("there is no such upload", where=upload)
        try:
            return msgspec.json.decode(self._ticket(upload).read_bytes(), type=_Ticket)
        except (OSError, msgspec.MsgspecError) as error:
            raise NotFound("there is no such upload", where=upload) from error

    def _bytes(self, upload: str) -> Path:
        return self._folder / f"{upload}.part"

    def _ticket(self, upload: str) -> Path:
        return self._folder / f"{upload}.json"
