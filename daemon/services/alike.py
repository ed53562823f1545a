"""Near-duplicates: the same hit at another gain, rate or format, or trimmed. Looked for in workers, when asked."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from daemon.jobs.calls import Calls
from daemon.jobs.runner import TaskContext
from daemon.kernel.types import AssetId
from daemon.kernel.work import InputFile, Kind
from daemon.library.alike import Alikes, Looked
from daemon.library.asset_records import Asset
from daemon.library.search import Search
from daemon.services import cursors
from daemon.services.assets_view import asset_view
from daemon.services.best_copy import best_first, why
from daemon.services.tasks import TaskStarter
from daemon.services.types import Page
from daemon.services.types_alike import NearDuplicates
from daemon.services.types_jobs import JobAck
from daemon.services.vectors_out import VectorsOut
from daemon.steps.compare import SPEC as COMPARE
from daemon.steps.pairs import SPEC as PAIRS

TASK = "near-duplicates"
CALL_FILES = 48  # that one call reads
_FINDING = 0.4  # of the work, roughly
_ORDER = "largest"  # of the groups
_METHOD = f"{PAIRS.version}.{COMPARE.version}"

Pair = tuple[str, str]


class AlikeService:
    def __init__(self, tasks: TaskStarter, alikes: Alikes) -> None:
        self._tasks = tasks
        self._alikes = alikes

    async def look(self, client: str) -> JobAck:
        """Compare what came since the last time with the whole library, as a job."""
        return await self._tasks.start(TASK, {}, "the whole library", client)

    async def groups(self, cursor: str | None, limit: int) -> Page[NearDuplicates]:
        """What was found, the largest groups first. Raises BadParameter for what is no cursor."""
        found, last = await self._alikes.groups(cursors.read(cursor, _ORDER, str), limit)
        views = [
            NearDuplicates(
                best=asset_view(each.best), why=why(each.best, each.others, each.sound_s),
                others=[asset_view(other) for other in each.others],
            )
            for each in found
        ]  # fmt: skip
        return Page(views, None if last is None else cursors.written(_ORDER, *last))


class AlikeFinder:
    """The task: embeddings tell which sounds may be one, their waves which are. Two sounds are compared once; what was
    found stays as long as the files are there."""

    def __init__(self, search: Search, alikes: Alikes, calls: Calls, out: VectorsOut) -> None:
        self._search = search
        self._alikes = alikes
        self._calls = calls
        self._out = out

    async def run(self, context: TaskContext) -> list[str]:
        """Returns a line for each file that could not be read."""
        looked = await self._alikes.looked(_METHOD)
        pairs, newest = await self._pairs(context, looked)
        wanted = {asset for pair in pairs for asset in pair} | {one for group in looked.groups for one in group}
        files, left = await self._files(wanted)
        pairs = [pair for pair in pairs if pair[0] in files and pair[1] in files]
        same = [pair for group in looked.groups for pair in pairwise(filter(files.__contains__, group))]
        sound_s = dict(looked.sound_s)
        problems: list[str] = []
        done = 0
        for batch in await asyncio.to_thread(lambda: list(batches(pairs))):
            context.progress(
                _FINDING + (1 - _FINDING) * done / len(pairs), f"{done} of {len(pairs)} pairs compared"
            )
            found, lengths_s, wrong = await self._compare(batch, files)
            same += found
            sound_s |= lengths_s
            problems += wrong
            if wrong:
                left.update(asset for pair in batch for asset in pair)
            done += len(batch)
        groups = tuple(
            [one.id for one in best_first([files[asset].asset for asset in group], sound_s)]
            for group in joined(same)
        )
        await self._alikes.replace(Looked(_METHOD, newest, tuple(sorted(left)), groups, sound_s))
        return sorted(set(problems))

    async def _pairs(self, context: TaskContext, looked: Looked) -> tuple[list[Pair], int]:
        """What may be one hit and was not compared yet; and the newest embedding that is among it."""
        async with self._out.files() as heard:
            if heard is None:
                return [], looked.seq
            first = bisect_right(heard.seqs, looked.seq)
            left = set(looked.left)
            more = [place for place, asset in enumerate(heard.assets[:first]) if asset in left]
            if first == len(heard.seqs) and not more:
                return [], looked.seq
            params = {"first": first, "more": more}
            progress = lambda done, note: context.progress(_FINDING * done, note)  # noqa: E731
            async with self._calls.run("pairs", heard.inputs, params, on_progress=progress) as (out, result):
                places = await asyncio.to_thread(_read_pairs, out / result.files[0].name)
        named = [(heard.assets[one], heard.assets[other]) for one, other in places]
        pairs = [(one, other) for one, other in named if one is not None and other is not None and one != other]
        return pairs, heard.seqs[-1]

    async def _files(self, ids: set[str]) -> tuple[dict[str, _File], set[str]]:
        """Where these assets can be read, and those that cannot now."""
        found = await self._alikes.assets(sorted(ids))
        files = await asyncio.to_thread(
            lambda: {str(one.id): file for one in found if (file := _file(one)) is not None}
        )
        return files, {one.id for one in found if one.id not in files}

    async def _compare(
        self, batch: list[Pair], files: dict[str, _File]
    ) -> tuple[list[Pair], dict[str, float], list[str]]:
        """Those that are the same, how long these sound in s, and a line for each file that cannot be read."""
        ids = sorted({asset for pair in batch for asset in pair})
        number = {asset: place for place, asset in enumerate(ids)}
        inputs = [
            InputFile(files[asset].path, AssetId(asset), Kind.SOURCE, files[asset].path.name) for asset in ids
        ]
        params = {"pairs": [[number[one], number[other]] for one, other in batch]}
        async with self._calls.run("compare", inputs, params) as (_, result):
            same: list[Pair] = []
            lengths_s: dict[str, float] = {}
            for note in result.annotations:
                others = [ids[int(str(other))] for other in _listed(note.meta.get("same"))]
                same += [(ids[note.input], other) for other in others]
                told = [float(str(length_s)) for length_s in _listed(note.meta.get("sound_s"))]
                lengths_s |= dict(zip((ids[note.input], *others), told, strict=True))
            return same, lengths_s, list(result.warnings)


@dataclass(frozen=True, slots=True)
class _File:
    asset: Asset
    path: Path


def _file(asset: Asset) -> _File | None:
    path = next((path for text in asset.paths if (path := Path(text)).is_file()), None)
    return None if path is None else _File(asset, path)


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _read_pairs(path: Path) -> list[tuple[int, int]]:
    values = memoryview(path.read_bytes()).cast("i").tolist()
    return list(zip(values[::2], values[1::2], strict=True))


def batches(pairs: Sequence[Pair]) -> Iterator[list[Pair]]:
    """Parts that are compared in one call each: every pair once, and few files in more than one part, for reading a
    file takes ten times as long as comparing it. A part grows by the file that has most pairs with those it holds."""
    near: dict[str, dict[str, Pair]] = {}
    for pair in sorted(pairs):
        for one, other in (pair, pair[::-1]):
            near.setdefault(one, {})[other] = pair
    starts = iter(list(near))
    while any_left := next((each for each in starts if near[each]), None):
        start: str | None = any_left
        while start is not None and near[start]:
            part, start = _part(near, start, starts)
            yield part


def _part(near: dict[str, dict[str, Pair]], start: str, starts: Iterator[str]) -> tuple[list[Pair], str | None]:
    """One part, whose pairs leave `near`, and where to go on: a file that has pairs left, None for the next start."""
    part: list[Pair] = []
    inside: set[str] = set()
    links = {start: 0}
    last = start
    while len(inside) < CALL_FILES:
        if not links:
            found = next((each for each in starts if near[each]), None)
            if found is None:
                break
            last, links = found, {found: 0}
        one = max(links, key=lambda each: (links[each], each))
        del links[one]
        for other in near[one].keys() & inside:
            part.append(near[one].pop(other))
            del near[other][one]
        inside.add(one)
        for other in near[one]:
            links[other] = links.get(other, 0) + 1
    return part, last


def joined(pairs: Sequence[Pair]) -> list[list[str]]:
    """Groups of all that are linked by pairs, in order."""
    group: dict[str, set[str]] = {}
    for one, other in pairs:
        both = group.get(one, {one}) | group.get(other, {other})
        for each in both:
            group[each] = both
    return sorted(sorted(each) for each in {id(found): found for found in group.values()}.values())
