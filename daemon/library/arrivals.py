"""What comes into watched folders: files, folders, projects; each remembered together with the event that tells it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from daemon.kernel.errors import InputError
from daemon.kernel.events import AssetChanged, AssetMoved, FolderComplete, ProjectSaved
from daemon.library.asset_records import FileStat, NewAsset
from daemon.library.asset_writes import record, record_each
from daemon.library.database import Database
from daemon.library.events import append
from daemon.library.tables import AssetRow, PathRow
from daemon.library.text import index_text
from daemon.library.watch_tables import ArrivingRow, LookedRow, ProjectFileRow, WatchedRow
from daemon.library.written_tags import move_written


def move_path(before: str, after: str, stat: FileStat, origin: str = "") -> str | None:
    """A known file has a new path; inside a write. Returns its asset, None when nothing is known at `before`."""
    row = PathRow.get_or_none(PathRow.path == before)
    if row is None:
        return None
    asset = str(row.asset_id)
    PathRow.replace(
        path=after, asset=asset, size=stat.size, mtime_ns=stat.mtime_ns, inode=stat.inode, byte_hash=row.byte_hash,
        facts=row.facts, made=row.made, missing=False,
    ).execute()  # fmt: skip
    if after != before:
        row.delete_instance()
        move_written(before, after)
    index_text(asset)
    append(AssetMoved(asset, after, before, origin))
    return asset


def came_back(path: str, stat: FileStat, origin: str = "") -> None:
    """A known file that was missing is there again; inside a write."""
    row = PathRow.get_or_none((PathRow.path == path) & PathRow.missing)
    if row is not None:
        row.missing, row.size, row.mtime_ns, row.inode = False, stat.size, stat.mtime_ns, stat.inode
        row.save()
        index_text(str(row.asset_id))
        append(AssetChanged(str(row.asset_id), origin))


class Arrivals:
    def __init__(self, db: Database) -> None:
        self._db = db

    # ------------------------------------------------------------ files

    async def moved(self, moves: Sequence[tuple[Path, Path, FileStat]]) -> set[Path]:
        """Files were renamed, (before, after, how it looks): those that look as they did are followed without being
        read. Returns where they are; one that is not known at its earlier path is left."""

        def work() -> set[Path]:
            followed = set()
            for before, after, stat in moves:
                row = PathRow.get_or_none(PathRow.path == str(before))
                same = row is not None and FileStat(row.size, row.mtime_ns, row.inode) == stat
                if same and move_path(str(before), str(after), stat) is not None:
                    followed.add(after)
            return followed

        return await self._db.write(work)

    async def follow(self, before: Path, after: Path, stat: FileStat, origin: str) -> None:
        """roadie moved a file. origin: the job that did."""
        await self._db.write(lambda: move_path(str(before), str(after), stat, origin))

    async def other_paths(self, new: Sequence[NewAsset]) -> list[list[Path]]:
        """For each, where else its sound stands or stood."""

        def work() -> list[list[Path]]:
            rows = [
                PathRow.select(PathRow.path).where(
                    (PathRow.asset == each.id) & (PathRow.path != str(each.path))
                )
                for each in new
            ]
            return [[Path(row.path) for row in found] for found in rows]

        return await self._db.read(work)

    async def record(self, new: Sequence[tuple[NewAsset, Sequence[Path]]]) -> dict[Path, InputError]:
        """Know files that came, each with the places where the same sound stood and no longer does: then it was
        moved, with all that is known of it. Returns what is wrong with those that cannot be known."""

        def know(each: NewAsset, vanished: Sequence[Path]) -> None:
            record(each)
            for path in vanished:
                PathRow.delete().where((PathRow.path == str(path)) & (PathRow.asset == each.id)).execute()
                append(AssetMoved(each.id, str(each.path), str(path)))
            if vanished:
                index_text(each.id)

        return await record_each(
            self._db, [(each.path, partial(know, each, vanished)) for each, vanished in new]
        )

    async def below(self, folder: Path) -> list[str]:
        """Known paths in a folder and below it that are not missing."""

        def work() -> list[str]:
            rows = PathRow.select(PathRow.path).where(_inside(folder) & (PathRow.missing == False))  # noqa: E712
            return [row.path for row in rows]

        return await self._db.read(work)

    async def assets_below(self, folder: Path) -> list[tuple[str, str]]:
        """(asset, path) of what is known in a folder and below it and not missing."""

        def work() -> list[tuple[str, str]]:
            rows = PathRow.select().where(_inside(folder) & (PathRow.missing == False))  # noqa: E712
            return [(row.asset_id, row.path) for row in rows.order_by(PathRow.path)]

        return await self._db.read(work)

    async def kinds_from(self, asset: str) -> list[str]:
        """Kinds of what was made from an asset, directly or through others."""

        def work() -> list[str]:
            made = (AssetRow.source == asset) | (AssetRow.parent == asset)
            rows = AssetRow.select(AssetRow.kind).where(made & (AssetRow.id != asset)).distinct()
            return [row.kind for row in rows]

        return await self._db.read(work)

    # ------------------------------------------------------------ folders

    async def arriving(self) -> list[Path]:
        """Folders that were being copied in when the daemon ended."""
        return await self._db.read(lambda: [Path(row.path) for row in ArrivingRow.select()])

    async def begin_folder(self, folder: Path, root: Path) -> None:
        def work() -> None:
            ArrivingRow.insert(path=str(folder), root=str(root), at=time.time()).on_conflict_ignore().execute()

        await self._db.write(work)

    async def complete_folder(self, folder: Path) -> int:
        """A folder is whole: told once, whatever happens. Returns how many known files are in it; of none, nothing is
        told."""

        def work() -> int:
            row = ArrivingRow.get_or_none(ArrivingRow.path == str(folder))
            if row is None:
                return 0
            files = PathRow.select().where(_inside(folder) & (PathRow.missing == False)).count()  # noqa: E712
            row.delete_instance()
            if files:
                append(FolderComplete(str(folder), row.root, files))
            return int(files)

        return await self._db.write(work)

    async def looked_at(self, root: Path) -> bool:
        """Whether a watched folder was looked through before."""
        return await self._db.read(lambda: LookedRow.get_or_none(LookedRow.path == str(root)) is not None)

    async def set_looked_at(self, root: Path) -> None:
        await self._db.write(lambda: LookedRow.insert(path=str(root)).on_conflict_ignore().execute())

    # ------------------------------------------------------------ projects

    async def projects_below(self, root: Path) -> dict[Path, FileStat]:
        def work() -> dict[Path, FileStat]:
            rows = ProjectFileRow.select()
            found = {Path(row.path): FileStat(row.size, row.mtime_ns, row.inode) for row in rows}
            return {path: stat for path, stat in found.items() if path.is_relative_to(root)}

        return await self._db.read(work)

    async def saved(self, path: Path, stat: FileStat, tell: bool) -> bool:
        """A project file looks so now. tell: as an event. False when it looked so before."""

        def work() -> bool:
            row = ProjectFileRow.get_or_none(ProjectFileRow.path == str(path))
            if row is not None and FileStat(row.size, row.mtime_ns, row.inode) == stat:
                return False
            ProjectFileRow.replace(
                path=str(path), size=stat.size, mtime_ns=stat.mtime_ns, inode=stat.inode
            ).execute()
            if tell:
                append(ProjectSaved(str(path)))
            return True

        return await self._db.write(work)

    # ------------------------------------------------------------ what to watch

    async def watched(self) -> list[tuple[Path, str]]:
        """(folder, role) of those set while the daemon ran."""
        return await self._db.read(lambda: [(Path(row.path), row.role) for row in WatchedRow.select()])

    async def set_watched(self, folder: Path, role: str | None) -> None:
        """role None: no longer."""

        def work() -> None:
            if role is None:
                WatchedRow.delete().where(WatchedRow.path == str(folder)).execute()
                LookedRow.delete().where(LookedRow.path == str(folder)).execute()
            else:
                WatchedRow.replace(path=str(folder), role=role).execute()

        await self._db.write(work)


def _inside(folder: Path) -> object:
    """Paths below a folder, by a range of text rather than LIKE, so that the index answers and % is only a letter."""
    prefix = str(folder).rstrip("/\\")
    separator = "\\" if "\\" in prefix and "/" not in prefix else "/"
    return (PathRow.path > prefix + separator) & (PathRow.path < prefix + chr(ord(separator) + 1))
