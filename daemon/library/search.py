"""Finding assets by text and facets, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from peewee import SQL, fn

from daemon.kernel.errors import BadParameter
from daemon.library.assets import Asset, load
from daemon.library.database import Database
from daemon.library.tables import AssetRow, AssetText, PathRow, TagRow
from daemon.library.text import match_expression


@dataclass(frozen=True, slots=True)
class Query:
    """None means any. text: words, each a prefix. offset: where the page begins."""

    text: str | None = None
    tag: str | None = None
    kind: str | None = None
    label: str | None = None
    stem: str | None = None
    bpm_min: float | None = None
    bpm_max: float | None = None
    key: str | None = None
    sort: str = "relevance"
    descending: bool = False
    offset: int = 0
    limit: int = 50


_SORTS = {"added": AssetRow.added_at, "name": AssetRow.name, "length": AssetRow.length_s, "bpm": AssetRow.bpm,
          "rating": AssetRow.rating}  # fmt: skip


def _where(query: Query) -> list[Any]:
    equal = {AssetRow.kind: query.kind, AssetRow.label: query.label, AssetRow.stem: query.stem,
             AssetRow.key: query.key}  # fmt: skip
    terms: list[Any] = [column == value for column, value in equal.items() if value is not None]
    if query.bpm_min is not None:
        terms.append(AssetRow.bpm >= query.bpm_min)
    if query.bpm_max is not None:
        terms.append(AssetRow.bpm <= query.bpm_max)
    if query.tag is not None:
        tagged = TagRow.select(TagRow.asset).where(TagRow.label == query.tag)
        terms.append(AssetRow.id << tagged)
    return terms


def _select(query: Query) -> Any:
    rows = AssetRow.select(AssetRow.id)
    expression = match_expression(query.text) if query.text else None
    if query.text and expression is None:
        return rows.where(SQL("0"))
    if expression is not None:
        rows = rows.join(AssetText, on=(AssetText.rowid == SQL("t1.rowid")))
        rows = rows.where(AssetText.match(expression))
    terms = _where(query)
    if terms:
        rows = rows.where(*terms)
    if query.sort == "relevance":
        order = [AssetText.rank()] if expression else [AssetRow.added_at.desc()]
    elif query.sort in _SORTS:
        column = _SORTS[query.sort]
        order = [column.desc() if query.descending else column.asc()]
    else:
        raise BadParameter(f"cannot sort by {query.sort!r}", hint=f"Sorts: relevance, {', '.join(_SORTS)}")
    return rows.order_by(*order, SQL("t1.rowid"))


class Search:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def find(self, query: Query) -> tuple[list[Asset], bool]:
        """One page, and whether there is more."""

        def work() -> tuple[list[Asset], bool]:
            rows = _select(query).offset(query.offset).limit(query.limit + 1)
            ids = [row.id for row in rows]
            return load(ids[: query.limit]), len(ids) > query.limit

        return await self._db.read(work)

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
