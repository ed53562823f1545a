"""What roadie wrote into the user's files as tags: so that it renews its own words and nobody else's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from daemon.kernel.types import AssetId, Json
from daemon.library.asset_records import FileStat
from daemon.library.database import Database
from daemon.library.tables import PathRow
from daemon.library.written_tables import WrittenTagsRow

_NOWHERE = ""


def take_back_written(path: str, job: str) -> None:
    """An undo gave a file the content that it had before a job; inside a write. Copies of the later one may be left."""
    _rows(path, job, WrittenTagsRow.update(path=_NOWHERE)).execute()


def move_written(before: str, after: str) -> None:
    """A file has another path; inside a write."""
    WrittenTagsRow.update(path=_NOWHERE).where(WrittenTagsRow.path == after).execute()
    WrittenTagsRow.update(path=after).where(WrittenTagsRow.path == before).execute()


def carry_written(asset: str, path: str, stat: FileStat) -> None:
    """A file that was not known at `path` holds a sound that stands, or stood, elsewhere as well; inside a write. Where
    it looks like a file there into which roadie wrote, it is that file, moved, or its copy: it says the same."""
    same = (PathRow.size == stat.size) & (PathRow.mtime_ns == stat.mtime_ns)
    there = list(
        WrittenTagsRow.select()
        .join(PathRow, on=(PathRow.path == WrittenTagsRow.path))
        .where((WrittenTagsRow.asset == asset) & (PathRow.asset == asset) & (PathRow.path != path) & same)
        .order_by(WrittenTagsRow.id)
    )
    for row in there:
        if row.path == there[-1].path:
            WrittenTagsRow.insert(
                path=path, job=row.job, asset=asset, facts=row.facts, texts=row.texts, sha256=row.sha256
            ).execute()


class WrittenTags:
    """By file, and by content for files that are copies of one."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def of(
        self, asset: AssetId, path: Path, job: str
    ) -> tuple[Mapping[str, Json], Mapping[str, Mapping[str, Json]]]:
        """What was written into a file before this job: into the one at `path`, nothing when roadie did not or it holds
        another sound since; and by the sha256 of their content, into all that hold the sound."""

        def work() -> tuple[Mapping[str, Json], Mapping[str, Mapping[str, Json]]]:
            rows = WrittenTagsRow.select().where(WrittenTagsRow.asset == asset).order_by(WrittenTagsRow.id)
            here = [row for row in rows if row.path == str(path) and row.job != job]
            copies = {row.sha256: _told(row) for row in rows if row.sha256 is not None}
            return (_told(here[-1]) if here else {}), copies

        return await self._db.read(work)

    async def by(self, job: str) -> set[str]:
        """The files that a job has written so far."""

        def work() -> set[str]:
            rows = WrittenTagsRow.select(WrittenTagsRow.path).where(WrittenTagsRow.job == job)
            return {row.path for row in rows}

        return await self._db.read(work)

    async def put(self, asset: AssetId, path: Path, job: str, own: Mapping[str, Json], sha256: str) -> None:
        """own: facts and texts. Done again after a restart, it stands there once."""

        def work() -> None:
            _rows(str(path), job, WrittenTagsRow.delete()).execute()
            WrittenTagsRow.insert(
                path=str(path), job=job, asset=asset, facts=own["facts"], texts=own["texts"], sha256=sha256
            ).execute()

        await self._db.write(work)

    async def forget(self, path: Path, job: str) -> None:
        """The job did not write it."""
        await self._db.write(lambda: _rows(str(path), job, WrittenTagsRow.delete()).execute())


def _rows(path: str, job: str, query: Any) -> Any:
    return query.where((WrittenTagsRow.path == path) & (WrittenTagsRow.job == job))


def _told(row: WrittenTagsRow) -> Mapping[str, Json]:
    """As `daemon.steps.retag.Written`. Rows of an older roadie say nothing of places."""
    return {} if row.texts is None else {"facts": row.facts, "texts": row.texts}
