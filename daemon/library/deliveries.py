"""What was placed where a DAW looks: the asset, its path and the artifact's row in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from daemon.files.intent import IntentState, Op
from daemon.library.arrivals import came_back, move_path
from daemon.library.asset_records import FileStat, NewAsset
from daemon.library.asset_writes import forget_path, record
from daemon.library.database import Database
from daemon.library.jobs import mark_delivered
from daemon.library.tables import ArtifactRow, IntentRow, PathRow
from daemon.library.written_tags import take_back_written

UNDONE, MOVE = IntentState.UNDONE.value, Op.MOVE.value


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
                mark_delivered(each.artifact, each.new.id, str(path), each.job, each.new.kind, path.name)

        await self._db.write(work)

    async def standing(self, job: str) -> list[Path]:
        """Where the files stand that a job delivered, as far as the library knows."""

        def work() -> list[Path]:
            rows = ArtifactRow.select(ArtifactRow.delivered)
            found = rows.where((ArtifactRow.job == job) & ArtifactRow.delivered.is_null(False))
            return [Path(row.delivered) for row in found]

        return await self._db.read(work)

    async def moved_back(self, job: str) -> list[tuple[Path, Path]]:
        """(where it was moved to, where it is again) of files that a job moved and an undo has moved back."""

        def work() -> list[tuple[Path, Path]]:
            rows = IntentRow.select(IntentRow.body).where(
                (IntentRow.group == job) & (IntentRow.state == UNDONE)
            )
            moves = [row.body for row in rows if row.body["op"] == MOVE and row.body["temp"]]
            return [(Path(body["path"]), Path(body["temp"])) for body in moves]

        return await self._db.read(work)

    async def followed_back(self, moves: Sequence[tuple[Path, Path, FileStat]], job: str) -> None:
        """The library follows such files. Doing it twice changes nothing more."""

        def work() -> None:
            for away, home, stat in moves:
                if move_path(str(away), str(home), stat, job) is None:
                    came_back(str(home), stat, job)

        await self._db.write(work)

    async def given_back(self, files: Sequence[tuple[Path, FileStat]], job: str) -> None:
        """An undo gave these files the content that they had before a job rewrote them. Doing it twice changes nothing
        more."""

        def work() -> None:
            for path, stat in files:
                PathRow.update(size=stat.size, mtime_ns=stat.mtime_ns, inode=stat.inode).where(
                    PathRow.path == str(path)
                ).execute()
                take_back_written(str(path), job)

        await self._db.write(work)

    async def taken_back(self, paths: Sequence[str]) -> None:
        """An undo removed these files."""

        def work() -> None:
            for path in paths:
                forget_path(path)

        await self._db.write(work)
