"""Waveforms for drawing: kept by asset in the cache, and made when they are asked for and are not there."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from daemon.jobs.prepare import Preparer
from daemon.kernel.errors import NotFound
from daemon.kernel.types import AssetId
from daemon.library.asset_records import Asset


class Peaks:
    """Whoever asks while a waveform is being made waits for the same work."""

    def __init__(self, folder: Path, preparer: Preparer) -> None:
        self._folder = folder
        self._preparer = preparer
        self._making: dict[str, asyncio.Task[None]] = {}

    async def of(self, asset: Asset, n: int) -> dict[str, Any]:
        """n (min, max) pairs for each channel. Raises FileMissing, and NotFound for what makes no sound."""
        path = self._folder / asset.id
        if not await asyncio.to_thread(path.is_file):
            await self._make(asset)
        try:
            return await asyncio.to_thread(_read, path, n)
        except FileNotFoundError as error:
            raise NotFound("this asset has no waveform", where=asset.name) from error

    async def _make(self, asset: Asset) -> None:
        if asset.meta.get("container") == "midi" or asset.kind in ("midi", "lyrics"):
            raise NotFound("this asset has no waveform", where=asset.name, why=f"it is {asset.kind}")
        task = self._making.get(asset.id)
        if task is None:
            paths = [Path(text) for text in asset.paths]
            task = asyncio.create_task(self._preparer.make_peaks(AssetId(asset.id), paths), name="peaks")
            self._making[asset.id] = task
            task.add_done_callback(lambda _: self._making.pop(asset.id, None))
        await asyncio.shield(task)


def _read(path: Path, n: int) -> dict[str, Any]:
    if not path.is_file():
        raise FileNotFoundError(path)
    # Imported when first drawn: the idle daemon does without numpy.
    from daemon.audio.peaks import read_peaks  # noqa: PLC0415

    return {"channels": read_peaks(path, n).tolist()}
