"""Exact duplicates put aside: of each sound one file stays, the others move into a folder of the user's.

Nothing is deleted. Every move is journalled, so that an undo of the job puts all of them back.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from daemon.files.journal import Journal
from daemon.files.names import first_free, safe_name
from daemon.jobs.runner import TaskContext
from daemon.jobs.uncut import to_its_end
from daemon.kernel.errors import BadParameter, Forbidden, RoadieError
from daemon.library.asset_records import FileStat, Look
from daemon.library.assets import Assets
from daemon.library.projects import Projects
from daemon.library.search import Search
from daemon.services.outputs import Outputs
from daemon.services.paths import absolute
from daemon.services.shortened import shortened
from daemon.services.tasks import TaskStarter
from daemon.services.types_duplicates import DuplicateMoves, DuplicatesPlan, DuplicatesRequest
from daemon.services.types_jobs import JobAck

TASK = "duplicates"
_ELSEWHERE = "it is not in the folder that was named"

Looks = Mapping[Path, Look]


@dataclass(frozen=True, slots=True)
class _File:
    """One file on the disk that holds the sound. names: the known paths that lead to it. stays: why it is not moved,
    None when it may be."""

    names: tuple[Path, ...]
    size: int
    mtime_ns: int
    stays: str | None


class Duplicates:
    """Says which files are surplus, and puts them aside. outputs: knows the folders that are not roadie's to change."""

    def __init__(
        self, search: Search, assets: Assets, projects: Projects, journal: Journal, outputs: Outputs,
        delivery_folder: Path,
    ) -> None:  # fmt: skip
        self._search = search
        self._assets = assets
        self._projects = projects
        self._journal = journal
        self._outputs = outputs
        self._delivery_folder = delivery_folder

    async def run(self, context: TaskContext) -> list[str]:
        """The task. Returns a line for each file that stays for a reason. Asked again after a restart, it goes on."""
        request = msgspec.convert(context.request, DuplicatesRequest)
        lines = [] if await self._projects.all() else [_NO_PROJECT]
        errors: list[RoadieError] = []
        moved = 0
        async for done, group in self._groups(request, forget=True):
            context.progress(done, f"{moved} files put aside")
            lines += [f"{path}: left where it is: {why}" for path, why in group.left]
            for source, target in group.moves:
                try:
                    await to_its_end(self._put_aside(Path(source), Path(target), context.job))
                    moved += 1
                except RoadieError as error:
                    errors.append(error)
                    lines.append(error.message)
        if errors and not moved:
            raise errors[0]
        return [
            f"{moved} files were put aside; `roadie jobs undo {context.job}` puts them back",
            *shortened(lines),
        ]

    async def plan(self, request: DuplicatesRequest) -> DuplicatesPlan:
        """What `run` would do now. Nothing is changed."""
        groups = [group async for _, group in self._groups(request, forget=False)]
        return DuplicatesPlan(groups=groups, projects=len(await self._projects.all()))

    async def _groups(
        self, request: DuplicatesRequest, *, forget: bool
    ) -> AsyncIterator[tuple[float, DuplicateMoves]]:
        """(how much is done, what is to be done) of each sound with surplus files. forget: those that are not there
        any more are told to the library."""
        found = await self._search.duplicates()
        taken: set[Path] = set()
        for number, (asset, paths) in enumerate(found):
            looks = await self._assets.looks_at(map(Path, paths))
            if forget:
                await self._assets.mark_missing(await asyncio.to_thread(_gone, looks))
            group = await asyncio.to_thread(self._judge, asset, looks, request, taken)
            if group is not None:
                yield number / len(found), group

    def _judge(
        self, asset: str, looks: Looks, request: DuplicatesRequest, taken: set[Path]
    ) -> DuplicateMoves | None:
        """None when nothing is surplus. Blocking."""
        aside = self.aside(request)
        own = [path for path, look in looks.items() if not look.made and not path.is_relative_to(aside)]
        files, left = self._files(own, looks, request)
        if len(files) < 2:
            return None
        best, *others = sorted(files, key=_first)
        moves = []
        for file in others:
            if file.stays is None:
                source = file.names[0]
                target = first_free(aside / _inside(source), taken)
                taken.add(target)
                moves.append((str(source), str(target)))
            elif file.stays != _ELSEWHERE:
                left += [(str(path), file.stays) for path in file.names]
        if not moves and not left:
            return None
        return DuplicateMoves(
            asset=asset, keeps=str(best.names[0]), why=_why(best, others), moves=moves, left=left,
            size_bytes=sum(file.size for file in others if file.stays is None),
        )  # fmt: skip

    def _files(
        self, paths: Sequence[Path], looks: Looks, request: DuplicatesRequest
    ) -> tuple[list[_File], list[tuple[str, str]]]:
        """Those that hold the sound for certain; and what else is left alone, with the reason."""
        names: dict[tuple[int, int], list[Path]] = {}
        stats: dict[tuple[int, int], os.stat_result] = {}
        left = []
        for path in paths:
            try:
                stat = path.stat()
            except OSError:
                continue  # it is not there
            if FileStat.told(stat) != looks[path].stat:
                left.append((str(path), "it changed since it was scanned; scan its folder again"))
                continue
            place = (stat.st_dev, stat.st_ino)
            stats[place] = stat
            names.setdefault(place, []).append(path)
        files = [
            _File(tuple(each), stats[place].st_size, stats[place].st_mtime_ns, self._stays(each, request))
            for place, each in names.items()
        ]
        return files, left

    def _stays(self, names: Sequence[Path], request: DuplicatesRequest) -> str | None:
        """Why a file is not moved."""
        if any(self._projects.uses(path) for path in names):
            return "a project uses it"
        if len(names) > 1 or names[0].is_symlink():
            return "it has several names, one of which would lead nowhere"
        if request.folder is not None and not names[0].is_relative_to(request.folder):
            return _ELSEWHERE
        try:
            self._outputs.check(str(names[0].parent))
        except Forbidden as refused:
            return f"its folder is not roadie's to change ({refused.why})"
        return None

    async def _put_aside(self, source: Path, target: Path, job: str) -> None:
        """The library keeps its place, as that of a file which is away, for an undo to bring it back to."""
        await asyncio.to_thread(
            self._journal.move, source, target, group=job, owner=f"{job}:{source}", ordinal=0
        )
        await self._assets.mark_missing([str(source)])

    def aside(self, request: DuplicatesRequest) -> Path:
        return self._delivery_folder / "Duplicates" if request.to is None else Path(request.to)


