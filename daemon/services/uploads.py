"""Uploads: files that arrive in parts, and what becomes of them once they are whole."""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import msgspec

from daemon.audio.binary import shown
from daemon.files.disk import Disk
from daemon.files.names import safe_name
from daemon.jobs.prepare import Preparer, stat_of
from daemon.kernel.errors import BadParameter, Conflict, DiskError, InputError, InputRefused, NotFound
from daemon.kernel.failpoints import declare, failpoint
from daemon.kernel.types import AssetId
from daemon.library.asset_records import Asset
from daemon.library.assets import Assets
from daemon.library.jobs import Jobs
from daemon.services.types_system import UploadView

InUse = Callable[[Path], bool]
declare("uploads.before_move", "uploads.after_move", "uploads.before_ticket", "uploads.after_ticket")

KEPT_S = 7 * 24 * 3600.0
"""How long an upload that nobody sends to is kept, and what is told of one that has become an asset."""


class Uploaded:
    """Takes whole files into the library. Each gets a folder of its own below `folder`, so its name stays. These copies
    are roadie's own, and go when nobody needs them any more."""

    def __init__(self, folder: Path, assets: Assets, jobs: Jobs, preparer: Preparer, in_use: InUse) -> None:
        self._folder = folder
        self._assets = assets
        self._jobs = jobs
        self._preparer = preparer
        self._in_use = in_use

    def place(self, upload: str, name: str) -> Path:
        """Where the file of an upload goes. The same upload again has the same place."""
        return self._folder / upload / safe_name(name or "upload")

    def owns(self, path: Path) -> bool:
        """Whether a file is a copy that roadie keeps of an upload."""
        return path.is_relative_to(self._folder)

    async def add(self, arrived: Path, target: Path) -> Asset:
        """The asset of a whole file, which goes from `arrived` to `target`. The same content twice is one asset and one
        file. It is read before it is moved, and found at `target` when an earlier try ended in between.

        Raises InputError, and removes the file, when it is no audio; whatever else goes wrong, it stays.
        """
        file = arrived if await asyncio.to_thread(arrived.exists) else target
        try:
            _, new = await self._preparer.read(file, await stat_of(file))
        except InputError as error:
            await asyncio.to_thread(self._remove, file)
            raise _named(error, file, target.name) from error
        if await self._stands_elsewhere(new.id, target):
            await asyncio.to_thread(self._remove, file)
            await self._assets.forget_path(target)
        else:
            if file != target:
                await asyncio.to_thread(_move, file, target)
            meta = {**new.meta, "source": target.stem}
            await self._assets.record(replace(new, path=target, stat=await stat_of(target), meta=meta))
        return await self._assets.get(new.id)

    async def _stands_elsewhere(self, asset: AssetId, target: Path) -> bool:
        try:
            known = await self._assets.get(asset)
        except NotFound:
            return False
        others = [path for path in known.paths if path != str(target)]
        return await asyncio.to_thread(lambda: any(map(os.path.isfile, others)))

    async def drop(self, paths: Iterable[Path]) -> int:
        """Remove those that are copies of roadie's own and that the library does not know (any more), no open job
        works on and no project uses. Returns how many went."""
        own = [path for path in paths if self.owns(path)]
        known, needed = await self._assets.looks_at(own), await self._jobs.open_inputs()
        loose = [path for path in own if path not in known and str(path) not in needed]
        return await asyncio.to_thread(self._drop, loose)

    def _drop(self, loose: Sequence[Path]) -> int:
        gone = [path for path in loose if not self._in_use(path)]
        for path in gone:
            self._remove(path)
        return len(gone)

    async def expire(self, before: float, under_way: Collection[str]) -> int:
        """Remove copies from before then (seconds since the epoch) that nobody needs: of an asset that was forgotten
        while a job worked on it, or of an upload that ended before its file was known."""
        return await self.drop(await asyncio.to_thread(self._old, before, under_way))

    def _old(self, before: float, under_way: Collection[str]) -> list[Path]:
        folders = [each for each in self._folder.glob("*") if each.is_dir() and each.name not in under_way]
        files = [path for folder in folders for path in folder.iterdir()]
        return [path for path in files if path.stat().st_mtime < before]

    def _remove(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        if self.owns(path):
            Disk().remove_folder(path.parent)


def _move(arrived: Path, target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        failpoint("uploads.before_move")
        arrived.replace(target)
        failpoint("uploads.after_move")
        for folder in (target.parent, target.parent.parent):
            Disk().sync_folder(folder)
    except OSError as error:
        raise DiskError("cannot store the upload", where=target, why=error.strerror) from error


def _named(error: InputError, file: Path, name: str) -> InputError:
    """The same error by the name that the sender gave, who knows no file of roadie's own."""
    info = error.info()
    return InputRefused(replace(info, message=info.message.replace(shown(file), name), where=name))


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
