"""Assets, the paths where they stand, and their tags."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from peewee import fn

from daemon.kernel.errors import InputError, NotFound
from daemon.kernel.events import AssetChanged
from daemon.kernel.meta import OF_ONE_PATH
from daemon.kernel.types import AssetId, Json
from daemon.library.asset_records import (
    COLUMNS,
    MODEL,
    USER,
    Asset,
    FileStat,
    Look,
    NewAsset,
    Tag,
)
from daemon.library.asset_writes import (
    forget_path,
    learn,
    put_tag,
    record,
    record_each,
    remove,
    remove_path,
    tell_tags,
)
from daemon.library.corrections import checked, correct, is_corrected, withdraw
from daemon.library.database import Database
from daemon.library.events import append
from daemon.library.tables import AssetRow, PathRow, TagRow
from daemon.library.text import index_text, sql

_AT_ONCE = 500  # values in one statement
_LOAD = """
SELECT id, kind, name, stem, class, confidence, bpm, "key", length_s, rate_hz, channels, rating, parent, source, job,
    meta, added_at FROM asset WHERE id IN ({})
"""
_LOAD_PATHS = "SELECT asset_id, path FROM path WHERE asset_id IN ({}) AND NOT missing ORDER BY path"
_LOAD_TAGS = (
    "SELECT asset_id, label, confidence, origin FROM tag WHERE asset_id IN ({}) ORDER BY confidence DESC"
)
_BELOW = """
SELECT p.path, p.size, p.mtime_ns, p.inode, p.missing, p.made, a.heard
FROM path p JOIN asset a ON a.id = p.asset_id WHERE p.path >= ? AND p.path < ?
"""
_ELSEWHERE = """
SELECT DISTINCT other.path FROM path p JOIN path other ON other.asset_id = p.asset_id
WHERE p.path >= ?1 AND p.path < ?2 AND NOT (other.path >= ?1 AND other.path < ?2) AND NOT other.missing
"""
_MISSING = """
SELECT COUNT(*) FROM path p WHERE p.path >= ? AND p.path < ? AND p.missing
AND NOT EXISTS (SELECT 1 FROM path other WHERE other.asset_id = p.asset_id AND NOT other.missing)
"""
_AT = """
SELECT a.id, p.size, p.mtime_ns, p.inode, p.missing, p.made, a.heard
FROM path p JOIN asset a ON a.id = p.asset_id WHERE p.path = ?
"""


def load(ids: Iterable[str]) -> list[Asset]:
    """Assets by id, in the order asked for; unknown ones are left out. Inside a read."""
    wanted = list(ids)
    rows: dict[str, tuple[Any, ...]] = {}
    paths: dict[str, list[str]] = {}
    tags: dict[str, list[Tag]] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        marks = ",".join("?" * len(some))
        rows.update({row[0]: row for row in sql(_LOAD.format(marks), *some)})
        for asset, path in sql(_LOAD_PATHS.format(marks), *some):
            paths.setdefault(asset, []).append(path)
        for asset, label, sure, origin in sql(_LOAD_TAGS.format(marks), *some):
            tags.setdefault(asset, []).append(Tag(label, sure, origin))
    return [_asset(rows[i], paths.get(i, []), tags.get(i, [])) for i in wanted if i in rows]


def ids_of(numbers: Iterable[int]) -> dict[int, str]:
    """The id of each asset by its rowid; those that have gone are left out. Inside a read."""
    wanted = list(numbers)
    found: dict[int, str] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        found.update(
            sql(f"SELECT rowid, id FROM asset WHERE rowid IN ({','.join('?' * len(some))})", *some).fetchall()
        )
    return found


def _asset(row: tuple[Any, ...], paths: list[str], tags: list[Tag]) -> Asset:
    (asset, kind, name, stem, label, confidence, bpm, key, length_s, rate_hz, channels, rating, parent, source, job,
     meta, added_at) = row  # fmt: skip
    return Asset(
        AssetId(asset), kind, name, tuple(paths), stem, label, confidence, bpm, key, length_s, rate_hz, channels,
        rating, parent, source, job, {} if meta is None else msgspec.json.decode(meta), added_at, tuple(tags),
    )  # fmt: skip


def foreseen(new: NewAsset) -> Asset:
    """A file as the library would know it, were it recorded now."""
    known: dict[str, Any] = {column: new.meta.get(key) for key, column in COLUMNS.items()}
    tags: tuple[Tag, ...] = ()
    if isinstance(known["label"], str):
        tags = (Tag(known["label"], float(known["confidence"] or 0.0), MODEL),)
    return Asset(
        id=new.id, kind=new.kind, name=new.path.name, paths=(str(new.path),), rating=0, parent=new.parent,
        source=new.source, job=new.job, meta=new.meta, added_at=time.time(), tags=tags, **known,
    )  # fmt: skip


class Assets:
    """Questions and changes about assets."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def get(self, asset: str) -> Asset:
        """Raises NotFound."""
        found = await self._db.read(lambda: load([asset]))
        if not found:
            raise NotFound("there is no such asset", where=asset)
        return found[0]

    async def known_at(self, path: Path, stat: FileStat) -> Asset | None:
        """The asset at a path that looks unchanged, so that it need not be read again."""

        def work() -> Asset | None:
            row = PathRow.get_or_none(PathRow.path == str(path))
            if row is None or row.missing or _stat(row) != stat:
                return None
            return next(iter(load([row.asset_id])), None)

        return await self._db.read(work)

    async def read_at(self, path: Path, stat: FileStat) -> tuple[AssetId, Mapping[str, Json]] | None:
        """The asset at a path that was read and looks unchanged, and its meta with what this very file says."""

        def work() -> tuple[AssetId, Mapping[str, Json]] | None:
            row = PathRow.get_or_none(PathRow.path == str(path))
            if row is None or row.missing or row.facts is None or _stat(row) != stat:
                return None
            found = load([row.asset_id])[0]
            shared = {key: value for key, value in found.meta.items() if key not in OF_ONE_PATH}
            return found.id, {**shared, **row.facts}

        return await self._db.read(work)

    async def learn(self, asset: str, meta: Mapping[str, Json]) -> None:
        """Add what was measured; nothing is written, and nothing told, when it is known already."""

        def work() -> None:
            row = AssetRow.get_or_none(AssetRow.id == asset)
            if row is not None and any(row.meta.get(key) != value for key, value in meta.items()):
                learn(asset, meta)

        await self._db.write(work)

    async def record(self, new: NewAsset) -> bool:
        return await self._db.write(lambda: record(new))

    async def record_many(self, new: Iterable[NewAsset]) -> dict[Path, InputError]:
        """Know many at once; returns what is wrong with those that cannot be known."""
        return await record_each(self._db, [(each.path, partial(record, each)) for each in new])

    async def derived(self, asset: str) -> list[Asset]:
        """What was made from an asset, directly."""

        def work() -> list[Asset]:
            rows = AssetRow.select(AssetRow.id).where(AssetRow.parent == asset).order_by(AssetRow.name)
            return load([row.id for row in rows])

        return await self._db.read(work)

    async def change(
        self, asset: str, *, name: str | None, rating: int | None, tags: list[str] | None, label: str | None,
        withdrawn: bool = False,
    ) -> Asset:  # fmt: skip
        """What a person says of an asset. `tags` replaces the user's own; `label` is the class and always wins.
        withdrawn: the class that they said before is taken back. Raises NotFound, BadParameter."""

        def work() -> None:
            row = AssetRow.get_or_none(AssetRow.id == asset)
            if row is None:
                raise NotFound("there is no such asset", where=asset)
            if name is not None:
                row.name = name
            if rating is not None:
                row.rating = rating
            if label is not None:
                correct(row, label)
            elif withdrawn:
                withdraw(row)
            row.save()
            if tags is not None:
                TagRow.delete().where((TagRow.asset == asset) & (TagRow.origin == USER)).execute()
                for tag in dict.fromkeys(tags):
                    put_tag(asset, Tag(checked(tag), 1.0, USER))
                if is_corrected(row):
                    put_tag(asset, Tag(row.label, 1.0, USER))  # a class is a tag as well, and was not replaced
            index_text(asset)
            append(AssetChanged(asset))
            if tags is not None or label is not None or withdrawn:
                tell_tags(asset)

        await self._db.write(work)
        return await self.get(asset)

    async def named_by_user(self) -> list[Asset]:
        """Those whose class a person said, the last added first."""

        def work() -> list[Asset]:
            said = fn.json_extract(AssetRow.meta, "$.class_by_user") == 1
            rows = AssetRow.select(AssetRow.id).where(said).order_by(AssetRow.added_at.desc())
            return load([row.id for row in rows])

        return await self._db.read(work)

    async def remove(self, asset: str) -> None:
        """Forget an asset; no file is touched. Raises NotFound."""
        await self.get(asset)
        await self._db.write(lambda: remove(asset))

    async def remove_path(self, asset: str, path: Path) -> None:
        """Forget one of the places where an asset stands, and the asset with its last; no file is touched. Raises
        NotFound."""
        await self._db.write(lambda: remove_path(asset, str(path)))

    async def forget_path(self, path: Path) -> None:
        await self._db.write(lambda: forget_path(str(path)))

    async def made_by_roadie(self, asset: str) -> list[Path]:
        """The paths of an asset that roadie wrote."""

        def work() -> list[Path]:
            rows = PathRow.select().where((PathRow.asset == asset) & PathRow.made)
            return [Path(row.path) for row in rows]

        return await self._db.read(work)

    async def paths_under(self, folder: Path) -> dict[str, tuple[FileStat, bool]]:
        """Every known path below a folder: (what it looked like, missing)."""
        known = await self.looks_under(folder)
        return {path: (look.stat, look.missing) for path, look in known.items()}

    async def looks_under(self, folder: Path) -> dict[str, Look]:
        """Every known path below a folder, and what is known of it."""

        def work() -> dict[str, Look]:
            rows = sql(_BELOW, *range_below(folder))
            return {
                path: Look(FileStat(size, mtime_ns, inode), bool(missing), bool(made), heard)
                for path, size, mtime_ns, inode, missing, made, heard in rows
            }

        return await self._db.read(work)

    async def paths_elsewhere(self, folder: Path) -> list[str]:
        """Where else, outside a folder, the sounds stand that are known below it; without what is missing."""
        return await self._db.read(lambda: [path for (path,) in sql(_ELSEWHERE, *range_below(folder))])

    async def missing_below(self, folder: Path) -> int:
        """How many files are known below a folder, are missing, and whose sounds stand nowhere else either."""
        return await self._db.read(lambda: int(sql(_MISSING, *range_below(folder)).fetchone()[0]))

    async def look_at(self, path: Path) -> tuple[str, Look] | None:
        """The asset at a path and what is known of it there."""

        def work() -> tuple[str, Look] | None:
            row = sql(_AT, str(path)).fetchone()
            if row is None:
                return None
            asset, size, mtime_ns, inode, missing, made, heard = row
            return asset, Look(FileStat(size, mtime_ns, inode), bool(missing), bool(made), heard)

        return await self._db.read(work)

    async def looks_at(self, paths: Iterable[Path]) -> dict[Path, Look]:
        """What is known of each of these paths; of an unknown one there is nothing."""

        def work() -> dict[Path, Look]:
            found = {}
            for path in paths:
                row = sql(_AT, str(path)).fetchone()
                if row is not None:
                    _, size, mtime_ns, inode, missing, made, heard = row
                    found[path] = Look(FileStat(size, mtime_ns, inode), bool(missing), bool(made), heard)
            return found

        return await self._db.read(work)

    async def mark_missing(self, paths: Iterable[str]) -> None:
        """Files that a scan no longer found. Their assets, tags and all, stay for when they come back."""
        await self._mark(list(paths), missing=True)

    async def mark_there(self, paths: Iterable[str]) -> None:
        """Files that were missing and that a scan found again as they were."""
        await self._mark(list(paths), missing=False)

    async def _mark(self, paths: Sequence[str], *, missing: bool) -> None:
        def work(some: Sequence[str]) -> None:
            for path in some:
                row = PathRow.get_or_none((PathRow.path == path) & (PathRow.missing != missing))
                if row is not None:
                    PathRow.update(missing=missing).where(PathRow.path == path).execute()
                    index_text(row.asset_id)
                    append(AssetChanged(row.asset_id))

        for start in range(0, len(paths), _AT_ONCE):  # others write in between
            some = paths[start : start + _AT_ONCE]
            await self._db.write(lambda some=some: work(some))  # type: ignore[misc]


def range_below(folder: Path) -> tuple[str, str]:
    """Everything that begins with the folder and its separator, in the order of the index: the first, and what is no
    longer among it."""
    start = str(folder).rstrip(os.sep) + os.sep
    return start, start[:-1] + chr(ord(os.sep) + 1)


def _stat(row: PathRow) -> FileStat:
    return FileStat(row.size, row.mtime_ns, row.inode)