_NO_PROJECT = "roadie knows no project, so it does not know what yours use: `roadie projects scan DIR` first"


class DuplicatesService:
    def __init__(self, duplicates: Duplicates, tasks: TaskStarter, outputs: Outputs) -> None:
        self._duplicates = duplicates
        self._tasks = tasks
        self._outputs = outputs

    async def plan(self, request: DuplicatesRequest) -> DuplicatesPlan:
        """What `remove` would do; nothing is changed. Raises as `remove`."""
        return await self._duplicates.plan(await self._checked(request))

    async def remove(self, request: DuplicatesRequest, client: str) -> JobAck:
        """Put surplus copies aside, as a job. Raises Forbidden for a folder that is not to be written into,
        BadParameter."""
        request = await self._checked(request)
        what = request.folder or "the whole library"
        return await self._tasks.start(TASK, msgspec.to_builtins(request), what, client)

    async def _checked(self, request: DuplicatesRequest) -> DuplicatesRequest:
        folder = None if request.folder is None else absolute(request.folder, "the copies' folder")
        to = await asyncio.to_thread(self._outputs.check, str(self._duplicates.aside(request)))
        if folder is not None and folder.is_relative_to(to):
            raise BadParameter("these copies stand where they would go", where=folder, hint="Name another `to`")
        return DuplicatesRequest(folder=None if folder is None else str(folder), to=str(to))


def _gone(looks: Looks) -> list[str]:
    """Those that are not there, though their folder is."""
    return [str(path) for path in looks if path.parent.is_dir() and not os.path.lexists(path)]


def _first(file: _File) -> tuple[object, ...]:
    """The one that stays comes first: of those that stay anyway one that a project uses; else the one whose file says
    the most besides the sound, which was there for longest, and has the shortest name ("kick.wav", "kick copy.wav")."""
    path = file.names[0]
    return (
        file.stays is None, file.stays != "a project uses it", -file.size, file.mtime_ns, len(path.name),
        len(str(path)), str(path),
    )  # fmt: skip


def _why(best: _File, others: Sequence[_File]) -> str:
    """What tells the one that stays from the others, in words."""
    if best.stays is not None:
        return best.stays
    if any(other.size < best.size for other in others):
        return "its file says the most"
    return "the oldest" if any(other.mtime_ns > best.mtime_ns for other in others) else "the shortest name"


def _inside(path: Path) -> Path:
    """Where a file goes below the folder for duplicates: as it stood below the home folder, or on its disk."""
    home = Path.home()
    if path.is_relative_to(home):
        return path.relative_to(home)
    drive = (safe_name(path.drive.strip(":\\/")),) if path.drive else ()
    return Path(*drive, *path.parts[1:])
