"""The index step's work."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np

from daemon.kernel.types import AssetId
from daemon.kernel.work import InputFile, Kind, Produced, StepResult
from daemon.steps.index import IndexParams
from daemon.steps.indexing.graph import DIMENSIONS, build
from daemon.steps.spec import StepContext

GRAPH = "graph.usearch"
_READ_BYTES = 1 << 22


def run(ctx: StepContext, inputs: tuple[InputFile, ...], params: IndexParams) -> StepResult:  # noqa: ARG001
    """inputs: the vectors, (n, DIMENSIONS) little-endian float16 and nothing else; optionally the graph of the first
    of them. The result's one file is the graph of all; its meta has the file's crc32."""
    vectors = np.memmap(inputs[0].path, "<f2", "r").reshape(-1, DIMENSIONS)
    old = inputs[1].path if len(inputs) > 1 else None
    target = ctx.out / GRAPH
    build(vectors, old, target, ctx.threads, ctx.checkpoint)
    crc = crc_of(target)
    return StepResult(files=(Produced(GRAPH, Kind.VECTORS, AssetId(f"{crc:08x}"), meta={"crc32": crc}),))


def crc_of(path: Path) -> int:
    """crc32 of a file."""
    crc = 0
    with path.open("rb") as file:
        while data := file.read(_READ_BYTES):
            crc = zlib.crc32(data, crc)
    return crc
