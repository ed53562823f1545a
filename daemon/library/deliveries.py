"""What was placed where a DAW looks: the asset, its path and the artifact's row in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from daemon.library.assets import NewAsset, forget_path, record
from daemon.library.database import Database
from daemon.library.jobs import mark_delivered


@dataclass(frozen=True, slots=True)
class Delivered:
    """artifact: the row of the artifact that was asked to be delivered (before encoding)."""

    artifact: str
    job: str
    new: NewAsset


class Deliveries:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def record(self, delivered: Sequence[Delivered]) -> None:
        """Know the delivered files. Doing it twice changes nothing more."""

        def work() -> None:
            for each in delivered:
                record(each.new)
                path = each.new.path
                mark_delivered(each.artifact, str(path), each.job, each.new.kind, path.name)

        await self._db.write(work)

    async def taken_back(self, paths: Sequence[str]) -> None:
        """An undo removed these files."""

        def work() -> None:
            for path in paths:
                forget_path(path)

        await self._db.write(work)
