"""The task `scan`: index a folder in place. Unchanged files, bad ones too, cost a stat; asked again, it goes on where
it was."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from daemon.jobs.listen import Listener, Problem
from daemon.jobs.runner import TaskContext
from daemon.kernel.errors import UnreadableAudio
from daemon.library.asset_records import FileStat, Look, NewAsset
from daemon.library.assets import Assets
from daemon.library.unreadable import Bad, Unreadable
from daemon.services.shortened import shortened
from daemon.services.types_library import ScanResult
from daemon.services.walk import Walk
from daemon.watch.disk import gone, texts_not_there

Files = list[tuple[Path, FileStat]]

CALL_FILES = 32  # files that a worker hears in one call: enough to make a network's batch worth while
CALL_BYTES = 48 << 20  # and no more than this: songs are heard one by one, and a kill loses little
NAMED = 20  # placeholders that are named


class Hearing:
    """Has files heard, and keeps what was told. unreadable: where it is kept which are no sounds. at_once: calls under
    way at the same time, so that no worker waits for the next."""

    def __init__(self, assets: Assets, listener: Listener, unreadable: Unreadable, at_once: int) -> None:
        self._assets = assets
        self._listener = listener
        self._unreadable = unreadable
        self._at_once = at_once

    async def hear(self, files: Files, tell: Callable[[int, str], None]) -> list[str]:
        """Returns a line for each file that could not be read. tell: how many more are done, and the last one's
        name."""
        problems: list[str] = []
        waiting = batches(files)

        async def work() -> None:
            for batch in waiting:
                heard = await self._listener.many(batch)
                wrong = await self._assets.record_many(each for each in heard if isinstance(each, NewAsset))
                problems.extend(each.message for each in wrong.values())
                problems.extend(each.error.message for each in heard if isinstance(each, Problem))
                await self._unreadable.put(_lasting(batch, heard))
                tell(len(batch), batch[-1][0].name)

        async with asyncio.TaskGroup() as group:
            for _ in range(self._at_once):
                group.create_task(work())
        return sorted(problems)


def _lasting(batch: Files, heard: Sequence[NewAsset | Problem]) -> dict[Path, Bad]:
    """Those whose content is at fault. What keeps a file from being read otherwise, a permission or a disk, may pass
    without a change to it."""
    return {
        path: Bad(stat, found.error.message)
        for (path, stat), found in zip(batch, heard, strict=True)
        if isinstance(found, Problem) and found.error.code == UnreadableAudio.code
    }


class Scanner:
    def __init__(self, assets: Assets, listener: Listener, unreadable: Unreadable, at_once: int) -> None:
        self._assets = assets
        self._listener = listener
        self._unreadable = unreadable
        self._hearing = Hearing(assets, listener, unreadable, at_once)

    async def run(self, context: TaskContext) -> list[str]:
        """Returns a line for each file and folder that could not be read. What is known below a folder that is gone is
        missing from then on, until it is seen again. Raises FileMissing for a folder that cannot be read."""
        folder = Path(context.request["path"])
        context.progress(0.0, "looking")
        known = await self._assets.looks_under(folder)
        away = await asyncio.to_thread(gone, str(folder))
        if known and away:
            await self._assets.mark_missing(known)
            missing = await self._assets.missing_below(folder)
            context.came_to(msgspec.to_builtins(ScanResult(files=0, heard=0, unreadable=0, missing=missing)))
            return [f"{folder}: the folder is gone. What it held is missing until it is back and scanned again"]
        walk = Walk(folder)
        found = await asyncio.to_thread(lambda: list(walk.files()))
        there = {path for path, _ in found}
        lost = [path for path in known if path not in there and walk.saw(path)]
        await self._assets.mark_missing(lost)
        mark = self._listener.engine().mark
        await self._assets.mark_there([path for path, stat in found if _came_back(known.get(path), stat)])
        bad = await self._still_bad(folder, dict(found), walk)
        new = [
            (Path(path), stat)
            for path, stat in found
            if path not in bad and _is_new(known.get(path), stat, mark)
        ]
        done = len(found) - len(new)  # of one that was begun before: its progress goes on where it was
        share = done / len(found) if new else 0.0
        context.progress(share, f"{len(new)} of {len(found)} files are new or have changed")
        tell = counting(len(found), done, context.progress)
        wrong = await self._hearing.hear(new, tell)
        result = ScanResult(
            files=len(found), heard=len(new) - len(wrong), unreadable=len(bad) + len(wrong),
            missing=await self._assets.missing_below(folder),
        )  # fmt: skip
        context.came_to(msgspec.to_builtins(result))
        problems = walk.problems + sorted([*bad.values(), *wrong])
        elsewhere = await self._assets.paths_elsewhere(folder)  # a file that was moved came from there
        await self._assets.mark_missing(await asyncio.to_thread(texts_not_there, elsewhere))
        return [*_in_the_cloud(walk.placeholders), *shortened(problems)]

    async def _still_bad(self, folder: Path, found: Mapping[str, FileStat], walk: Walk) -> dict[str, str]:
        """Why each of those cannot be read that could not be and are unchanged. Others are forgotten."""
        before = await self._unreadable.below(folder)
        same = {path: bad.why for path, bad in before.items() if found.get(path) == bad.stat and not bad.old}
        unseen = {path for path in before if path not in found and not walk.saw(path)}
        await self._unreadable.forget(before.keys() - same.keys() - unseen)
        return same


def counting(total: int, done: int, progress: Callable[[float, str], None]) -> Callable[[int, str], None]:
    """What tells the progress of a whole of which some is done, by how many more are and what was done last. Where more
    came to it meanwhile, it is done for the rest of the time."""

    def tell(more: int, name: str) -> None:
        nonlocal done
        done += more
        progress(min(done / total, 1.0), f"{done} of {total}: {name}")

    return tell


def batches(files: Files) -> Iterator[Files]:
    """Parts that are heard in one call each."""
    batch: Files = []
    size = 0
    for path, stat in files:
        if batch and (len(batch) == CALL_FILES or size + stat.size > CALL_BYTES):
            yield batch
            batch, size = [], 0
        batch.append((path, stat))
        size += stat.size
    if batch:
        yield batch


def _is_new(known: Look | None, stat: FileStat, mark: str) -> bool:
    """Whether a file is heard: it is new, has changed, or was told by an older model. What roadie itself wrote and
    nobody changed is known by the job that made it."""
    if known is None or known.stat != stat:
        return True
    return known.heard != mark and not known.made


def _came_back(known: Look | None, stat: FileStat) -> bool:
    """Whether a file that was missing is there as it was: all files of a drive that was away are."""
    return known is not None and known.missing and known.stat == stat


def _in_the_cloud(paths: list[str]) -> list[str]:
    named = [
        f"{path}: in the cloud, so it was not opened. Make it available offline and scan again"
        for path in paths
    ]
    return shortened(named, NAMED)
