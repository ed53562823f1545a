"""What roadie wrote into the user's files as tags: so that it renews its own words and nobody else's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from daemon.kernel.types import AssetId, Json
from daemon.library.database import Database
from daemon.library.written_tables import WrittenTagsRow


def forget_written(path: str, job: str) -> None:
    """What a job wrote is not there any more; inside a write."""
    WrittenTagsRow.delete().where((WrittenTagsRow.path == path) & (WrittenTagsRow.job == job)).execute()


class WrittenTags:
    """By file. A file that was moved is another: what stands in it then counts as somebody's."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def of(self, asset: AssetId, path: Path) -> Mapping[str, Json]:
        """Nothing for a file that roadie has not written, or that holds another sound since."""

        def work() -> Mapping[str, Json]:
            rows = WrittenTagsRow.select().where(WrittenTagsRow.path == str(path))
            row = rows.order_by(WrittenTagsRow.id.desc()).first()
            return {} if row is None or row.asset_id != asset else row.facts

        return await self._db.read(work)

    async def by(self, job: str) -> set[str]:
        """The files that a job has written so far."""

        def work() -> set[str]:
            rows = WrittenTagsRow.select(WrittenTagsRow.path).where(WrittenTagsRow.job == job)
            return {row.path for row in rows}

        return await self._db.read(work)

    async def put(self, asset: AssetId, path: Path, job: str, facts: Mapping[str, Json]) -> None:
        """Done again after a restart, it stands there once."""

        def work() -> None:
            forget_written(str(path), job)
            WrittenTagsRow.insert(path=str(path), job=job, asset=asset, facts=dict(facts)).execute()

        await self._db.write(work)
