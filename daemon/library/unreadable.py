"""Files that cannot be read, remembered so that a scan opens none of them again while it is unchanged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from daemon.library.asset_records import FileStat
from daemon.library.assets import range_below
from daemon.library.database import Database
from daemon.library.text import sql

_BELOW = "SELECT path, size, mtime_ns, inode, why, reader FROM unreadable WHERE path >= ? AND path < ?"
_PUT = "INSERT OR REPLACE INTO unreadable (path, size, mtime_ns, inode, why, reader) VALUES (?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class Bad:
    """What a file looked like when it could not be read, and why it could not. old: another reader said so."""

    stat: FileStat
    why: str
    old: bool = False


class Unreadable:
    """reader: what reads files now. What another one could not read is tried again."""

    def __init__(self, db: Database, reader: str) -> None:
        self._db = db
        self._reader = reader

    async def below(self, folder: Path) -> dict[str, Bad]:
        def work() -> dict[str, Bad]:
            rows = sql(_BELOW, *range_below(folder))
            return {
                path: Bad(FileStat(*stat), why, reader != self._reader) for path, *stat, why, reader in rows
            }

        return await self._db.read(work)

    async def put(self, files: Mapping[Path, Bad]) -> None:
        def work() -> None:
            for path, bad in files.items():
                stat = bad.stat
                sql(_PUT, str(path), stat.size, stat.mtime_ns, stat.inode, bad.why, self._reader)

        if files:
            await self._db.write(work)

    async def forget(self, paths: Iterable[str]) -> None:
        """These have gone, changed, or are to be tried again."""
        gone = list(paths)

        def work() -> None:
            for path in gone:
                sql("DELETE FROM unreadable WHERE path = ?", path)

        if gone:
            await self._db.write(work)
