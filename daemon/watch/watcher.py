"""The watcher: from what happens on disk to files in the library, folders that are whole, projects that were saved.

Events only say where to look; what counts is decided by looking. So an event that is lost costs time until the next
look at everything, and a crash costs nothing: what was waiting is found again by the look at the start.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections import deque
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from daemon.kernel.clock import Clock
from daemon.kernel.errors import InputError, RoadieError, SourceChanged
from daemon.library.arrivals import Arrivals
from daemon.library.assets import FileStat
from daemon.watch.arriving import Arriving
from daemon.watch.intake import Intake
from daemon.watch.kinds import AUDIO, Counts, counts, ignored_folder
from daemon.watch.look import Look, is_text, look
from daemon.watch.observer import Notepad, Notes, Observer
from daemon.watch.placeholder import is_placeholder, put_away, stub_of
from daemon.watch.places import Place, limit_reason, readable, watches_left
from daemon.watch.settle import Settler
from daemon.watch.turns import Coming, Turns

log = logging.getLogger(__name__)

TURN_S = 0.2
"""Between two rounds at least: what happens meanwhile is one."""
SLICE = 50
"""Paths handled before other work of the event loop gets its turn."""
BURST = 2000
"""Events of one round after which a look at everything follows: the system's own queue may have run over."""
MOST_REFUSED = 10_000
GIVEN_UP_S = 600.0
"""A partial file that has not grown for so long keeps no folder waiting."""
PROBLEMS = 100


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """at_once: batches read at the same time. rescan_s, poll_s: between looks at a told and at a polled folder. own:
    roadie's home, whose files are no sounds of anybody's, also where it stands in a watched folder."""

    settle_s: float = 2.0
    folder_settle_s: float = 5.0
    rescan_s: float = 900.0
    poll_s: float = 30.0
    at_once: int = 4
    own: Path | None = None


@dataclass(slots=True)
class Watched:
    """A folder and how it goes with it. problem: what keeps it from being watched, None when nothing does."""

    place: Place
    polled: bool
    reason: str
    look_at: float = 0.0
    files: int = 0
    folders: int = 0
    placeholders: int = 0
    problem: str | None = None


@dataclass(slots=True)
class Counters:
    """taken: files that became known or were known. refused: files that are no sound."""

    taken: int = 0
    refused: int = 0
    folders: int = 0
    problems: deque[str] = field(default_factory=lambda: deque(maxlen=PROBLEMS))


