"""A path becomes an asset: read once in a worker, and not again while the file looks unchanged."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from daemon.jobs.reading import OutsideReader
from daemon.kernel.errors import FileMissing, InputError, SourceChanged, StepFailed
from daemon.kernel.types import AssetId, Json
from daemon.kernel.work import Kind, StepResult
from daemon.library.asset_records import FileStat, NewAsset
from daemon.library.assets import Assets

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A source as it was when it was read."""

    asset: AssetId
    path: Path
    stat: FileStat
    meta: Mapping[str, Json]

    async def still_there(self) -> None:
        """Raises SourceChanged when the file no longer looks as it did."""
        try:
            now = await asyncio.to_thread(FileStat.of, self.path)
        except OSError as error:
            raise SourceChanged("the file went away while it was worked on", where=self.path) from error
        if now != self.stat:
            raise SourceChanged(
                "the file changed while it was worked on", where=self.path, hint="Ask again once it is finished"
            )


async def stat_of(path: Path) -> FileStat:
    """Raises FileMissing with the reason."""
    try:
        return await asyncio.to_thread(FileStat.of, path)
    except OSError as error:
        raise FileMissing("the file cannot be opened", where=path, why=error.strerror) from error
    except ValueError as error:  # a path with a NUL in it
        raise FileMissing("this is no path", where=repr(path), why=error) from error


class Preparer:
    """Reads files in the cpu lane and records them in the library."""

    def __init__(self, assets: Assets, reader: OutsideReader, peaks: Path) -> None:
        self._assets = assets
        self._reader = reader
        self._peaks = peaks

    async def prepare(self, path: Path) -> Prepared:
        """Raises FileMissing, InputRefused for what is no sound, StepFailed, WorkerDied."""
        stat = await stat_of(path)
        known = await self._assets.read_at(path, stat)
        # What roadie delivered is known without having been read: as a source it is read like any other.
        if known is not None and known[1].get("payload") == known[0]:
            return Prepared(known[0], path, stat, known[1])
        result, new = await self.read(path, stat)
        await self._assets.record(new)
        return Prepared(new.id, path, stat, result)

    async def learn(self, asset: AssetId, meta: Mapping[str, Json]) -> None:
        """What a job has learnt of a source as a whole reaches the library."""
        if meta:
            await self._assets.learn(asset, meta)

    async def prepare_asset(self, asset: AssetId, first: Path) -> Prepared:
        """The asset itself, wherever it stands now; `first` is where it stood when it was asked for.

        Raises FileMissing when none of its paths has its sound any more.
        """
        known = await self._assets.get(asset)
        for path in dict.fromkeys([first, *map(Path, known.paths)]):
            try:
                prepared = await self.prepare(path)
            except InputError as error:
                log.info("asset %s is not at %s any more: %s", asset, path, error)
                continue
            if prepared.asset == asset:
                return prepared
        raise FileMissing("the file of this asset is missing", where=known.name, hint="Scan its folder again")

    async def make_peaks(self, asset: AssetId, paths: Iterable[Path]) -> None:
        """Read a file of the asset again for its waveform alone, wherever it stands now. Nothing is recorded.

        Raises FileMissing when none of `paths` has its sound any more.
        """
        for path in paths:
            try:
                meta = await self._reader.read("prepare", path, Kind.SOURCE, self._keep_peaks)
            except (InputError, StepFailed) as error:
                log.info("asset %s is not at %s any more: %s", asset, path, error)
                continue
            if meta.get("payload") == asset:
                return
        raise FileMissing("the file of this asset is missing", where=asset, hint="Scan its folder again")

    async def read(self, path: Path, stat: FileStat) -> tuple[Mapping[str, Json], NewAsset]:
        """Read a file in a worker; what it is, ready to be recorded."""
        meta = await self._reader.read("prepare", path, Kind.SOURCE, self._keep_peaks)
        asset = AssetId(str(meta["payload"]))
        kind = Kind.MIDI if meta.get("container") == "midi" else Kind.SOURCE
        byte_hash = meta.get("byte_hash")
        new = NewAsset(asset, kind, path, stat, None if byte_hash is None else str(byte_hash), meta=meta)
        return meta, new

    def _keep_peaks(self, out: Path, result: StepResult) -> Mapping[str, Json]:
        meta = result.annotations[0].meta
        for file in result.files:
            self._peaks.mkdir(parents=True, exist_ok=True)
            (out / file.name).replace(self._peaks / str(meta["payload"]))
        return meta
