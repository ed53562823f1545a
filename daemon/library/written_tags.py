"""What roadie wrote into the user's files as tags: so that it renews its own words and nobody else's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from daemon.kernel.types import AssetId, Json
from daemon.library.database import Database
from daemon.library.written_tables import WrittenTagsRow


class WrittenTags:
    """By file. A file that was moved is another: what stands in it then counts as somebody's."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def of(self, asset: AssetId, path: Path) -> Mapping[str, Json]:
        """Nothing for a file that roadie has not written, or that holds another sound since."""

        def work() -> Mapping[str, Json]:
            row = WrittenTagsRow.get_or_none(WrittenTagsRow.path == str(path))
            return {} if row is None or row.asset_id != asset else row.facts

        return await self._db.read(work)

    async def put(self, asset: AssetId, path: Path, facts: Mapping[str, Json]) -> None:
        def work() -> None:
            WrittenTagsRow.replace(path=str(path), asset=asset, facts=dict(facts)).execute()

        await self._db.write(work)
