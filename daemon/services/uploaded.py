"""Files that were uploaded whole, and roadie's own copies of them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from daemon.audio.binary import shown
from daemon.files.disk import Disk
from daemon.files.names import safe_name
from daemon.jobs.prepare import Preparer, stat_of
from daemon.kernel.errors import DiskError, InputError, InputRefused, NotFound
from daemon.kernel.failpoints import declare, failpoint
from daemon.kernel.types import AssetId
from daemon.library.asset_records import Asset
from daemon.library.assets import Assets
from daemon.library.jobs import Jobs

InUse = Callable[[Path], bool]
declare("uploads.before_move", "uploads.after_move")


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
