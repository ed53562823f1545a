"""Sounds whose class was told by something else than what tells it now: what they are told anew by, in parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from daemon.kernel.meta import NOTE
from daemon.kernel.types import Json
from daemon.library.asset_records import FileStat
from daemon.library.asset_writes import tell
from daemon.library.database import Database
from daemon.library.text import sql

_AT_ONCE = 500  # values in one statement, and sounds in one transaction: others write in between
# Songs and what is no sound have no class. What roadie wrote is told by the job that made it, and so are its copies.
_FILES = """
FROM path p JOIN asset a ON a.id = p.asset_id
WHERE p.path > ?1 AND NOT p.missing AND NOT p.made AND a.class IS NOT NULL AND a.heard IS NOT NULL AND a.heard != ?2
"""
_SOUNDS = """
FROM heard h JOIN asset a ON a.id = h.asset_id
WHERE a.rowid > ?1 AND a.heard != ?2 AND h.network = ?3
"""
_COUNT_FILES = f"""SELECT COUNT(*) {_FILES}
AND NOT EXISTS (SELECT 1 FROM heard h WHERE h.asset_id = a.id AND h.network = ?3)"""
_COUNT_SOUNDS = f"SELECT COUNT(*) {_SOUNDS}"
_PAGE_OF_FILES = f"SELECT p.path, p.size, p.mtime_ns, p.inode, a.id {_FILES} ORDER BY p.path LIMIT ?3"
# A name is evidence, so it is that of the file that was heard, or of the last where the sound stands now.
_PAGE_OF_SOUNDS = f"""SELECT a.rowid, a.id, h.kept, COALESCE(
    (SELECT p.path FROM path p WHERE p.path = h.path AND p.asset_id = a.id AND NOT p.missing),
    (SELECT MAX(p.path) FROM path p WHERE p.asset_id = a.id AND NOT p.missing), h.path)
{_SOUNDS} ORDER BY a.rowid LIMIT ?4"""
_CLASSES = "SELECT id, class FROM asset WHERE id IN ({})"
_KNOWN = "SELECT id, class, job, meta FROM asset WHERE id IN ({})"
_KEPT = "SELECT asset_id, kept FROM heard WHERE network = ? AND asset_id IN ({})"
_HEARD = "UPDATE asset SET heard = ? WHERE id = ?"
_OF_TAGGER = ("class", "confidence", *sorted(NOTE))


@dataclass(frozen=True, slots=True)
class Told:
    """A file as it was when its class was told."""

    path: Path
    stat: FileStat
    asset: str


@dataclass(frozen=True, slots=True)
class Remembered:
    """A sound of which was kept what it is told anew from. number: its place in the order of pages. path: whose name is
    evidence. kept: as the hear step gave it."""

    number: int
    asset: str
    path: str
    kept: bytes


class Retelling:
    """mark: of the engine that tells classes now (`EngineChoice.mark`). network: that of its network."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def count(self, mark: str, network: str) -> tuple[int, int]:
        """(sounds that can be told from what was kept, files that have to be heard) of those whose class another engine
        told."""

        def work() -> tuple[int, int]:
            sounds = sql(_COUNT_SOUNDS, 0, mark, network).fetchone()[0]
            return int(sounds), int(sql(_COUNT_FILES, "", mark, network).fetchone()[0])

        return await self._db.read(work)

    async def page(self, mark: str, after: str, limit: int) -> list[Told]:
        """The first of the files by path, of those behind the path `after`."""
        rows = await self._db.read(lambda: sql(_PAGE_OF_FILES, after, mark, limit).fetchall())
        return [Told(Path(path), FileStat(*stat), asset) for path, *stat, asset in rows]

    async def remembered(self, mark: str, network: str, after: int, limit: int) -> list[Remembered]:
        """The first of the sounds by number, of those behind `after`."""
        rows = await self._db.read(lambda: sql(_PAGE_OF_SOUNDS, after, mark, network, limit).fetchall())
        return [Remembered(number, asset, path, kept) for number, asset, kept, path in rows]

    async def kept(self, assets: Sequence[str], network: str) -> dict[str, bytes]:
        """What was kept of each; nothing of one that this network has not heard."""

        def work() -> dict[str, bytes]:
            found: dict[str, bytes] = {}
            for start in range(0, len(assets), _AT_ONCE):
                some = assets[start : start + _AT_ONCE]
                found.update(sql(_KEPT.format(_marks(some)), network, *some).fetchall())
            return found

        return await self._db.read(work)

    async def tell(self, mark: str, told: Sequence[tuple[str, Mapping[str, Json]]]) -> int:
        """Store what the engine says now of each asset: class, confidence, and those of `meta.NOTE` that it has.
        Returns how many are called otherwise than before; a person's own word stays."""
        changed = 0
        for start in range(0, len(told), _AT_ONCE):
            changed += await self._db.write(partial(_tell, mark, dict(told[start : start + _AT_ONCE])))
        return changed

    async def classes(self, assets: Sequence[str]) -> dict[str, str | None]:
        """What each is called now; of one that has gone there is nothing."""
        return await self._db.read(lambda: _classes(assets))


def _tell(mark: str, told: Mapping[str, Mapping[str, Json]]) -> int:
    """Inside a write. Most sounds are what they were, and nothing is written of them but who told so."""
    known = sql(_KNOWN.format(_marks(told)), *told).fetchall()
    for asset, _, job, meta in known:
        before = msgspec.json.decode(meta)
        if job is None and any(before.get(key) != told[asset].get(key) for key in _OF_TAGGER):
            tell(asset, told[asset])
        sql(_HEARD, mark, asset)
    now = _classes(list(told))
    return sum(label != now[asset] for asset, label, *_ in known)


def _classes(assets: Sequence[str]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for start in range(0, len(assets), _AT_ONCE):
        some = assets[start : start + _AT_ONCE]
        found.update(sql(_CLASSES.format(_marks(some)), *some).fetchall())
    return found


def _marks(values: Any) -> str:
    return ",".join("?" * len(values))
