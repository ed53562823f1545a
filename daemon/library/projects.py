"""Projects: what each says of itself, and which of them use a file."""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
import time
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from peewee import fn

from daemon.kernel.errors import NotFound
from daemon.kernel.events import ProjectForgotten, ProjectRead
from daemon.library.asset_records import FileStat
from daemon.library.database import Database
from daemon.library.events import append
from daemon.library.project_tables import ProjectRow, ReferenceRow
from daemon.library.tables import AssetRow, PathRow
from daemon.projects.model import Project, Reference, TempoPoint, Track, Use


@dataclass(frozen=True, slots=True)
class StoredProject:
    """problem: why the version that stands there now could not be read."""

    id: str
    project: Project
    stat: tuple[int, int]  # size and mtime_ns
    read_at: float
    problem: str | None


@dataclass(frozen=True, slots=True)
class UsedBy:
    """A project that uses an asset, at one of its paths."""

    project: str
    project_path: str
    kind: str
    path: str
    uses: tuple[Use, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that may be the one a project misses. by: "hash" when the library knew the missing one."""

    path: str
    by: str


def place_of(path: str) -> str:
    """A path as this system compares them; é is one sign, however it is written."""
    text = unicodedata.normalize("NFC", os.path.normcase(os.path.normpath(path)))
    return text.casefold() if sys.platform == "darwin" else text


def _places(path: str) -> list[str]:
    """Where a file is, as it is named and behind all links. Blocking (the disk, for links)."""
    return list(dict.fromkeys((place_of(path), place_of(os.path.realpath(path)))))


def project_id(path: str) -> str:
    return hashlib.sha256(place_of(path).encode("utf-8", "surrogatepass")).hexdigest()[:16]


class Projects:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def put(self, project: Project, stat: FileStat, missing: int = 0) -> str:
        """Know a project as it was just read, instead of what was known of it; returns its id. missing: how many of
        its files are not there, to be told."""
        known = project_id(project.path)
        files = [(path, each) for each in project.references for path in (each.path, *each.others)]
        places = await asyncio.to_thread(lambda: [_places(path) for path, _ in files])

        def work() -> None:
            ReferenceRow.delete().where(ReferenceRow.project == known).execute()
            ProjectRow.replace(
                id=known, path=project.path, kind=project.kind, written_by=project.written_by, size=stat.size,
                mtime_ns=stat.mtime_ns, read_at=time.time(), rate_hz=project.rate_hz, key=project.key,
                tempo_map=project.tempo_map, tracks=project.tracks, warnings=project.warnings, problem=None,
            ).execute()  # fmt: skip
            for (path, reference), at in zip(files, places, strict=True):
                _put_file(known, reference, path, at)
            append(ProjectRead(known, project.path, project.kind, missing))

        await self._db.write(work)
        return known

    async def spoiled(self, path: str, stat: FileStat, problem: str) -> None:
        """What stands at a known project's path now cannot be read. What it used before stays used: better one file
        too many left alone than one too few."""
        await self._db.write(
            lambda: (
                ProjectRow.update(problem=problem, size=stat.size, mtime_ns=stat.mtime_ns)
                .where(ProjectRow.id == project_id(path))
                .execute()
            )
        )

    async def forget(self, project: str) -> None:
        """Raises NotFound."""

        def work() -> None:
            row = _row(project)
            ReferenceRow.delete().where(ReferenceRow.project == project).execute()
            row.delete_instance()
            append(ProjectForgotten(project, row.path))

        await self._db.write(work)

    async def get(self, project: str) -> StoredProject:
        """Raises NotFound."""
        return await self._db.read(lambda: _load(_row(project)))

    async def find(self, path: str) -> StoredProject | None:
        def work() -> StoredProject | None:
            row = ProjectRow.get_or_none(ProjectRow.id == project_id(path))
            return None if row is None else _load(row)

        return await self._db.read(work)

    async def all(self) -> list[StoredProject]:
        return await self._db.read(
            lambda: [_load(row) for row in ProjectRow.select().order_by(ProjectRow.path)]
        )

    async def users_of(self, asset: str) -> list[UsedBy]:
        """Projects that use a file in which an asset stands or stood, or which had it when they were read."""

        def work() -> list[UsedBy]:
            paths = [row.path for row in PathRow.select(PathRow.path).where(PathRow.asset == asset)]
            places = {place for path in paths for place in _places(path)}
            return _users((ReferenceRow.asset == asset) | (ReferenceRow.place << list(places)))

        return await self._db.read(work)

    async def users_at(self, path: Path) -> list[UsedBy]:
        """Projects that use the file at a path, which the library need not know; or, where it does, its sound."""

        def work() -> list[UsedBy]:
            here = ReferenceRow.place << _places(str(path))
            known = PathRow.get_or_none(PathRow.path == str(path))
            return _users(here if known is None else here | (ReferenceRow.asset == known.asset_id))

        return await self._db.read(work)

    def uses(self, path: Path) -> bool:
        """Whether a known project uses the file at `path`. Blocking; for threads that are about to touch it."""
        query = ReferenceRow.select().where(ReferenceRow.place << _places(str(path)))
        return bool(self._db.read_now(query.exists))

    async def candidates(self, missing: Sequence[Reference]) -> dict[str, Candidate]:
        """For files that are not where a project wants them: where the same sound stands now, else a file of the
        same name, if there is one of the size that the project has written down."""

        def work() -> dict[str, Candidate]:
            found = {each.path: _candidate(each.path, each.size) for each in missing}
            return {path: candidate for path, candidate in found.items() if candidate is not None}

        return await self._db.read(work)


def _users(wanted: Any) -> list[UsedBy]:
    """Once for each project and file, with all uses of it, by whichever of its paths it was found."""
    found = ReferenceRow.select(ReferenceRow.project, ReferenceRow.path).where(wanted).distinct()
    pairs = {(row.project_id, row.path) for row in found}
    main = ReferenceRow.select(ReferenceRow, ProjectRow).join(ProjectRow)
    rows = main.where((ReferenceRow.written != "") & (ReferenceRow.path << list({path for _, path in pairs})))
    return [
        UsedBy(row.project.id, row.project.path, row.project.kind, row.path, _uses(row.uses))
        for row in rows.order_by(ProjectRow.path, ReferenceRow.path)
        if (row.project.id, row.path) in pairs
    ]


def _row(project: str) -> Any:
    row = ProjectRow.get_or_none(ProjectRow.id == project)
    if row is None:
        raise NotFound(
            "there is no such project", where=project, hint="`roadie projects` lists those that are known"
        )
    return row


def _put_file(project: str, reference: Reference, path: str, places: Sequence[str]) -> None:
    """One of the paths where a DAW looks for a file. It takes the first that is there: each may be the one in use."""
    known = PathRow.get_or_none(PathRow.path == path) if path == reference.path else None
    for number, place in enumerate(places):
        main = number == 0 and path == reference.path
        ReferenceRow.insert(
            project=project, place=place, path=reference.path, written=reference.written if main else "",
            others=reference.others if main else (), size=reference.size, uses=reference.uses if main else (),
            asset=None if known is None or not main else known.asset_id,
        ).execute()  # fmt: skip


def _load(row: Any) -> StoredProject:
    files = ReferenceRow.select().where((ReferenceRow.project == row.id) & (ReferenceRow.written != ""))
    references = tuple(
        Reference(each.path, each.written, _uses(each.uses), tuple(each.others), each.size)
        for each in files.order_by(ReferenceRow.path)
    )
    project = Project(
        row.kind, row.path, row.written_by, msgspec.convert(row.tempo_map, tuple[TempoPoint, ...]), row.rate_hz,
        row.key, msgspec.convert(row.tracks, tuple[Track, ...]), references, tuple(row.warnings),
    )  # fmt: skip
    return StoredProject(row.id, project, (row.size, row.mtime_ns), row.read_at, row.problem)


def _uses(found: Any) -> tuple[Use, ...]:
    return msgspec.convert(found, tuple[Use, ...])


def _candidate(missing: str, size: int | None) -> Candidate | None:
    known = ReferenceRow.select(ReferenceRow.asset).where(
        (ReferenceRow.place == place_of(missing)) & ReferenceRow.asset.is_null(False)
    )
    assets = {row.asset for row in known}
    gone = PathRow.get_or_none(PathRow.path == missing)
    if gone is not None:
        assets.add(gone.asset_id)
    same = _standing(PathRow.asset << list(assets), missing, size) if assets else None
    if same is not None:
        return Candidate(same, "hash")
    name = missing.replace("\\", "/").rsplit("/", 1)[-1]
    named = AssetRow.select(AssetRow.id).where(fn.LOWER(AssetRow.name) == name.lower())
    alike = _standing(PathRow.asset << named, missing, size)
    return None if alike is None else Candidate(alike, "name")


def _standing(condition: Any, but: str, size: int | None) -> str | None:
    """The first path, those of the wanted size before others."""
    other = PathRow.size != (-1 if size is None else size)
    there = PathRow.missing == False  # noqa: E712
    rows: Iterable[Any] = PathRow.select().where(condition & there).order_by(other, PathRow.path)
    return next((row.path for row in rows if row.path != but), None)
