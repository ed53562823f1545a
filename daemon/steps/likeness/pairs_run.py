"""The pairs step's work."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from daemon.audio.identity import byte_hash
from daemon.kernel.types import AssetId
from daemon.kernel.work import InputFile, Kind, Produced, StepResult
from daemon.steps.indexing.graph import DIMENSIONS, Graph, build
from daemon.steps.pairs import PairsParams
from daemon.steps.spec import StepContext

PAIRS = "pairs.i32"
_EXACT = 15_000  # so many are compared with each other; more are looked up in a graph
_BLOCK = 512
_GRAPH_SHARE = 0.8  # of the work, that making the graph takes, roughly

Vectors = NDArray[np.float16]


def run(ctx: StepContext, inputs: tuple[InputFile, ...], params: PairsParams) -> StepResult:
    """inputs: vectors (n, DIMENSIONS) as the index step takes them, optionally with a graph of the first of them. The
    one file is (m, 2) little-endian int32: places of two that are near each other, the smaller first."""
    vectors = np.memmap(inputs[0].path, "<f2", "r").reshape(-1, DIMENSIONS)
    if len(vectors) <= _EXACT:
        near = _compared(ctx, vectors, params.neighbours)
    else:
        near = _looked_up(ctx, vectors, inputs, params.neighbours)
    parts = [np.zeros((0, 2), np.int32)]
    for first, others, likeness in near:
        rows = np.repeat(np.arange(first, first + len(others)), others.shape[1])
        found = np.stack([rows, others.ravel()], axis=1)[likeness.ravel() >= params.likeness]
        parts.append(np.sort(found[found[:, 0] != found[:, 1]], axis=1).astype(np.int32))
    pairs = np.unique(np.concatenate(parts), axis=0)
    path = ctx.out / PAIRS
    path.write_bytes(pairs.astype("<i4").tobytes())
    return StepResult((Produced(PAIRS, Kind.VECTORS, AssetId(byte_hash(path)), meta={"pairs": len(pairs)}),))


Near = Iterator[tuple[int, NDArray[np.int64], NDArray[np.float32]]]
"""(place of the first, (rows, k) places of what is near each, (rows, k) cosines)."""


def _compared(ctx: StepContext, vectors: Vectors, count: int) -> Near:
    whole = np.asarray(vectors, np.float32)
    most = min(count + 1, len(whole))  # each is near itself
    for start in range(0, len(whole), _BLOCK):
        ctx.checkpoint(start / len(whole), "looking for the like")
        cosines = whole[start : start + _BLOCK] @ whole.T
        best = np.argpartition(-cosines, most - 1, axis=1)[:, :most]
        yield start, best, np.take_along_axis(cosines, best, axis=1)


def _looked_up(ctx: StepContext, vectors: Vectors, inputs: tuple[InputFile, ...], count: int) -> Near:
    target = ctx.out / "graph.usearch"
    old = inputs[1].path if len(inputs) > 1 else None
    build(vectors, old, target, ctx.threads, lambda done, note="": ctx.checkpoint(_GRAPH_SHARE * done, note))
    graph = Graph(target)
    for place in range(len(vectors)):
        if place % _BLOCK == 0:
            ctx.checkpoint(_GRAPH_SHARE + (1 - _GRAPH_SHARE) * place / len(vectors), "looking for the like")
        own = np.asarray(vectors[place], np.float32)
        near = graph.near(own, count + 1)
        yield place, near[None], (np.asarray(vectors[near], np.float32) @ own)[None]
    target.unlink()
