"""Takes embeddings out of the table into the flat files from which a generation of the vector index is made."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from peewee import fn

from daemon.library.assets import ids_of
from daemon.library.embeddings import after
from daemon.library.finding_tables import EmbeddingRow
from daemon.library.generations import ROWS, VECTORS, Generation
from daemon.library.vectors import VectorIndex, library_id
from daemon.steps.indexing.run import GRAPH

_CHUNK = 5000
_STALE = 0.2  # of a generation, from which on it is not added to but made anew


@dataclass(frozen=True, slots=True)
class Dumped:
    """What stands in the folder. old_graph: of the first rows, None when the graph is to be made from nothing."""

    model: str
    library: str
    rows: int
    last_seq: int
    old_graph: Path | None


@dataclass(frozen=True, slots=True)
class Named:
    """assets: of each row, None for a row that is no longer true. seqs: of their embeddings, ascending. old_graph: as
    of `Dumped`."""

    assets: list[str | None]
    seqs: list[int]
    old_graph: Path | None


def dump(index: VectorIndex, folder: Path) -> Dumped | None:
    """Write every embedding of the model in use: those of the generation in use as they are, then what came since.

    None when there is none at all. Inside a read; raises OSError.
    """
    if index.model is None:
        return None
    folder.mkdir(parents=True)
    base = index.base if index.base is not None and _worth_adding_to(index.base, index.model) else None
    if base is not None:
        shutil.copyfile(base.folder / VECTORS, folder / VECTORS)
        shutil.copyfile(base.folder / ROWS, folder / ROWS)
    rows, seq = (0, 0) if base is None else (base.head.rows, base.head.last_seq)
    with (folder / VECTORS).open("ab") as vectors, (folder / ROWS).open("ab") as places:
        while some := after(index.model, seq, _CHUNK):
            vectors.write(b"".join(each.vector for each in some))
            places.write(np.array([(each.seq, each.number) for each in some], "<i8").tobytes())
            rows, seq = rows + len(some), some[-1].seq
    old = base.folder / GRAPH if base is not None and base.graph is not None else None
    return Dumped(index.model, library_id(), rows, seq, old)


def dump_named(index: VectorIndex, folder: Path) -> Named | None:
    """As `dump`; None when there are no embeddings at all."""
    dumped = dump(index, folder)
    if dumped is None:
        return None
    seqs, numbers = np.fromfile(folder / ROWS, "<i8").reshape(-1, 2).T.tolist()
    latest = {number: place for place, number in enumerate(numbers)}
    ids = ids_of(latest)
    named = [ids.get(number) if latest[number] == place else None for place, number in enumerate(numbers)]
    return Named(named, seqs, dumped.old_graph)


def _worth_adding_to(base: Generation, model: str) -> bool:
    """Not when much of it has gone or was replaced."""
    old = (EmbeddingRow.model == model) & (EmbeddingRow.seq <= base.head.last_seq)
    alive = EmbeddingRow.select(fn.COUNT(EmbeddingRow.seq)).where(old).scalar()
    return bool(alive >= (1 - _STALE) * base.head.rows)
