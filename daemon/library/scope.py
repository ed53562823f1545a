"""What a search is narrowed to, a folder or a song: whether the library knows anything of it at all."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from daemon.library.assets import range_below
from daemon.library.database import Database
from daemon.library.text import sql

_BELOW = "SELECT 1 FROM path WHERE path >= ? AND path < ? LIMIT 1"
_THERE = "SELECT 1 FROM path WHERE path >= ? AND path < ? AND NOT missing LIMIT 1"
_NAME = "SELECT name FROM asset WHERE id = ?"
_MADE = "SELECT 1 FROM asset WHERE source = ? LIMIT 1"


@dataclass(frozen=True, slots=True)
class Below:
    """Of a folder. known: a sound stands below it, or stood. there: one stands there now."""

    known: bool
    there: bool


@dataclass(frozen=True, slots=True)
class From:
    """Of a song. name: None where it is no asset. made: something was made from it; that may outlive it."""

    name: str | None
    made: bool


class Scope:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def below(self, folder: Path) -> Below:
        edges = range_below(folder)
        return await self._db.read(lambda: Below(_any(_BELOW, *edges), _any(_THERE, *edges)))

    async def made_from(self, asset: str) -> From:
        def work() -> From:
            row = sql(_NAME, asset).fetchone()
            return From(None if row is None else str(row[0]), _any(_MADE, asset))

        return await self._db.read(work)


def _any(statement: str, *values: str) -> bool:
    return sql(statement, *values).fetchone() is not None
