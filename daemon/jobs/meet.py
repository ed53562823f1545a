"""A file becomes an asset that was heard: looked up where it is known and unchanged, else read and heard now."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from daemon.jobs.prepare import stat_of
from daemon.library.asset_records import Asset, FileStat, NewAsset
from daemon.library.assets import Assets

Read = Callable[[Path, FileStat], Awaitable[NewAsset]]


async def met(assets: Assets, read: Read, path: Path) -> Asset:
    """read: hears a file in a worker (`Listener.one`). What roadie made itself it knows without hearing it.

    Raises FileMissing, InputError."""
    stat = await stat_of(path)
    known = await assets.look_at(path)
    if known is not None and known[1].stat == stat and (known[1].heard or known[1].made):
        return await assets.get(known[0])
    new = await read(path, stat)
    await assets.record(new)
    return await assets.get(new.id)
