"""Uploads: files that arrive in parts, and what becomes of them once they are whole."""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec

from daemon.files.disk import Disk
from daemon.kernel.errors import BadParameter, Conflict, DiskError, InputError, NotFound
from daemon.kernel.failpoints import declare, failpoint
from daemon.services.types_system import UploadView
from daemon.services.uploaded import Uploaded

declare("uploads.before_ticket", "uploads.after_ticket")

KEPT_S = 7 * 24 * 3600.0
"""How long an upload that nobody sends to is kept, and what is told of one that has become an asset."""


class _Ticket(msgspec.Struct):
    """What is known of an upload under way, kept beside its bytes so that it outlives a restart."""

    name: str
    length: int
    asset: str | None = None


_OWN = ("*.part", "*.json", "*.new", "spool/*")


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
        except OSError as error:
            raise self._refused(error) from error
        self._store(upload, ticket)

    def _store(self, upload: str, ticket: _Ticket) -> None:
        """Durable when it returns, and never half written."""
        fresh = self._folder / f"{upload}.new"
        try:
            with fresh.open("wb") as file:
                file.write(msgspec.json.encode(ticket))
                _sync(file)
            fresh.replace(self._ticket(upload))
            Disk().sync_folder(self._folder)
        except OSError as error:
            raise self._refused(error) from error

    def _refused(self, error: OSError) -> DiskError:
        return DiskError("cannot store the upload", where=self._folder, why=error.strerror)

    async def get(self, upload: str) -> UploadView:
        """Raises NotFound."""
        return await asyncio.to_thread(self._view, upload)

    def _view(self, upload: str) -> UploadView:
        ticket = self._read(upload)
        size = ticket.length if ticket.asset is not None else self._arrived(upload, ticket)
        return UploadView(upload, size, ticket.length, ticket.asset)

    def _arrived(self, upload: str, ticket: _Ticket) -> int:
        """How many bytes there are. A whole file may have its place already, where the daemon ended before the asset
        was known."""
        try:
            return self._bytes(upload).stat().st_size
        except FileNotFoundError:
            if self._uploaded.place(upload, ticket.name).is_file():
                return ticket.length
            raise NotFound("what arrived of this upload is lost", where=upload) from None

    async def append(self, upload: str, offset: int, chunks: AsyncIterator[bytes]) -> UploadView:
        """Write from `offset`, which must be where the upload stands. What arrived stays when the sender breaks off.

        After the last byte the file becomes an asset. Raises Conflict for another offset or a second sender.
        """
        state = await self.get(upload)
        if upload in self._busy:
            raise Conflict("another request is sending this upload", where=upload)
        if offset != state.offset or state.asset is not None:
            raise Conflict(f"the upload stands at byte {state.offset}", where=upload)
        with self._alone(upload):
            if state.offset < state.length:
                await self._write(upload, state, chunks)
            return await self._finish(upload)

    async def finish(self, upload: str) -> UploadView:
        """How far it is; one that is whole and no asset yet, because the daemon ended in between, becomes one now.

        Raises NotFound, and as `append` for what is no audio.
        """
        state = await self.get(upload)
        if upload in self._busy or state.asset is not None or state.offset < state.length:
            return state
        with self._alone(upload):
            return await self._finish(upload)

    @contextmanager
    def _alone(self, upload: str) -> Iterator[None]:
        self._busy.add(upload)
        try:
            yield
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
            raise self._refused(error) from error
        finally:
            await asyncio.to_thread(file.close)

    async def _finish(self, upload: str) -> UploadView:
        state = await self.get(upload)
        if state.offset < state.length:
            return state
        ticket = await asyncio.to_thread(self._read, upload)
        try:
            asset = await self._uploaded.add(self._bytes(upload), self._uploaded.place(upload, ticket.name))
        except InputError:
            await asyncio.to_thread(self._forget, upload)
            raise
        ticket.asset = asset.id
        failpoint("uploads.before_ticket")
        await asyncio.to_thread(self._store, upload, ticket)
        failpoint("uploads.after_ticket")
        return await self.get(upload)

    async def delete(self, upload: str) -> None:
        """Forget an upload and what arrived of it; an asset it became stays. Raises NotFound."""
        await asyncio.to_thread(self._read, upload)
        await asyncio.to_thread(self._forget, upload)

    def _forget(self, upload: str) -> None:
        for path in (self._bytes(upload), self._ticket(upload)):
            path.unlink(missing_ok=True)

    async def expire(self, kept_s: float = KEPT_S) -> int:
        """Forget what nobody has sent to for `kept_s`: unfinished uploads with their bytes, tickets of finished ones,
        whole files of requests that broke off, and copies that nobody needs. Returns how many files went."""
        before = time.time() - kept_s
        gone = await asyncio.to_thread(self._expire, before)
        tickets = await asyncio.to_thread(lambda: {path.stem for path in self._folder.glob("*.json")})
        return gone + await self._uploaded.expire(before, tickets | self._busy)

    def _expire(self, before: float) -> int:
        gone = 0
        for path in [path for pattern in _OWN for path in self._folder.glob(pattern)]:
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
