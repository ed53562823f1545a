"""DAW projects: read them, see what they use and miss, and what uses a sample."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec

from daemon.audio.binary import shown
from daemon.jobs.prepare import stat_of
from daemon.jobs.reading import OutsideReader
from daemon.jobs.runner import TaskContext
from daemon.kernel.errors import InputError, RoadieError
from daemon.kernel.work import Kind, StepResult
from daemon.library.assets import Assets
from daemon.library.projects import Candidate, Projects, StoredProject, UsedBy
from daemon.projects.model import Project, Reference
from daemon.projects.read import SUFFIXES
from daemon.services import paths
from daemon.services.tasks import TaskStarter
from daemon.services.types_jobs import JobAck
from daemon.services.types_library import ScanRequest
from daemon.services.types_projects import (
    ProjectFileView,
    ProjectRequest,
    ProjectSummary,
    ProjectView,
    UsedAtRequest,
    UsedByView,
)
from daemon.watch.kinds import ignored_folder
from daemon.watch.placeholder import is_placeholder, stub_of


class ProjectsService:
    def __init__(self, projects: Projects, assets: Assets, reader: OutsideReader, tasks: TaskStarter) -> None:
        self._projects = projects
        self._assets = assets
        self._reader = reader
        self._tasks = tasks

    async def read(self, request: ProjectRequest) -> ProjectView:
        """Read a project, unless it stands there unchanged. Raises UnreadableProject, FileMissing, DiskError."""
        path = paths.absolute(request.path, "a project")
        return await self._view(await read_into(self._projects, self._reader, path))

    async def scan(self, request: ScanRequest, client: str) -> JobAck:
        """Read every project below a folder, as a job. Raises FileMissing when it is no folder."""
        folder = await paths.folder(request.path, "a scan's folder")
        return await self._tasks.start("projects", {"path": str(folder)}, str(folder), client)

    async def all(self) -> list[ProjectSummary]:
        return [_summary(each) for each in await self._projects.all()]

    async def get(self, project: str) -> ProjectView:
        """As it was last read. Raises NotFound."""
        return await self._view(await self._projects.get(project))

    async def forget(self, project: str) -> None:
        """No longer heed a project; its file stays. Raises NotFound."""
        await self._projects.forget(project)

    async def used_by(self, asset: str) -> list[UsedByView]:
        """Projects that use an asset. Raises NotFound for an unknown one."""
        await self._assets.get(asset)
        return _used_by(await self._projects.users_of(asset))

    async def used_at(self, request: UsedAtRequest) -> list[UsedByView]:
        """Projects that use the file at a path, or the same sound elsewhere. Raises BadParameter."""
        return _used_by(await self._projects.users_at(paths.absolute(request.path, "a file")))

    async def _view(self, stored: StoredProject) -> ProjectView:
        project = stored.project
        stands = await asyncio.to_thread(_standing, project.references)
        missing = [each for each, place in zip(project.references, stands, strict=True) if place is None]
        found = await self._projects.candidates(missing)
        files = [
            _file(each, place, found.get(each.path))
            for each, place in zip(project.references, stands, strict=True)
        ]
        return ProjectView(
            stored.id, project.path, Path(project.path).stem, project.kind, project.written_by, project.rate_hz,
            project.key, list(project.tempo_map), list(project.tracks), files, len(missing), list(project.warnings),
            stored.problem,
        )  # fmt: skip


class ProjectScanner:
    """The task `projects`: read every project below a folder that changed since it was read."""

    def __init__(self, projects: Projects, reader: OutsideReader) -> None:
        self._projects = projects
        self._reader = reader

    async def run(self, context: TaskContext) -> list[str]:
        """Returns a line for each project that could not be read, is in the cloud and was not opened, or misses
        files."""
        folder = Path(context.request["path"])
        found, away = await asyncio.to_thread(projects_below, folder)
        problems = [
            f"{path}: in the cloud, so it was not opened. Make it available offline and scan again"
            for path in away
        ]
        for number, path in enumerate(found):
            context.progress(number / len(found), path.name)
            try:
                stored = await read_into(self._projects, self._reader, path)
            except RoadieError as error:
                problems.append(error.message)
                continue
            stands = await asyncio.to_thread(_standing, stored.project.references)
            if missing := stands.count(None):
                told = f"{missing} of the {len(stands)} files it uses {'is' if missing == 1 else 'are'} missing"
                problems.append(f'{path}: {told}. `roadie projects show "{path}"` says where they may be')
        return problems or ([] if found else [f"{folder}: no REAPER or Live project stands below it"])


def projects_below(folder: Path) -> tuple[list[Path], list[Path]]:
    """Project files by name: (those that are there, those that a cloud service shows and has not downloaded). Hidden
    folders and the backups that DAWs keep are passed over."""
    found: list[Path] = []
    away: list[Path] = []
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not ignored_folder(name))
        for name in sorted(names):
            stub = stub_of(name)
            path = Path(root, stub or name)
            if not path.name.lower().endswith(SUFFIXES) or path.name.startswith("."):
                continue
            try:
                there = stub is None and not is_placeholder(path.stat(), str(path))
            except OSError:
                continue  # went away since it was listed, or a link to nothing
            (found if there else away).append(path)
    return found, away


async def read_into(projects: Projects, reader: OutsideReader, path: Path) -> StoredProject:
    """What is known of the project at `path`, read anew if it has changed."""
    stat = await stat_of(path)
    known = await projects.find(str(path))
    if known is not None and known.problem is None and known.stat == (stat.size, stat.mtime_ns):
        return known
    try:
        project = await reader.read("project", path, Kind.PROJECT, _decoded)
    except InputError as error:
        if known is not None:
            await projects.spoiled(str(path), stat, error.message)
        raise
    stands = await asyncio.to_thread(_standing, project.references)
    return await projects.get(await projects.put(project, stat, stands.count(None)))


def _decoded(out: Path, result: StepResult) -> Project:
    return msgspec.json.decode((out / result.files[0].name).read_bytes(), type=Project)


def _standing(references: Sequence[Reference]) -> list[str | None]:
    """For each file, the first place where the DAW will find it."""
    return [
        next((path for path in (each.path, *each.others) if os.path.isfile(path)), None)  # noqa: PTH113 - text
        for each in references
    ]


def _file(reference: Reference, stands: str | None, candidate: Candidate | None) -> ProjectFileView:
    by: Literal["hash", "name"] | None = None
    if candidate is not None:
        by = "hash" if candidate.by == "hash" else "name"
    return ProjectFileView(
        reference.path, shown(Path(reference.written)), stands, None if candidate is None else candidate.path, by,
        list(reference.uses),
    )  # fmt: skip


def _used_by(found: Sequence[UsedBy]) -> list[UsedByView]:
    return [
        UsedByView(each.project, each.project_path, each.kind, each.path, list(each.uses)) for each in found
    ]


def _summary(stored: StoredProject) -> ProjectSummary:
    project = stored.project
    return ProjectSummary(
        stored.id, project.path, Path(project.path).stem, project.kind, project.written_by, len(project.references),
        stored.read_at, stored.problem,
    )  # fmt: skip
