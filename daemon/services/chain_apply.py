"""The task `chain-apply`: files and whole folders through a chain, many to a worker's call, written by the journal."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from daemon.files.journal import Journal
from daemon.files.names import safe_name, with_ending
from daemon.jobs.prepare import Prepared
from daemon.jobs.runner import TaskContext
from daemon.jobs.uncut import to_its_end
from daemon.kernel.errors import BadParameter, DiskFull, Incomplete, RoadieError
from daemon.kernel.work import InputFile, Kind, Produced
from daemon.services.chain_runs import ChainRuns
from daemon.services.chain_sounds import CONTAINERS, Ears, Targets, asks_class, asks_kind, is_file_name, targets
from daemon.services.shortened import shortened
from daemon.services.types_jobs import JobInput
from daemon.services.types_plugins import NOTHING_NEW, ApplyRequest
from daemon.steps.render import BATCH_FILES, RenderParams

_PREPARED_AT_ONCE = 8
_BATCHES_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class _One:
    """A sound to render and the path that it is wanted at, without its suffix where the batch decides that."""

    source: Prepared
    label: str | None
    kind: Kind
    wanted: Path


class ChainApplier:
    def __init__(self, runs: ChainRuns, ears: Ears, journal: Journal) -> None:
        self._runs = runs
        self._ears = ears
        self._journal = journal

    async def run(self, context: TaskContext) -> list[str]:
        """Returns a line for each file that could not be rendered, and what plug-ins failed on.

        Raises the first error when nothing could, and DiskFull at once; asked again, it goes on.
        """
        request = msgspec.convert(context.request, ApplyRequest)
        params = await self._runs.resolve(request.chain, request.patience_s)
        work = _Work(self._runs, self._journal, context, params, request)
        given = await asyncio.to_thread(targets, request, work.told)
        unseen = len(work.told)  # what could not be looked at
        if not given:
            raise BadParameter("there are no audio files in it", where=request.inputs[0].path)
        if work.wants_hearing:
            context.progress(0.0, f"listening to {len(given)} files")
            await self._ears.hear(given)
        sounds = await work.prepared(given)
        await work.rendered(sounds)
        work.tell_of_loud()
        work.tell_of_names()
        work.tell_of_old()
        if work.first is not None and not work.written:
            raise work.first
        missed = work.failed + work.unprocessed + unseen
        if missed:
            context.incomplete(Incomplete(
                f"{missed} of {len(given) + unseen} did not go through the chain", where=request.out,
                hint=f"The warnings say why; `roadie jobs retry {context.job[:10]}` tries them again",
            ))  # fmt: skip
        return shortened(work.told)


class _Work:
    """One request under way. told: for the person. first: the first error. written: files delivered, of which
    `unprocessed` are as they were and `old` stood there already. failed: files of which nothing came."""

    def __init__(
        self,
        runs: ChainRuns,
        journal: Journal,
        context: TaskContext,
        params: RenderParams,
        request: ApplyRequest,
    ) -> None:
        self._runs = runs
        self._journal = journal
        self._context = context
        self._request = request
        chain = params.chain
        assert isinstance(chain, dict)  # resolved
        self._chain = chain
        out = Path(request.out)
        self._is_file = is_file_name(out)
        self._total = 1
        self._done = 0
        self.told: list[str] = []
        self.first: RoadieError | None = None
        self.written = 0
        self.failed = 0
        self.unprocessed = 0
        self.old = 0
        self._renamed: list[tuple[str, str]] = []  # wanted, and what it is called because that was taken
        self._loud: list[tuple[str, float]] = []  # name and peak in dBFS of what passes full scale

    @property
    def wants_hearing(self) -> bool:
        """Whether it matters what the sounds are, and nobody said."""
        return (self._request.label is None and asks_class(self._chain["fx"])) or (
            self._request.kind is None and asks_kind(self._chain)
        )

    async def prepared(self, given: Targets) -> list[_One]:
        self._total = len(given)
        slots = asyncio.Semaphore(_PREPARED_AT_ONCE)

        async def one(each: JobInput, wanted: Path) -> _One | None:
            async with slots:
                try:
                    source = await self._runs.prepare(each)
                    if each.asset is not None and not self._is_file:
                        wanted = wanted.with_name(safe_name(source.path.stem, ".wav"))
                    label, kind = await self._runs.known_of(source)
                except RoadieError as error:
                    self._failed(error)
                    return None
                asked = self._request
                return _One(source, asked.label or label, Kind(asked.kind) if asked.kind else kind, wanted)

        ready = await asyncio.gather(*(one(each, wanted) for each, wanted in given))
        sounds = [each for each in ready if each is not None]
        self._tell_of_loops(sounds)
        return sounds

    def _tell_of_loops(self, sounds: list[_One]) -> None:
        loops = [each.source.path.name for each in sounds if each.kind is not Kind.ONE_SHOT]
        if loops and asks_kind(self._chain) and self._request.kind is None:
            named = loops[0] if len(loops) == 1 else f"{loops[0]} and {len(loops) - 1} more"
            self.told.append(f"{named}: taken for loops, so they stay in time without tail and trim; "
                             "`--as one-shot` (kind) where that is wrong")  # fmt: skip

    async def rendered(self, sounds: list[_One]) -> None:
        slots = asyncio.Semaphore(_BATCHES_AT_ONCE)

        async def batch(ones: list[_One], first: int) -> None:
            async with slots:
                await self._batch(ones, first)

        try:
            async with asyncio.TaskGroup() as group:
                for start in range(0, len(sounds), BATCH_FILES):
                    group.create_task(batch(sounds[start : start + BATCH_FILES], start))
        except ExceptionGroup as several:
            raise several.exceptions[0] from None

    async def _batch(self, ones: list[_One], first: int) -> None:
        # Anew each time: what failed too often for other sounds is in quarantine by now.
        params = await self._runs.resolve(self._request.chain, self._request.patience_s)
        await self._tried(ones, first, params)

    async def _tried(self, ones: list[_One], first: int, params: RenderParams) -> None:
        try:
            await self._render(ones, first, params)
        except RoadieError as error:
            if error.info().code == DiskFull.code:
                raise  # so it would be for every other one
            if len(ones) == 1:
                self._failed(error)
                return
            for index, one in enumerate(ones):  # one of them is at fault: the others need not suffer for it
                await self._tried([one], first + index, params)

    async def _render(self, ones: list[_One], first: int, params: RenderParams) -> None:
        async def valid() -> None:
            for one in ones:
                await one.source.still_there()

        inputs = tuple(self._runs.input_of(one.source, one.label, one.kind) for one in ones)
        before = self._done
        finished = await self._runs.render(
            params, inputs, valid,
            lambda fraction, note: self._context.progress((before + fraction * len(ones)) / self._total, note),
        )  # fmt: skip
        self.told += [line for line in finished.result.warnings if line not in self.told]
        rendered = [(file, ones[file.parent]) for file in finished.result.files]
        self._loud += [
            (one.source.path.name, float(file.meta.get("peak_db") or 0.0))  # type: ignore[arg-type]
            for file, one in rendered
        ]
        made = tuple(_given(finished.folder / file.name, file, one) for file, one in rendered)
        container = CONTAINERS[ones[0].wanted.suffix.lower()]
        encoded = await self._runs.encode(made, container, self._depth(), valid)
        self.told += encoded.result.warnings
        wanted = [
            (first + sound.parent, encoded.folder / file.name, one.wanted)
            for file, (sound, one) in zip(encoded.result.files, rendered, strict=True)
        ]
        stop = threading.Event()
        old = await to_its_end(asyncio.to_thread(self._deliver, wanted, stop), stop.set)
        self.old += old  # other batches have counted meanwhile
        self.written += len(wanted)
        self.failed += len(ones) - len(wanted)
        self.unprocessed += sum("unprocessed" in file.meta for file in finished.result.files)
        self._done += len(ones)
        self._context.progress(self._done / self._total, f"{self._done} of {self._total}")

    def _deliver(self, files: Sequence[tuple[int, Path, Path]], stop: threading.Event) -> int:
        """files: (ordinal, made, wanted). How many stood there already. Blocking. After `stop` none is begun."""
        old = 0
        for ordinal, made, wanted in files:
            if stop.is_set():
                break
            path = wanted.with_name(with_ending(wanted.stem, made.suffix))
            delivered = self._journal.deliver(
                made, path, group=self._context.job, owner=self._context.job, ordinal=ordinal, same_is_enough=True
            )  # fmt: skip
            old += not delivered.ours
            if delivered.path != path:
                self._renamed.append((path.name, delivered.path.name))
        return old

    def tell_of_loud(self) -> None:
        loud = [each for each in self._loud if each[1] > 0.0]
        if loud:
            more = f" and {len(loud) - 1} more" if len(loud) > 1 else ""
            self.told.append(f"{loud[0][0]}{more}: above full scale, up to +{max(peak for _, peak in loud):.1f} dB; "
                             "`normalize` in the chain sets a level")  # fmt: skip

    def tell_of_names(self) -> None:
        if self._renamed:
            wanted, got = self._renamed[0]
            more = f", and {len(self._renamed) - 1} more likewise" if len(self._renamed) > 1 else ""
            self.told.append(f"{wanted}: the name was taken by something else, so it is {got}{more}")

    def tell_of_old(self) -> None:
        if self.old:
            some = f"{self.old} of {self.written} stood there already, just so, and were not written"
            self.told.insert(0, NOTHING_NEW if self.old == self.written else some)

    def _depth(self) -> str:
        """What was dithered for a depth is written with it."""
        dither = self._chain.get("dither")
        if dither is None:
            return "auto"
        return "pcm16" if dither["bits"] <= 16 else "pcm24"

    def _failed(self, error: RoadieError) -> None:
        self._done += 1
        self.failed += 1
        self.first = self.first or error
        self.told.append(error.message)


def _given(path: Path, file: Produced, one: _One) -> InputFile:
    """A rendered file, as encode takes it. The source's own format decides the depth."""
    meta = {key: one.source.meta[key] for key in ("float_source",) if key in one.source.meta}
    return InputFile(
        path, file.payload, file.kind, one.wanted.name, None, {**meta, "source": one.source.path.stem}
    )
