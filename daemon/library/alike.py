"""Near-duplicates and the map: what was found out of embeddings, kept until it is found out anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from daemon.library.asset_records import Asset
from daemon.library.assets import load
from daemon.library.database import Database
from daemon.library.finding_tables import EmbeddingRow, LikenessRow, MapPointRow
from daemon.library.query import Place
from daemon.library.tables import AssetRow, StateRow
from daemon.library.text import sql

_AT_ONCE = 500
_LOOKED = "near-duplicates.looked"
_LARGEST = 2**62
_GROUPS = """SELECT grp, COUNT(*) FROM likeness GROUP BY grp
HAVING COUNT(*) > 1 AND (COUNT(*) < ?2 OR (COUNT(*) = ?2 AND grp > ?1)) ORDER BY COUNT(*) DESC, grp LIMIT ?3"""
_WITHIN = "FROM map_point p JOIN asset a ON a.id = p.asset_id WHERE p.x BETWEEN ? AND ? AND p.y BETWEEN ? AND ?"
_CHANGED = "(p.seq > ? OR a.rowid IN (SELECT number FROM touched WHERE seq > ?))"
_BEGUN_WITH = "map.begun-with"


@dataclass(frozen=True, slots=True)
class Alike:
    """One hit in several files. best: the one to keep. sound_s: how long each sounds, by its id, where it is known."""

    best: Asset
    others: tuple[Asset, ...]
    sound_s: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Looked:
    """Which sounds were compared with each other, and what it gave. seq: of the newest embedding then; left: assets up
    to it that could not be read, to be compared next time. groups: of assets that hold the same hit; sound_s: how long
    each of these sounds."""

    method: str
    seq: int = 0
    left: tuple[str, ...] = ()
    groups: tuple[Sequence[str], ...] = ()
    sound_s: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Point:
    """x, y: 0..1. label: its class."""

    asset: str
    x: float
    y: float
    label: str | None


class Alikes:
    """Groups of assets that hold the same hit."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def assets(self, ids: Sequence[str]) -> list[Asset]:
        return await self._db.read(lambda: load(ids))

    async def looked(self, method: str) -> Looked:
        """How far sounds were compared with each other. method: nothing that another one found counts."""

        def work() -> Looked:
            row = StateRow.get_or_none(StateRow.name == _LOOKED)
            if row is None or row.value["method"] != method:
                return Looked(method)
            groups: dict[str, list[str]] = {}
            rows = list(LikenessRow.select())
            for each in rows:
                groups.setdefault(each.group, []).append(each.asset_id)
            left = tuple(row.value["left"])
            return Looked(method, row.value["seq"], left, tuple(groups.values()), _lengths(rows))

        return await self._db.read(work)

    async def replace(self, looked: Looked) -> None:
        """What was found takes the place of what was found before. Of each group the best comes first."""
        groups = looked.groups
        rows = [(asset, group[0], int(not i)) for group in groups for i, asset in enumerate(group)]

        def work() -> None:
            LikenessRow.delete().execute()
            for asset, name, best in rows:
                if AssetRow.get_or_none(AssetRow.id == asset) is not None:  # not one that went meanwhile
                    length_s = looked.sound_s.get(asset)
                    LikenessRow.insert(asset=asset, group=name, best=best, sound_s=length_s).execute()
            value = {"method": looked.method, "seq": looked.seq, "left": list(looked.left)}
            StateRow.replace(name=_LOOKED, value=value).execute()

        await self._db.write(work)

    async def groups(self, after: Place | None, limit: int) -> tuple[list[Alike], Place | None]:
        """One page, the largest groups first, and the place of its last one (name, size) where there is more. after:
        the place of the last one of the page before. What is left of a group alone is none."""

        def work() -> tuple[list[Alike], Place | None]:
            name, size = after or ("", _LARGEST)
            names = sql(_GROUPS, name, size, limit + 1).fetchall()
            found = []
            for name, _ in names[:limit]:
                chosen = LikenessRow.select().where(LikenessRow.group == name)
                rows = list(chosen.order_by(LikenessRow.best.desc()))
                first, *others = load([row.asset_id for row in rows])
                found.append(Alike(first, tuple(others), _lengths(rows)))
            return found, names[limit - 1] if len(names) > limit else None

        return await self._db.read(work)


def _lengths(rows: Sequence[LikenessRow]) -> dict[str, float]:
    return {row.asset_id: row.sound_s for row in rows if row.sound_s is not None}


class MapPoints:
    """Where assets stand on the map."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def places(self) -> dict[str, tuple[float, float]]:
        def work() -> dict[str, tuple[float, float]]:
            return {asset: (x, y) for asset, x, y in sql("SELECT asset_id, x, y FROM map_point").fetchall()}

        return await self._db.read(work)

    async def add(self, new: Sequence[tuple[str, float, float]], *, anew: bool) -> None:
        """Put assets on the map, some at a time. anew: all that is on it goes first."""

        def begin() -> None:
            MapPointRow.delete().execute()
            StateRow.replace(name=_BEGUN_WITH, value=len(new)).execute()

        if anew:
            await self._db.write(begin)
        for start in range(0, len(new), _AT_ONCE):
            some = new[start : start + _AT_ONCE]
            await self._db.write(lambda some=some: _put(some))  # type: ignore[misc]

    async def begun_with(self) -> int:
        """How many assets there were when the map was made; 0 for one of which that was not noted."""

        def work() -> int:
            row = StateRow.get_or_none(StateRow.name == _BEGUN_WITH)
            return 0 if row is None else int(row.value)

        return await self._db.read(work)

    async def within(
        self, left: float, top: float, right: float, bottom: float, limit: int, since: tuple[int, int] = (0, 0)
    ) -> list[Point]:
        """What stands in a part of the map; of more than `limit`, as many spread evenly over the library's age. since:
        a `version`; only what was placed or changed after it."""

        def work() -> list[Point]:
            where, given = _WITHIN, [left, right, top, bottom]
            if since != (0, 0):
                where, given = f"{where} AND {_CHANGED}", [*given, *since]
            (count,) = sql(f"SELECT COUNT(*) {where}", *given).fetchone()
            every = max(-(-count // limit), 1)
            rows = sql(
                f"SELECT p.asset_id, p.x, p.y, a.class {where} AND p.seq % ? = 0 ORDER BY p.seq LIMIT ?",
                *given, every, limit,
            ).fetchall()  # fmt: skip
            return [Point(*row) for row in rows]

        return await self._db.read(work)

    async def version(self) -> tuple[int, int]:
        """(the newest place's seq, the newest change's of any asset)"""

        def work() -> tuple[int, int]:
            placed, changed = (
                sql(f"SELECT MAX(seq) FROM {table}").fetchone() for table in ("map_point", "touched")
            )
            return placed[0] or 0, changed[0] or 0

        return await self._db.read(work)

    async def counts(self) -> tuple[int, int]:
        """(assets on the map, assets that were heard and are not on it)."""

        def work() -> tuple[int, int]:
            heard = EmbeddingRow.select(EmbeddingRow.asset).distinct().count()
            there = MapPointRow.select().count()
            return there, max(heard - there, 0)

        return await self._db.read(work)


def _put(some: Sequence[tuple[str, float, float]]) -> None:
    for asset, x, y in some:
        known = sql("SELECT 1 FROM asset WHERE id = ?", asset).fetchone()
        if known is not None:
            sql("INSERT OR REPLACE INTO map_point (asset_id, x, y) VALUES (?, ?, ?)", asset, x, y)
