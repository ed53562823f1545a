"""Search by sound among a million embeddings: recall@10 against exact, time of one search, beside other engines.

uv run python bench/vector_search.py --rows 1000000
uv run --with faiss-cpu --with sqlite-vec python bench/vector_search.py --rows 100000 --peers

The embeddings are made up: a curved surface of 16 dimensions with 400 crowded places, bent into 128 dimensions, with
noise on top, as a classifier's embeddings are; the queries are sounds near some of them that are not in the library.
The library's own way is taken: the table, its dump, the graph, the mapped search with exact comparison of what it
yields. The peer in the same run is exact search with numpy. Processor time of the searching thread is given beside
wall time, which depends on what else the machine does.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daemon.library import generations
from daemon.library.database import Database
from daemon.library.dump import dump
from daemon.library.tables import AssetRow
from daemon.library.vectors import VectorIndex
from daemon.steps.indexing.graph import build
from daemon.steps.indexing.run import GRAPH, crc_of

DIMENSIONS, FLAT, CROWDS = 128, 16, 400
BAR_MS, BAR_RECALL = 20.0, 0.98
MODEL = "bench"
Vectors = NDArray[np.float32]


def embeddings(count: int, seed: int) -> Vectors:
    """(count, 128) of length 1, all of one surface; another seed, other points of it."""
    shape = np.random.default_rng(1)
    bend = shape.normal(size=(FLAT, 64)).astype(np.float32) / 2
    spread = shape.normal(size=(64, DIMENSIONS)).astype(np.float32) / 8
    crowds = shape.normal(size=(CROWDS, FLAT)).astype(np.float32)
    shares = shape.dirichlet(np.full(CROWDS, 0.5))
    rng = np.random.default_rng(seed)
    out = np.empty((count, DIMENSIONS), np.float32)
    for start in range(0, count, 50_000):
        size = min(50_000, count - start)
        flat = crowds[rng.choice(CROWDS, size, p=shares)] + 0.35 * rng.normal(size=(size, FLAT)).astype(
            np.float32
        )
        points = np.tanh(flat @ bend) @ spread + 0.03 * rng.normal(size=(size, DIMENSIONS)).astype(np.float32)
        out[start : start + size] = points / np.linalg.norm(points, axis=1, keepdims=True)
    return out


def exact(points: Vectors, queries: Vectors) -> tuple[list[set[int]], list[float], list[float]]:
    """(the ten nearest of each query, wall ms, processor ms): numpy, everything compared."""
    found, wall, own = [], [], []
    for query in queries:
        began, spent = time.perf_counter(), time.thread_time()
        likeness = points @ query
        found.append(set(np.argpartition(-likeness, 10)[:10].tolist()))
        wall.append(1e3 * (time.perf_counter() - began))
        own.append(1e3 * (time.thread_time() - spent))
    return found, wall, own


def measure(
    name: str, search: Callable[[Vectors], list[int]], queries: Vectors, truth: list[set[int]]
) -> float:
    """Prints recall and times; returns the median of processor time."""
    wall, own, hits = [], [], 0
    for query in queries[:20]:
        search(query)  # once around, so that what is mapped is there
    for query, true in zip(queries, truth, strict=True):
        began, spent = time.perf_counter(), time.thread_time()
        found = search(query)
        wall.append(1e3 * (time.perf_counter() - began))
        own.append(1e3 * (time.thread_time() - spent))
        hits += len(true & set(found))
    recall = f"recall@10 {hits / 10 / len(truth):.4f}" if any(truth) else " " * 16
    print(f"{name:34} {recall}   wall p50 {statistics.median(wall):7.2f} p99 {_p99(wall):7.2f} ms"
          f"   processor p50 {statistics.median(own):7.2f} p99 {_p99(own):7.2f} ms")  # fmt: skip
    return statistics.median(own)


def library(points: Vectors, home: Path) -> tuple[Database, VectorIndex]:
    """A library whose embeddings these are, numbers from 1 on, and its index, made as the daemon makes it."""
    db = Database(home / "roadie.db")
    db.open()

    def fill() -> None:
        connection = AssetRow._meta.database.connection()
        assets = ((i + 1, f"{i:064x}", "one-shot", "x", "{}", 0, 0.0) for i in range(len(points)))
        connection.executemany(
            "INSERT INTO asset (rowid, id, kind, name, meta, rating, added_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
            assets,
        )
        rows = ((f"{i:064x}", MODEL, i + 1, point.astype("<f2").tobytes()) for i, point in enumerate(points))
        connection.executemany(
            "INSERT INTO embedding (asset_id, model, number, vector) VALUES (?, ?, ?, ?)", rows
        )

    began = time.process_time()
    db.submit(fill).result()
    print(f"rows stored: {time.process_time() - began:.0f} s of processor")
    index = VectorIndex(home / "vectors")
    new = home / "vectors" / "new"
    db.read_now(index.refresh)
    began = time.process_time()
    dumped = db.read_now(lambda: dump(index, new))
    assert dumped is not None
    print(f"dumped: {time.process_time() - began:.0f} s of processor")
    began = time.process_time()
    vectors = np.memmap(new / generations.VECTORS, "<f2", "r").reshape(-1, DIMENSIONS)
    build(vectors, None, new / GRAPH, 1, lambda _fraction, _note="": None)
    took = time.process_time() - began
    print(f"graph: {took:.0f} s of processor on one thread, {(new / GRAPH).stat().st_size >> 20} MB")
    names = (generations.VECTORS, generations.ROWS, GRAPH)
    head = generations.Head(
        MODEL, "", dumped.rows, dumped.last_seq, {name: crc_of(new / name) for name in names}
    )
    generations.place(new, new.parent, head)
    index = VectorIndex(home / "vectors")
    began = time.perf_counter()
    db.read_now(index.refresh)
    print(f"opened, every byte checked: {time.perf_counter() - began:.2f} s")
    assert index.base is not None and index.base.graph is not None
    return db, index


def peers(points: Vectors, queries: Vectors, truth: list[set[int]]) -> None:
    """The engines that were compared, where they are installed."""
    if importlib.util.find_spec("faiss"):
        import faiss

        faiss.omp_set_num_threads(1)
        lists = int(4 * len(points) ** 0.5)
        for recipe, probes in ((f"IVF{lists},SQ8", 16), (f"IVF{lists},SQ8", 48), ("HNSW16,SQ8", 128)):
            began = time.process_time()
            index: Any = faiss.index_factory(DIMENSIONS, recipe, faiss.METRIC_INNER_PRODUCT)
            index.train(points[: 50 * lists])
            index.add(points)
            if recipe.startswith("IVF"):
                index.nprobe = probes
            else:
                index.hnsw.efSearch = probes
            built = time.process_time() - began

            def search(query: Vectors, index: Any = index) -> list[int]:
                places = index.search(query[None], 40)[1][0]
                return _best(points, places[places >= 0], query)

            measure(f"faiss {recipe} {probes} ({built:.0f} s)", search, queries, truth)
    if importlib.util.find_spec("sqlite_vec"):
        import sqlite3

        import sqlite_vec

        store = sqlite3.connect(":memory:")
        store.enable_load_extension(True)
        sqlite_vec.load(store)
        store.execute(f"CREATE VIRTUAL TABLE v USING vec0(e int8[{DIMENSIONS}] distance_metric=cosine)")
        eighths = np.clip(np.round(points * 127 * 2), -127, 127).astype(np.int8)
        began = time.process_time()
        rows = ((i, row.tobytes()) for i, row in enumerate(eighths))
        store.executemany("INSERT INTO v (rowid, e) VALUES (?, vec_int8(?))", rows)
        built = time.process_time() - began

        def ask(query: Vectors) -> list[int]:
            wanted = np.clip(np.round(query * 127 * 2), -127, 127).astype(np.int8).tobytes()
            found = store.execute(
                "SELECT rowid FROM v WHERE e MATCH vec_int8(?) AND k = 40", (wanted,)
            ).fetchall()
            return _best(points, np.array([place for (place,) in found]), query)

        measure(f"sqlite-vec int8 ({built:.0f} s)", ask, queries[:40], truth[:40])


def _best(points: Vectors, places: NDArray[np.int64], query: Vectors) -> list[int]:
    order = np.argsort(-(points[places] @ query))
    return [int(place) for place in places[order[:10]]]


def _p99(times: list[float]) -> float:
    return statistics.quantiles(times, n=100)[98]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--peers", action="store_true", help="faiss and sqlite-vec as well, where installed")
    options = parser.parse_args()
    print(f"{options.rows} rows, {os.cpu_count()} cores, load before {os.getloadavg()[0]:.1f}")
    points, queries = embeddings(options.rows, 2), embeddings(options.queries, 3)
    truth, wall, own = exact(points, queries)
    print(f"{'numpy, exact':34} recall@10 1.0000   wall p50 {statistics.median(wall):7.2f} p99 {_p99(wall):7.2f} ms"
          f"   processor p50 {statistics.median(own):7.2f} p99 {_p99(own):7.2f} ms")  # fmt: skip
    if options.peers:
        peers(points, queries, truth)
    with tempfile.TemporaryDirectory() as temporary:
        db, index = library(points, Path(temporary))
        del points

        def near(query: Vectors, allowed: NDArray[np.bool_] | None = None) -> list[int]:
            return [each.number - 1 for each in index.near(query, 10, allowed)]

        def all_of_it() -> float:
            took = measure("roadie (usearch, mapped, rescored)", near, queries, truth)
            tenth = np.random.default_rng(4).random(options.rows + 1) < 0.1
            measure(
                "  among a tenth (a facet)", lambda query: near(query, tenth), queries, [set() for _ in truth]
            )
            return took

        took = db.read_now(all_of_it)
        print(f"bars: recall {BAR_RECALL}, p99 {BAR_MS} ms; {statistics.median(own) / took:.0f} times less processor "
              f"time than exact; load after {os.getloadavg()[0]:.1f}")  # fmt: skip
        db.close()


if __name__ == "__main__":
    main()
