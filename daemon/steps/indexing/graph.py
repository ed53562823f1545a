"""The graph by which near vectors are found: a hierarchical navigable small world (Malkov & Yashunin 2016), usearch's.

Chosen over faiss and sqlite-vec by bench/vector_search.py: its file is searched where it lies, mapped, and its
package is two megabytes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from usearch.index import Index

from daemon.kernel.checkpoint import Checkpoint
from daemon.kernel.work import EMBEDDING_DIMS

DIMENSIONS = EMBEDDING_DIMS
NEIGHBOURS = 24  # of each vector in the graph
TRIED_TO_ADD = 64  # candidates looked at for a new vector's neighbours
TRIED_TO_FIND = 256  # candidates of a search
"""Of a million, 0.984 of the ten nearest are found so (0.979 with 16 NEIGHBOURS): bench/vector_search.py."""
_BATCH = 2000


def build(
    vectors: NDArray[np.float16], old: Path | None, target: Path, threads: int, checkpoint: Checkpoint
) -> None:
    """Write a graph of all `vectors` (n, DIMENSIONS), each of length 1, under their places as keys.

    old: a graph of the first of them, which is then only added to.
    """
    index: Any = _new() if old is None else Index.restore(str(old), view=False)
    if index is None:
        raise ValueError(f"{old} is no graph")
    for start in range(len(index), len(vectors), _BATCH):
        part = np.asarray(vectors[start : start + _BATCH], np.float32)
        index.add(np.arange(start, start + len(part)), part, threads=threads)
        checkpoint(start / len(vectors), "index")
    index.save(str(target))


def _new() -> Any:
    return Index(
        ndim=DIMENSIONS, metric="ip", dtype="i8", connectivity=NEIGHBOURS, expansion_add=TRIED_TO_ADD,
        expansion_search=TRIED_TO_FIND,
    )  # fmt: skip


class Graph:
    """A graph on disk, mapped and never changed. One search at a time."""

    def __init__(self, path: Path) -> None:
        """The file must be whole: usearch follows its links wherever they lead."""
        index = Index.restore(str(path), view=True)
        if index is None:
            raise ValueError(f"{path} is no graph")
        self._index: Any = index
        self.size = len(index)

    def near(self, vector: NDArray[np.float32], count: int) -> NDArray[np.int64]:
        """Places of about `count` vectors near this one, nearest first as far as 8 bits tell."""
        self._index.expansion_search = max(TRIED_TO_FIND, count)
        found = self._index.search(vector, min(count, self.size), threads=1)
        return np.asarray(found.keys, np.int64)
