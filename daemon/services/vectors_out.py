"""All embeddings as a file that a worker reads, with the assets that its rows belong to."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from daemon.jobs.cache import Cache
from daemon.kernel.types import AssetId
from daemon.kernel.work import InputFile, Kind
from daemon.library.search import Search

if TYPE_CHECKING:
    from daemon.library.dump import Named
    from daemon.library.vectors import VectorIndex

VECTORS = "vectors.f16"


@dataclass(frozen=True, slots=True)
class HeardFiles:
    """inputs: the vectors, and the graph of the first of them where there is one. assets: of each row, None for one
    that has gone or was heard anew. seqs: of each row's embedding, ascending. folder: for other files that go with
    them."""

    inputs: tuple[InputFile, ...]
    assets: list[str | None]
    seqs: list[int]
    folder: Path


class VectorsOut:
    def __init__(self, search: Search, cache: Cache) -> None:
        self._search = search
        self._cache = cache

    @asynccontextmanager
    async def files(self) -> AsyncIterator[HeardFiles | None]:
        """None when nothing was heard yet. The files go on leaving."""
        out = await asyncio.to_thread(self._cache.attempt_folder, secrets.token_hex(8))
        try:
            folder = out / "heard"
            found = await self._search.with_indexes(lambda _, vectors: _dump(vectors, folder))
            if found is None:
                yield None
            else:
                graph = found.old_graph
                files = [folder / VECTORS, *([graph] if graph is not None else [])]
                inputs = tuple(InputFile(file, AssetId(""), Kind.VECTORS, file.name) for file in files)
                yield HeardFiles(inputs, found.assets, found.seqs, folder)
        finally:
            await asyncio.to_thread(self._cache.discard, out)


def _dump(vectors: VectorIndex, folder: Path) -> Named | None:
    from daemon.library.dump import dump_named  # noqa: PLC0415 - brings numpy in

    return dump_named(vectors, folder)
