"""Generations of the vector index on disk: folders that are written once, and mapped.

    generation-N/head.json      {model, library, rows, last_seq, crc32: {file: crc}}
                 vectors.f16    (rows, 128) little-endian float16, each of length 1
                 rows.i64       (rows, 2): the embedding's seq, the asset's number
                 graph.usearch  the graph over the vectors; missing while it is being made

A generation is renamed into place when all of it is on disk. The newest that is whole counts.
"""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from daemon.library.embeddings import DIMENSIONS
from daemon.steps.indexing.graph import Graph
from daemon.steps.indexing.run import GRAPH, crc_of

VECTORS, ROWS, HEAD = "vectors.f16", "rows.i64", "head.json"
_NAME = re.compile(r"generation-(\d+)")


class Head(msgspec.Struct, frozen=True):
    """library: which library it is of. last_seq: of the newest embedding in it."""

    model: str
    library: str
    rows: int
    last_seq: int
    crc32: dict[str, int]


_head: msgspec.json.Decoder[Head] = msgspec.json.Decoder(Head)


@dataclass(frozen=True, slots=True)
class Generation:
    """One that is whole. place_of: by asset number, where its vector is, -1 for none. graph: None until it is made."""

    folder: Path
    head: Head
    vectors: NDArray[np.float16]
    seqs: NDArray[np.int64]
    numbers: NDArray[np.int64]
    place_of: NDArray[np.int32]
    graph: Graph | None


def newest(folder: Path, library: str) -> Generation | None:
    """The newest generation of this library that is whole; damaged ones are passed over. Raises OSError."""
    for each in sorted(_folders(folder), key=_order, reverse=True):
        found = _open(each, library)
        if found is not None:
            return found
    return None


def place(new: Path, folder: Path, head: Head) -> Path:
    """Make what stands in `new` the newest generation: complete its head, and rename it. Raises OSError."""
    (new / HEAD).write_bytes(msgspec.json.encode(head))
    for file in new.iterdir():
        _sync(file)
    last = max((_order(each) for each in _folders(folder)), default=0)
    target = folder / f"generation-{last + 1}"
    new.rename(target)
    _sync(folder)
    return target


def remove_others(folder: Path, kept: Path) -> None:
    """Remove all generations but one. A system that keeps open files from going keeps them until the next time."""
    for each in _folders(folder):
        if each != kept:
            shutil.rmtree(each, ignore_errors=True)


def _folders(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return [each for each in folder.iterdir() if _NAME.fullmatch(each.name)]


def _order(folder: Path) -> int:
    found = _NAME.fullmatch(folder.name)
    return int(found[1]) if found else 0


def _open(folder: Path, library: str) -> Generation | None:
    try:
        head = _head.decode((folder / HEAD).read_bytes())
    except (OSError, msgspec.DecodeError):
        return None
    if head.library != library or VECTORS not in head.crc32 or ROWS not in head.crc32:
        return None
    # The whole of each file is read: a graph with a wrong link would take the daemon with it.
    whole = {
        name for name, crc in head.crc32.items() if (folder / name).is_file() and crc_of(folder / name) == crc
    }
    if not {VECTORS, ROWS} <= whole:
        return None
    vectors = np.memmap(folder / VECTORS, "<f2", "r").reshape(-1, DIMENSIONS)
    rows: Any = np.memmap(folder / ROWS, "<i8", "r").reshape(-1, 2)
    if len(vectors) != head.rows or len(rows) != head.rows:
        return None
    numbers = np.ascontiguousarray(rows[:, 1])
    place_of = np.full(int(numbers.max(initial=0)) + 1, -1, np.int32)
    place_of[numbers] = np.arange(head.rows, dtype=np.int32)
    graph = Graph(folder / GRAPH) if GRAPH in whole else None
    if graph is not None and graph.size != head.rows:
        graph = None
    return Generation(folder, head, vectors, np.ascontiguousarray(rows[:, 0]), numbers, place_of, graph)


def _sync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        return  # Windows has no such thing for folders
    handle = os.open(path, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
