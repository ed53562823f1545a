"""Finding assets: by text, by facets, by sound, page by page; and how many each facet has."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from peewee import fn

from daemon.library.asset_records import Asset
from daemon.library.database import Database
from daemon.library.embeddings import latest_seq
from daemon.library.finding_tables import TouchedRow
from daemon.library.query import Found, Like, Query
from daemon.library.tables import AssetRow, PathRow
from daemon.library.text import index_again, index_text, sql

if TYPE_CHECKING:  # numpy comes in with the first search: the idle daemon does without
    from daemon.library.columns import Columns
    from daemon.library.vectors import VectorIndex

__all__ = ["Found", "Like", "Query", "Search"]

T = TypeVar("T")

_OLDER = "SELECT id FROM asset WHERE rowid NOT IN (SELECT number FROM touched) LIMIT ?"


class Search:
    """folder: where the copies that make it quick are kept between starts; None keeps them in memory."""

    def __init__(self, db: Database, folder: Path | None = None) -> None:
        self._db = db
        self._folder = folder
        self._made: tuple[Columns, VectorIndex] | None = None
        self._making = threading.Lock()

    async def find(self, query: Query) -> tuple[list[Asset], bool]:
        """One page, and whether there is more."""
        found = await self.page(query)
        return found.assets, found.more

    async def page(self, query: Query) -> Found:
        """Raises BadParameter, and NotFound for `like` when that asset is unknown or was never heard."""

        def work() -> Found:
            from daemon.library import finding  # noqa: PLC0415

            columns, vectors = self.fresh()
            return finding.page(query, columns, vectors)

        return await self._db.read(work)

    async def facets(self, query: Query) -> dict[str, dict[str, int]]:
        """How many assets there are of each value of each facet, among those that all the other facets allow."""

        def work() -> dict[str, dict[str, int]]:
            from daemon.library import finding  # noqa: PLC0415

            return finding.counts(query, self.fresh()[0])

        return await self._db.read(work)

    async def with_indexes(self, work: Callable[[Columns, VectorIndex], T]) -> T:
        """Run `work` on a reader thread, with the columns and the vectors as they are now."""
        return await self._db.read(lambda: work(*self.fresh()))

    @property
    def used(self) -> bool:
        """Whether anybody has searched since the start."""
        return self._made is not None

    async def written(self) -> tuple[int, int]:
        """How many embeddings and how many changes of assets were ever written; costs next to nothing."""

        def work() -> tuple[int, int]:
            newest = TouchedRow.select(fn.MAX(TouchedRow.seq)).scalar()
            return latest_seq(), int(newest or 0)

        return await self._db.read(work)

    async def catch_up(self, limit: int = 200) -> int:
        """Make assets findable that an older roadie recorded, some at a time; returns how many it were."""

        def work() -> int:
            rows = sql(_OLDER, limit).fetchall()
            for (asset,) in rows:
                index_text(asset)
            return len(rows)

        return await self._db.write(work)

    async def index_again(self, limit: int = 200) -> int:
        """Index texts as this roadie does, where an older one did; some at a time, returns how many it were. What is
        not yet indexed again is found as before."""
        return await self._db.write(lambda: index_again(limit))

    def fresh(self) -> tuple[Columns, VectorIndex]:
        """Columns and vectors, brought up to date; inside a read."""
        from daemon.library.columns import Columns  # noqa: PLC0415
        from daemon.library.vectors import VectorIndex  # noqa: PLC0415

        with self._making:
            if self._made is None:
                at = self._folder
                self._made = (
                    Columns(at and at / "columns.bin"),
                    VectorIndex(at and at / "vectors"),
                )
        columns, vectors = self._made
        columns.refresh()
        vectors.refresh()
        return columns, vectors

    # ------------------------------------------------------------ figures

    async def duplicates(self) -> list[tuple[str, list[str]]]:
        """Payloads that stand at more than one path: (asset, its paths)."""

        def work() -> list[tuple[str, list[str]]]:
            there = PathRow.missing == False  # noqa: E712
            several = (
                PathRow.select(PathRow.asset)
                .where(there)
                .group_by(PathRow.asset)
                .having(fn.COUNT(PathRow.path) > 1)
            )
            groups: dict[str, list[str]] = {}
            for row in PathRow.select().where(there & (PathRow.asset << several)).order_by(PathRow.path):
                groups.setdefault(row.asset_id, []).append(row.path)
            return list(groups.items())

        return await self._db.read(work)

    async def stats(self) -> dict[str, Any]:
        """Counts: assets, paths, missing, length_s, by_kind, by_class."""

        def work() -> dict[str, Any]:
            def count(column: Any) -> dict[str, int]:
                rows = AssetRow.select(column, fn.COUNT(AssetRow.id)).group_by(column).tuples()
                return {str(name): number for name, number in rows if name is not None}

            return {
                "assets": AssetRow.select().count(),
                "paths": PathRow.select().where(PathRow.missing == False).count(),  # noqa: E712
                "missing": PathRow.select().where(PathRow.missing).count(),
                "length_s": AssetRow.select(fn.SUM(AssetRow.length_s)).scalar() or 0.0,
                "by_kind": count(AssetRow.kind),
                "by_class": count(AssetRow.label),
            }

        return await self._db.read(work)