class Watcher:
    """One for all folders. Everything but the looks at the disk happens on the event loop."""

    def __init__(self, intake: Intake, arrivals: Arrivals, clock: Clock, settings: WatchSettings) -> None:
        self._intake = intake
        self._arrivals = arrivals
        self._clock = clock
        self._settings = settings
        self._settler = Settler(settings.settle_s)
        self._arriving = Arriving(settings.folder_settle_s)
        self._woken = asyncio.Event()
        self._observer = Observer(Notepad(lambda: None))
        self._notepad = Notepad(lambda: None)
        self._watched: dict[Path, Watched] = {}
        self._moved: dict[Path, Path] = {}
        self._gone: dict[Path, float] = {}
        self._refused: dict[Path, FileStat] = {}
        self._turns = Turns(self._take)
        self._again: set[Path] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self.counters = Counters()

    # ------------------------------------------------------------ life

    async def start(self, places: Sequence[Place]) -> None:
        """Watch these folders; they are looked through at once, in the background."""
        loop = asyncio.get_running_loop()

        def wake() -> None:
            loop.call_soon_threadsafe(self._woken.set)

        self._notepad = Notepad(wake)
        self._observer = Observer(self._notepad)
        for folder in await self._arrivals.arriving():
            self._arriving.begin(folder, self._clock.monotonic())
        for place in places:
            await self.add(place)
        self._tasks = [asyncio.create_task(self._run(), name="watch")]
        self._tasks += [
            asyncio.create_task(self._turns.run(), name="intake") for _ in range(self._settings.at_once)
        ]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.to_thread(self._observer.close)

    async def add(self, place: Place) -> None:
        """Watch one more folder."""
        watched = Watched(place, place.polled, place.reason, look_at=self._clock.monotonic())
        self._watched[place.path] = watched
        await self._subscribe(watched)
        self._woken.set()

    async def remove(self, folder: Path) -> None:
        """No longer watch a folder. What is known of its files stays."""
        self._watched.pop(folder, None)
        await asyncio.to_thread(self._observer.unwatch, folder)

    def rescan(self) -> None:
        """Look at everything now."""
        self._look_within(0.0)
        self._woken.set()

    def _look_within(self, time_s: float) -> None:
        latest = self._clock.monotonic() + time_s
        for watched in self._watched.values():
            watched.look_at = min(watched.look_at, latest)

    # ------------------------------------------------------------ for people

    def watched(self) -> list[Watched]:
        return list(self._watched.values())

    @property
    def waiting(self) -> int:
        """Files that do not count yet, or count and are not read yet."""
        return len(self._settler) + len(self._turns)

    @property
    def arriving(self) -> int:
        """Folders that are being copied in."""
        return len(self._arriving)

    # ------------------------------------------------------------ rounds

    async def _run(self) -> None:
        while True:
            try:
                async with asyncio.timeout(self._pause_s()):
                    await self._woken.wait()
            except TimeoutError:
                pass
            self._woken.clear()
            try:
                await self._round()
            except RoadieError as error:  # the library's disk is full or away: the next round tries again
                self._problem(error.message)
            except Exception:
                log.exception("a round of the watcher")  # the next one looks again
            await asyncio.sleep(TURN_S)

    def _pause_s(self) -> float | None:
        now = self._clock.monotonic()
        times = [watched.look_at for watched in self._watched.values()]
        times += [now + self._settings.folder_settle_s / 4] if len(self._arriving) else []
        times += [
            due for due in (self._settler.next_due(), min(self._gone.values(), default=None)) if due is not None
        ]
        return max(0.0, min(times) - now) if times else None

    async def _round(self) -> None:
        notes = self._notepad.take()
        await self._note(notes)
        if notes.overrun(BURST):
            self._look_within(self._settings.settle_s)
        await self._look_where_due()
        await self._settle()
        await self._vanish()
        await self._complete()

    async def _note(self, notes: Notes) -> None:
        now = self._clock.monotonic()
        for folder in sorted(notes.folders):
            await self._folder_came(folder, now)
        for folder, before in notes.renamed.items():
            await self._folder_renamed(folder, before, now)
        self._moved.update(notes.moved)
        async for path in _in_slices(notes.files):
            self._touch(path, now)
        for path in notes.gone:
            self._gone[path] = now + self._settings.settle_s

    def _touch(self, path: Path, now: float) -> None:
        root = self._root_of(path)
        if root is None or not is_text(str(path)):
            return
        kind = counts(path, root)
        if kind is not Counts.IGNORED and len(self._arriving):
            self._arriving.touch(path, now)
        if kind in (Counts.AUDIO, Counts.PROJECT):
            self._refused.pop(path, None)
            if path in self._turns:
                self._again.add(path)
            else:
                self._settler.touch(path, now)

    def _root_of(self, path: Path) -> Path | None:
        """The innermost watched folder that a path is in; None for what is roadie's own state."""
        text = str(path)
        if self._settings.own is not None and path.is_relative_to(self._settings.own):
            return None
        roots = [root for root in self._watched if text.startswith(str(root)) and path.is_relative_to(root)]
        return max(roots, key=lambda root: len(root.parts), default=None)

    async def _folder_came(self, folder: Path, now: float) -> None:
        root = self._root_of(folder)
        if root is None or folder == root or not is_text(str(folder)):
            return
        if any(ignored_folder(part) for part in folder.relative_to(root).parts):
            return
        if self._arriving.over(folder) is None and await self._arrivals.below(folder):
            return  # a known folder under another name, or one that came back
        if self._arriving.begin(folder, now):
            await self._arrivals.begin_folder(folder, root)
        for path in await asyncio.to_thread(_files_in, folder):
            self._touch(path, now)

    async def _folder_renamed(self, folder: Path, before: Path, now: float) -> None:
        """Files of a known folder are followed; one of which nothing is known has come."""
        if not await self._arrivals.below(before):
            await self._folder_came(folder, now)
            return
        for path in await asyncio.to_thread(_files_in, folder):
            self._moved[path] = before / path.relative_to(folder)
            self._touch(path, now)

    # ------------------------------------------------------------ looks

    async def _look_where_due(self) -> None:
        for watched in list(self._watched.values()):
            if self._clock.monotonic() >= watched.look_at:
                await self._look(watched)
                often = watched.polled or watched.problem is not None
                every_s = self._settings.poll_s if often else self._settings.rescan_s
                watched.look_at = self._clock.monotonic() + every_s

    async def _look(self, watched: Watched) -> None:
        root = watched.place.path
        if not await asyncio.to_thread(readable, root):
            watched.problem = f"{root} is not there or cannot be read; roadie looks again every so often"
            return
        if watched.problem is not None:
            await self._subscribe(watched)
        known = await self._intake.known_below(root)
        found = await asyncio.to_thread(look, root, known, self._settings.own)
        first = not await self._arrivals.looked_at(root)
        now = self._clock.monotonic()
        for folder in () if first else sorted(found.strange):
            if self._arriving.begin(folder, now):
                await self._arrivals.begin_folder(folder, root)
        async for path in _in_slices(found.files):
            if path not in self._turns and self._refused.get(path) != found.files[path]:
                self._settler.wait(path, now)
        await self._look_at_projects(root, found, first)
        await self._intake.gone(found.gone)
        if first:
            await self._arrivals.set_looked_at(root)
        watched.files, watched.placeholders, watched.folders = len(known), found.placeholders, found.folders
        await self._check_limit(watched)

    async def _look_at_projects(self, root: Path, found: Look, first: bool) -> None:
        before = await self._arrivals.projects_below(root)
        changed = [path for path, stat in found.projects.items() if before.get(path) != stat]
        for path in changed:
            if first:
                await self._project(path, tell=False)
            else:
                self._settler.wait(path, self._clock.monotonic())

    async def _subscribe(self, watched: Watched) -> None:
        root = watched.place.path
        watched.problem = None
        if not await asyncio.to_thread(readable, root):
            watched.problem = f"{root} is not there or cannot be read; roadie looks again every so often"
            watched.look_at = self._clock.monotonic() + self._settings.poll_s
            return
        if watched.polled:
            return
        try:
            await asyncio.to_thread(self._observer.unwatch, root)
            await asyncio.to_thread(self._observer.watch, root)
        except OSError as error:
            reason = limit_reason(error, root) or f"the system cannot watch it ({error.strerror})"
            self._poll(watched, reason)

    async def _check_limit(self, watched: Watched) -> None:
        """watchdog passes over folders for which the system has no watch left; that must not go unsaid. The folder
        that was just looked at is the one looked at from now on: its watches go to the others."""
        if watched.polled:
            return
        left = await asyncio.to_thread(watches_left)
        if left is None:
            return
        used, _ = left
        told = [each for each in self._watched.values() if not each.polled]
        roots = [each.place.path for each in told]
        outer = [each for each in told if not any(root in each.place.path.parents for root in roots)]
        if used < sum(each.folders for each in outer):
            await asyncio.to_thread(self._observer.unwatch, watched.place.path)
            error = OSError(28, "inotify watch limit reached")
            self._poll(watched, limit_reason(error, watched.place.path) or str(error))

    def _poll(self, watched: Watched, reason: str) -> None:
        watched.polled, watched.reason = True, reason
        self._problem(reason)

    # ------------------------------------------------------------ files

    async def _settle(self) -> None:
        now = self._clock.monotonic()
        due = self._settler.due(now)
        for start in range(0, len(due), 10 * SLICE):
            batch = due[start : start + 10 * SLICE]
            stats = await asyncio.to_thread(_stats, batch)
            still = [
                path for path, stat in zip(batch, stats, strict=True) if self._settler.looked(path, stat, now)
            ]
            opened = await asyncio.to_thread(_open_all, still)
            sizes = {path: stat.size for path, stat in zip(batch, stats, strict=True) if stat is not None}
            for path, well in zip(still, opened, strict=True):
                self._settler.opened(path, well, now)
                if well:
                    self._turns.put(Coming(path, sizes[path], self._moved.pop(path, None)))
        if not len(self._settler):
            self._moved.clear()

    async def _take(self, batch: Sequence[Coming]) -> None:
        sounds: list[Coming] = []
        for coming in batch:
            root = self._root_of(coming.path)
            if root is not None and counts(coming.path, root) is Counts.PROJECT:
                await self._project(coming.path, tell=True)
                self.counters.taken += 1
            elif root is not None:
                sounds.append(coming)
        if sounds:
            await self._take_sounds(sounds)
        now = self._clock.monotonic()
        for coming in batch:
            if len(self._arriving):
                self._arriving.touch(coming.path, now)
            if coming.path in self._again:
                self._again.discard(coming.path)
                self._settler.touch(coming.path, now)

    async def _take_sounds(self, sounds: Sequence[Coming]) -> None:
        try:
            wrong = await self._intake.take(sounds)
        except (RoadieError, OSError) as error:
            # The disk, the library or a worker, not the files: a look soon tries them again.
            self._problem(getattr(error, "message", None) or str(error))
            self._look_within(self._settings.poll_s)
            return
        except Exception:
            log.exception("taking %d files, the first of them %s", len(sounds), sounds[0].path)
            self._look_within(self._settings.poll_s)
            return
        self.counters.taken += len(sounds) - len(wrong)
        for path, problem in wrong.items():
            if isinstance(problem, SourceChanged):
                self._again.add(path)
            elif isinstance(problem, InputError):
                await self._refuse(path, problem)
            elif not isinstance(problem, FileNotFoundError):
                self._problem(f"{path}: {problem}")
                self._look_within(self._settings.poll_s)

    async def _refuse(self, path: Path, error: InputError) -> None:
        self.counters.refused += 1
        self._problem(error.message)
        stat = (await asyncio.to_thread(_stats, [path]))[0]
        if stat is not None and len(self._refused) < MOST_REFUSED:
            self._refused[path] = stat

    async def _project(self, path: Path, tell: bool) -> None:
        try:
            await self._intake.project(path, tell)
        except FileNotFoundError:
            return
        except RoadieError as error:
            self._problem(error.message)

    async def _vanish(self) -> None:
        now = self._clock.monotonic()
        due = [path for path, at in self._gone.items() if now >= at]
        for path in due:
            del self._gone[path]
        gone = [path for path in due if self._root_of(path) is not None]
        if not gone:
            return
        missing = await asyncio.to_thread(_not_there, gone)
        texts = [str(path) for path in missing if path.suffix.lower() in AUDIO]
        for folder in missing:
            if folder.suffix.lower() not in AUDIO:
                texts += await asyncio.to_thread(_not_there_texts, await self._arrivals.below(folder))
        await self._intake.gone(texts)

    # ------------------------------------------------------------ folders

    async def _complete(self) -> None:
        if not len(self._arriving):
            return
        for folder in self._arriving.quiet(self._clock.monotonic(), self._busy):
            if await asyncio.to_thread(_unfinished, folder):
                self._arriving.touch(folder, self._clock.monotonic())
                continue
            files = await self._arrivals.complete_folder(folder)
            self._arriving.end(folder)
            self.counters.folders += files > 0

    def _busy(self, folder: Path) -> bool:
        """Whether files of a folder wait or are being read."""
        return self._turns.any_below(folder) or any(self._settler.below(folder))

    def _problem(self, text: str) -> None:
        log.warning("%s", text)
        if text not in self.counters.problems:
            self.counters.problems.append(text)


