"""Keeps the copies by which the library is searched: their files are made while nobody waits for them."""

from __future__ import annotations

import asyncio
import logging
import secrets
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from daemon.jobs.calls import Calls, unread
from daemon.kernel.errors import RoadieError
from daemon.kernel.types import Json
from daemon.kernel.work import Kind
from daemon.library.search import Search
from daemon.library.state import State

if TYPE_CHECKING:
    from daemon.library.columns import Columns
    from daemon.library.dump import Dumped
    from daemon.library.vectors import VectorIndex

log = logging.getLogger(__name__)

TEND_EVERY_S = 60.0
_COLUMNS_UNSAVED = 5000  # changes that a start would read again within a tenth of a second
_LEAST, _MOST = 10_000, 40_000
"""A graph is made anew once so many vectors are without one: a quarter of those that have, within these bounds."""
LIBRARY_ID = "library.id"
VECTORS = "vectors.f16"


class IndexKeeper:
    """folder: where the search keeps its files."""

    def __init__(self, search: Search, state: State, calls: Calls, folder: Path) -> None:
        self._search = search
        self._state = state
        self._calls = calls
        self._folder = folder

    async def run(self) -> None:
        """For as long as the daemon lives."""
        if await self._state.get(LIBRARY_ID) is None:
            await self._state.put(LIBRARY_ID, secrets.token_hex(8))
        for older in (self._search.catch_up, self._search.index_again):
            while await older():
                pass  # each part waits for its commit, between which others write
        while True:
            await asyncio.sleep(TEND_EVERY_S)
            try:
                await self.tend()
            except (RoadieError, OSError) as error:
                log.warning("the index is made again later: %s", error)

    async def tend(self, least: int = _LEAST) -> bool:
        """Bring the files up to date where that is worth the work. least: embeddings worth a graph. Returns whether
        a graph was made. Raises OSError and what a worker raises."""
        embeddings, changes = await self._search.written()
        if not self._search.used and embeddings < least and changes < _COLUMNS_UNSAVED:
            return False  # a small library that nobody asks: numpy is not loaded for it
        waiting = await self._search.with_indexes(lambda columns, vectors: self._look(columns, vectors, least))
        if not waiting:
            return False
        await self._make()
        return True

    @staticmethod
    def _look(columns: Columns, vectors: VectorIndex, least: int) -> bool:
        """Save the columns when much has changed; whether so many vectors wait that a graph is worth making."""
        if columns.unsaved >= _COLUMNS_UNSAVED:
            columns.save()
        base = vectors.base
        if base is not None and base.graph is None:
            return True
        enough = min(max(least, (base.head.rows if base else 0) // 4), max(least, _MOST))
        return vectors.overflows or vectors.waiting >= enough

    async def _make(self) -> None:
        """A new generation: the flat files here, the graph in a worker."""
        new = self._folder / "vectors" / f"new-{secrets.token_hex(4)}"
        try:
            dumped = await self._search.with_indexes(lambda _, vectors: _dump(vectors, new))
            if dumped is None:
                return
            files = [new / VECTORS, *([dumped.old_graph] if dumped.old_graph is not None else [])]
            async with self._calls.run("index", [unread(file, Kind.VECTORS) for file in files]) as (
                out,
                result,
            ):
                crc = result.files[0].meta["crc32"]
                await self._search.with_indexes(lambda _, vectors: _place(dumped, new, out, crc, vectors))
            log.info("the index of sounds holds %d", dumped.rows)
        finally:
            await asyncio.to_thread(shutil.rmtree, new, ignore_errors=True)


def _dump(vectors: VectorIndex, new: Path) -> Dumped | None:
    from daemon.library.dump import dump  # noqa: PLC0415 - with the first index, as all that needs numpy

    for left in new.parent.glob("new-*"):  # of a daemon that was killed
        shutil.rmtree(left, ignore_errors=True)
    return dump(vectors, new)


def _place(dumped: Dumped, new: Path, out: Path, crc: Json, vectors: VectorIndex) -> None:
    from daemon.library import generations  # noqa: PLC0415
    from daemon.steps.indexing.run import GRAPH, crc_of  # noqa: PLC0415

    shutil.move(out / GRAPH, new / GRAPH)
    crcs = {name: crc_of(new / name) for name in (generations.VECTORS, generations.ROWS)}
    head = generations.Head(
        dumped.model, dumped.library, dumped.rows, dumped.last_seq, {**crcs, GRAPH: int(str(crc))}
    )
    made = generations.place(new, new.parent, head)
    vectors.reopen()
    vectors.refresh()
    generations.remove_others(new.parent, made)
