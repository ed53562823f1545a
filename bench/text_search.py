"""Text and facet search in a library of a million assets: the fixed mix, each against a plain LIKE over the names.

uv run python bench/text_search.py --rows 1000000 --keep /tmp/roadie-rows

Each search is what `GET /assets` does: a page of 50 with tags and paths. Once every query has been asked, p50 and p99
of the rounds after that are of the whole mix. Wall and processor time are both given, because the first depends on what
else the machine does.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.library_rows import made
from daemon.library.database import Database
from daemon.library.search import Query, Search
from daemon.library.text import sql

BAR_MS = 20.0
MIX: dict[str, list[dict[str, Any]]] = {
    "one-letter prefix": [{"text": letter} for letter in "ksbtx"],
    "kick": [{"text": "kick"}],
    "beginning of a word": [{"text": "sna"}, {"text": "tambo"}, {"text": "kic"}],
    "two words": [
        {"text": "kick dusty"},
        {"text": "deep snare"},
        {"text": "vinyl clap 017"},
        {"text": "atlas cowbell"},
    ],
    "typo": [{"text": "snaer"}, {"text": "tamborine"}, {"text": "kck"}, {"text": "dusti kick"}],
    "facets and a sort": [
        {"label": "snare", "sort": "length"},
        {"kind": "loop", "key": "Am", "bpm_min": 118, "bpm_max": 124, "sort": "bpm"},
        {"label": "kick", "kind": "one-shot", "length_max": 0.5, "sort": "name"},
        {"kind": "one-shot", "sort": "length", "descending": True},
        {"key": "8A", "compatible": True, "sort": "added", "descending": True},
    ],
    "facets and text": [{"text": "dusty", "label": "snare"}, {"text": "k", "label": "cowbell", "bpm_min": 100}],
    "no match": [{"text": "xylophagous"}, {"text": "kick qqqq"}, {"text": "zzzz", "label": "kick"}],
}


async def bench(db: Database, rows: int, rounds: int, keep: Path) -> None:
    search = Search(db, keep / "finding")
    began = time.perf_counter()
    await search.find(Query(text="kick"))
    print(f"first search, with the columns made anew: {time.perf_counter() - began:.1f} s")
    await search.with_indexes(lambda columns, _: columns.save())
    search = Search(db, keep / "finding")
    began = time.perf_counter()
    await search.find(Query(text="kick"))
    print(f"first search after a start, from the snapshot: {1e3 * (time.perf_counter() - began):.0f} ms")
    everything: list[float] = []
    spent: list[float] = []
    for name, queries in MIX.items():
        times: list[float] = []
        own: list[float] = []
        found = 0
        for query in queries * (rounds + 1):
            asked = Query(**query)
            wall, processor = time.perf_counter(), time.process_time()
            page = (await search.find(asked))[0]
            times.append(1e3 * (time.perf_counter() - wall))
            own.append(1e3 * (time.process_time() - processor))
            found += len(page)
        times, own = times[len(queries) :], own[len(queries) :]
        everything += times
        spent += own
        print(f"{name:22} p50 {statistics.median(times):7.2f} ms  p99 {_p99(times):7.2f} ms   processor p50 "
              f"{statistics.median(own):6.2f} p99 {_p99(own):6.2f} ms  "
              f"{found / len(queries) / (rounds + 1):4.0f} found")  # fmt: skip
    print(f"{'the mix':22} p50 {statistics.median(everything):7.2f} ms  p99 {_p99(everything):7.2f} ms   processor p50 "
          f"{statistics.median(spent):6.2f} p99 {_p99(spent):6.2f} ms  (bar p99 {BAR_MS})")  # fmt: skip
    began = time.perf_counter()
    await search.facets(Query(label="kick"))
    print(f"counts of every facet: {1e3 * (time.perf_counter() - began):.0f} ms")
    peer = []
    for text in ("kick", "dusty", "xylophagous"):
        first = await _timed(db, "SELECT id FROM asset WHERE name LIKE ? LIMIT 50", f"%{text}%")
        peer.append(
            await _timed(db, "SELECT id FROM asset WHERE name LIKE ? ORDER BY length_s LIMIT 50", f"%{text}%")
        )
        print(f"peer LIKE '%{text}%': any 50 {first:.1f} ms, the 50 shortest {peer[-1]:.0f} ms")
    ratio = statistics.median(peer) / statistics.median(everything)
    print(f"{rows} rows: the mix's median is {ratio:.0f} times quicker than LIKE with an order")


async def _timed(db: Database, statement: str, value: str) -> float:
    began = time.perf_counter()
    await db.read(lambda: sql(statement, value).fetchall())
    return 1e3 * (time.perf_counter() - began)


def _p99(times: list[float]) -> float:
    return statistics.quantiles(times, n=100)[98]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--keep", type=Path, help="keep the library here for another run")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        home = options.keep or Path(temporary)
        home.mkdir(parents=True, exist_ok=True)
        print(f"{os.cpu_count()} cores, load before {os.getloadavg()[0]:.1f}")
        db = made(home, options.rows)
        try:
            asyncio.run(bench(db, options.rows, options.rounds, home))
        finally:
            db.close()
        print(f"load after {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