async def _in_slices(paths: Iterable[Path]) -> AsyncIterator[Path]:
    """The paths, with a pause for others every so often."""
    for number, path in enumerate(paths, 1):
        yield path
        if number % SLICE == 0:
            await asyncio.sleep(0)


def _stats(paths: Sequence[Path]) -> list[FileStat | None]:
    """How files look; None for one that is gone, empty, or only shown by a cloud service."""
    return [_stat(path) for path in paths]


def _stat(path: Path) -> FileStat | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    if stat.st_size == 0 or is_placeholder(stat, str(path)):
        return None  # another event tells when there is something to read
    return FileStat(stat.st_size, stat.st_mtime_ns, stat.st_ino)


def _open_all(paths: Sequence[Path]) -> list[bool]:
    return [_opens(path) for path in paths]


def _opens(path: Path) -> bool:
    """A file that another program holds for itself (Windows), or that may not be read yet, does not open."""
    try:
        with path.open("rb"):
            return True
    except OSError:
        return False


def _files_in(folder: Path) -> list[Path]:
    return [Path(root, name) for root, _, names in os.walk(folder) for name in names]


def _not_there(paths: Sequence[Path]) -> list[Path]:
    return [path for path in paths if not os.path.lexists(path) and not put_away(str(path))]


def _not_there_texts(paths: Sequence[str]) -> list[str]:
    return [path for path in paths if not os.path.lexists(path) and not put_away(path)]


def _unfinished(folder: Path) -> bool:
    """Whether not all of a folder has come: a file is still coming under a name of its own (one that was given up
    does not count), or is only shown by a cloud service."""
    oldest = time.time() - GIVEN_UP_S
    for path in _files_in(folder):
        kind = counts(path, folder)
        try:
            stat = path.stat()
        except OSError:
            continue  # went away meanwhile
        coming = kind is Counts.PARTIAL and stat.st_size > 0 and stat.st_mtime > oldest
        if coming or (kind is Counts.AUDIO and is_placeholder(stat, str(path))):
            return True
        stub = stub_of(path.name)
        if stub is not None and counts(path.with_name(stub), folder) is Counts.AUDIO:
            return True
    return False
