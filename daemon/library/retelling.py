"""Sounds whose class was told by something else than what tells it now: what they are told anew by, in parts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from daemon.library.asset_records import FileStat
from daemon.library.database import Database
from daemon.library.text import sql

_AT_ONCE = 500  # values in one statement
# Songs and what is no sound have no class. What roadie wrote is told by the job that made it.
_OTHERWISE = """
FROM path p JOIN asset a ON a.id = p.asset_id
WHERE p.path > ? AND NOT p.missing AND NOT p.made AND a.class IS NOT NULL AND a.heard IS NOT NULL AND a.heard != ?
"""
_COUNT = f"SELECT COUNT(*) {_OTHERWISE}"
_PAGE = f"SELECT p.path, p.size, p.mtime_ns, p.inode, a.id {_OTHERWISE} ORDER BY p.path LIMIT ?"
_CLASSES = "SELECT id, class FROM asset WHERE id IN ({})"


@dataclass(frozen=True, slots=True)
class Told:
    """A file as it was when its class was told."""

    path: Path
    stat: FileStat
    asset: str


class Retelling:
    """mark: of the engine that tells classes now (`EngineChoice.mark`)."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def count(self, mark: str) -> int:
        """Files whose class another engine told."""
        return await self._db.read(lambda: int(sql(_COUNT, "", mark).fetchone()[0]))

    async def page(self, mark: str, after: str, limit: int) -> list[Told]:
        """The first of these by path, of those behind the path `after`."""
        rows = await self._db.read(lambda: sql(_PAGE, after, mark, limit).fetchall())
        return [Told(Path(path), FileStat(*stat), asset) for path, *stat, asset in rows]

    async def classes(self, assets: Iterable[str]) -> dict[str, str | None]:
        """What each is called now; of one that has gone there is nothing."""
        wanted = list(assets)

        def work() -> dict[str, str | None]:
            found: dict[str, str | None] = {}
            for start in range(0, len(wanted), _AT_ONCE):
                some = wanted[start : start + _AT_ONCE]
                found.update(sql(_CLASSES.format(",".join("?" * len(some))), *some).fetchall())
            return found

        return await self._db.read(work)
