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
Places = NDArray[np.int64]
Near = Iterator[tuple[Places, Places, NDArray[np.float32]]]
"""(places of some, (rows, k) places of what is near each, (rows, k) cosines)."""


def run(ctx: StepContext, inputs: tuple[InputFile, ...], params: PairsParams) -> StepResult:
    """inputs: vectors (n, DIMENSIONS) as the index step takes them, optionally with a graph of the first of them. The
    one file is (m, 2) little-endian int32: places of two that are near each other, the smaller first."""
    vectors = np.memmap(inputs[0].path, "<f2", "r").reshape(-1, DIMENSIONS)
    places = np.union1d(np.arange(params.first, len(vectors)), np.array(params.more, np.int64))
    if len(vectors) <= _EXACT:
        near = _compared(ctx, vectors, places, params.neighbours)
    else:
        near = _looked_up(ctx, vectors, places, inputs, params.neighbours)
    parts = [np.zeros((0, 2), np.int32)]
    for some, others, likeness in near:
        found = np.stack([np.repeat(some, others.shape[1]), others.ravel()], axis=1)
        found = found[likeness.ravel() >= params.likeness]
        parts.append(np.sort(found[found[:, 0] != found[:, 1]], axis=1).astype(np.int32))
    pairs = np.unique(np.concatenate(parts), axis=0)
    path = ctx.out / PAIRS
    path.write_bytes(pairs.astype("<i4").tobytes())
    return StepResult((Produced(PAIRS, Kind.VECTORS, AssetId(byte_hash(path)), meta={"pairs": len(pairs)}),))


def _compared(ctx: StepContext, vectors: Vectors, places: Places, count: int) -> Near:
    whole = np.asarray(vectors, np.float32)
    most = min(count + 1, len(whole))  # each is near itself
    for start in range(0, len(places), _BLOCK):
        ctx.checkpoint(start / len(places), "looking for the like")
        some = places[start : start + _BLOCK]
        cosines = whole[some] @ whole.T
        best = np.argpartition(-cosines, most - 1, axis=1)[:, :most]
        yield some, best, np.take_along_axis(cosines, best, axis=1)


def _looked_up(
    ctx: StepContext, vectors: Vectors, places: Places, inputs: tuple[InputFile, ...], count: int
) -> Near:
    target = ctx.out / "graph.usearch"
    old = inputs[1].path if len(inputs) > 1 else None
    build(vectors, old, target, ctx.threads, lambda done, note="": ctx.checkpoint(_GRAPH_SHARE * done, note))
    graph = Graph(target)
    for number, place in enumerate(places):
        if number % _BLOCK == 0:
            ctx.checkpoint(_GRAPH_SHARE + (1 - _GRAPH_SHARE) * number / len(places), "looking for the like")
        own = np.asarray(vectors[place], np.float32)
        near = graph.near(own, count + 1)
        yield places[number : number + 1], near[None], (np.asarray(vectors[near], np.float32) @ own)[None]
    target.unlink()
