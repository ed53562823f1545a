"""Files become assets with their class and embedding: read and heard in workers, many in one call."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from daemon.jobs.calls import Calls, unread
from daemon.kernel.errors import Cancelled, ErrorInfo, InputError, RoadieError, StepFailed, WorkerDied
from daemon.kernel.types import AssetId, Json
from daemon.kernel.work import EMBEDDING_DIMS, EngineChoice, Kind, StepResult
from daemon.library.asset_records import FileStat, Heard, NewAsset
from daemon.models.store import ModelStore
from daemon.steps import classify, registry
from daemon.steps.hearing.kept import Asked, read_heard, read_told, write_asked

ERROR, ASKED = "error", "asked.msgpack"
_ROW = struct.Struct(f"<{EMBEDDING_DIMS}f")


@dataclass(frozen=True, slots=True)
class Problem:
    """A file that is no asset, and why."""

    path: Path
    error: ErrorInfo


class Listener:
    """Hears files in the cpu lane. Nothing is recorded."""

    def __init__(self, calls: Calls, models: ModelStore) -> None:
        self._calls = calls
        self._models = models

    def engine(self) -> EngineChoice:
        """The engine that would hear a file now."""
        spec = registry.spec("hear")
        if spec.choose is None:
            raise ValueError("the hear step chooses an engine")
        return spec.choose(spec.params(), self._models, "cpu")

    def network(self) -> str:
        """The mark of the network alone, whatever was taught."""
        return classify.network("embeddings").mark

    async def again(
        self, engine: EngineChoice, sounds: Sequence[tuple[str, bytes]]
    ) -> list[dict[str, Json] | None]:
        """What the engine says of sounds that were heard before, (path, what was kept): class, confidence, and those
        of `meta.NOTE` that each has. None of one that has to be heard again. No file of theirs is opened."""
        asked = [Asked(path, kept) for path, kept in sounds]

        async def attempt() -> list[dict[str, Json] | None]:
            async with self._calls.folder() as folder:
                file = unread(folder / ASKED, Kind.FINDINGS)
                await asyncio.to_thread(write_asked, file.path, asked)
                async with self._calls.run("retell", [file], engine=engine) as (out, result):
                    return await asyncio.to_thread(read_told, out / result.files[0].name)

        return await self._calls.insist(attempt)

    async def one(self, path: Path, stat: FileStat) -> NewAsset:
        """Raises InputError with what is wrong with the file."""
        (found,) = await self.each([(path, stat)])
        if isinstance(found, InputError):
            raise found
        return found

    async def each(self, files: Sequence[tuple[Path, FileStat]]) -> list[NewAsset | InputError]:
        """As `many`, with what is wrong with a file as an error."""
        return [
            found if isinstance(found, NewAsset) else InputError(found.error.message)
            for found in await self.many(files)
        ]

    async def many(self, files: Sequence[tuple[Path, FileStat]]) -> list[NewAsset | Problem]:
        """One answer for each file, in order. What ends a worker is looked for until the one file is found."""
        try:
            return await self._call(files)
        except (WorkerDied, StepFailed) as error:
            if isinstance(error, Cancelled):
                raise
            if len(files) == 1:
                return [Problem(files[0][0], _of_the_file(files[0][0], error))]
        half = len(files) // 2
        return [*await self.many(files[:half]), *await self.many(files[half:])]

    async def _call(self, files: Sequence[tuple[Path, FileStat]]) -> list[NewAsset | Problem]:
        engine, network = self.engine(), classify.network("embeddings").mark
        inputs = [unread(path) for path, _ in files]
        async with self._calls.run("hear", inputs, engine=engine) as (out, result):
            vectors, kept = await asyncio.to_thread(lambda: (_vectors(out, result), _kept(out, result)))
        return [
            _asset(
                path, stat, note.meta, Heard(engine.mark, network, vectors.get(number), kept=kept.get(number))
            )
            for number, ((path, stat), note) in enumerate(zip(files, result.annotations, strict=True))
        ]


def _vectors(out: Path, result: StepResult) -> dict[int, tuple[float, ...]]:
    """Embeddings by the number of their input."""
    for file in result.files:
        if file.kind is Kind.EMBEDDINGS:
            rows = _ROW.iter_unpack((out / file.name).read_bytes())
            of = file.meta["of"]
            return dict(zip(of, rows, strict=True)) if isinstance(of, list) else {}  # type: ignore[arg-type]
    return {}


def _kept(out: Path, result: StepResult) -> dict[int, bytes]:
    """What sounds are told anew from, by the number of their input."""
    found = (out / file.name for file in result.files if file.kind is Kind.FINDINGS)
    return {number: data for path in found for number, data in read_heard(path).items()}


def _asset(path: Path, stat: FileStat, meta: Mapping[str, Json], heard: Heard) -> NewAsset | Problem:
    error = meta.get(ERROR)
    if isinstance(error, dict):
        return Problem(path, msgspec.convert(error, ErrorInfo))
    kept = {key: value for key, value in meta.items() if key not in ("kind", "said")}
    said = meta.get("said")
    words = tuple(str(word) for word in said) if isinstance(said, list) else ()
    return NewAsset(
        AssetId(str(meta["payload"])), str(meta["kind"]), path, stat, str(meta["byte_hash"]), meta=kept,
        heard=replace(heard, said=words),
    )  # fmt: skip


def _of_the_file(path: Path, error: RoadieError) -> ErrorInfo:
    if isinstance(error, StepFailed):
        return error.info()
    return ErrorInfo(error.code, f"{path}: reading it ended the worker ({error.why or error.what})")
