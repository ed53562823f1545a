"""Request to acknowledgement over HTTP while every core separates, beside GET /health of the same daemon, which does
nothing: the ratio says what storing a job durably costs. And beside a bare durable commit on the same disk, which the
workers write to meanwhile: no acknowledgement of a stored job can be quicker.

    uv run python bench/acknowledge.py --requests 500
"""

from __future__ import annotations

import argparse
import http.client
import json
import sqlite3
import statistics
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from tests.recovery.house import House

BAR_MS = 20.0
LOAD_S = 1800  # of sound: work for both lanes for longer than the requests take


def song(path: Path, seconds: int, seed: int = 1) -> Path:
    """Noise and tones: a separation has as much to do with it as with music."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(10 * 44100) / 44100
    tone = 0.2 * np.sin(2 * np.pi * 110 * time_s)[:, None]
    with soundfile.SoundFile(path, "w", 44100, 2, "PCM_16") as file:
        for begin in range(0, seconds, 10):
            part = (0.1 * rng.standard_normal((len(time_s), 2)) + tone).astype(np.float32)
            file.write(part[: min(10, seconds - begin) * 44100])
    return path


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


class Client:
    """One kept-alive connection, as a script or the panel has."""

    def __init__(self, house: House) -> None:
        runtime: dict[str, Any] = json.loads((house.home / "runtime.json").read_text())
        self._connection = http.client.HTTPConnection(runtime["http_host"], runtime["http_port"], timeout=30)
        token = Path(runtime["token_file"]).read_text().strip()
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def timed(self, method: str, path: str, body: Any = None) -> float:
        """Milliseconds until the whole answer is here."""
        data = None if body is None else json.dumps(body)
        began = time.perf_counter()
        self._connection.request(method, path, data, self._headers)
        answer = self._connection.getresponse()
        answer.read()
        took = (time.perf_counter() - began) * 1000
        if answer.status >= 400:
            raise SystemExit(f"{method} {path}: {answer.status}")
        return took


def commits(folder: Path, count: int, every_s: float) -> list[float]:
    """Milliseconds of a bare durable commit on the same disk: no acknowledgement of a stored job can be quicker."""
    times = []
    with closing(sqlite3.connect(folder / "commits.db")) as db:
        db.execute("PRAGMA journal_mode = wal")
        db.execute("PRAGMA synchronous = full")
        db.execute("CREATE TABLE IF NOT EXISTS t (a)")
        for _ in range(count):
            began = time.perf_counter()
            db.execute("INSERT INTO t VALUES (1)")
            db.commit()
            times.append((time.perf_counter() - began) * 1000)
            time.sleep(every_s)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=500)
    parser.add_argument("--every-ms", type=float, default=50.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder))
        house.start()
        house.up()
        try:
            long = song(Path(folder) / "long.wav", LOAD_S)
            loads = [house.submit(long, recipe, recipe) for recipe in ("stems", "light")]
            short = song(Path(folder) / "short.wav", 1)
            time.sleep(15)  # until the workers are in the middle of it
            client = Client(house)
            posts, gets = [], []
            for number in range(options.requests):
                # Each asks for another separation, which waits its turn behind the others.
                params = {"separate": {"overlap": 0.1 + number / 10_000}}
                body = {"recipe": "stems", "inputs": [{"path": str(short)}], "params": params}
                posts.append(client.timed("POST", "/api/v1/jobs", body))
                gets.append(client.timed("GET", "/health"))
                time.sleep(options.every_ms / 1000)
            bare = commits(Path(folder), options.requests, options.every_ms / 1000)
            busy = [house.ask("GET", f"/jobs/{job}")["state"] for job in loads]
            lanes = house.ask("GET", "/system")["lanes"]
        finally:
            house.stop()
    print(f"separating meanwhile: {busy}; busy workers {[(each['lane'], each['busy']) for each in lanes]}")
    for name, values in (("POST /jobs", posts), ("GET /health", gets), ("a bare durable commit", bare)):
        print(
            f"{name:22} p50 {statistics.median(values):6.2f} ms  p99 {percentile(values, 0.99):6.2f} ms  "
            f"worst {max(values):6.2f} ms  of {len(values)}"
        )
    print(f"ratio of p99 {percentile(posts, 0.99) / percentile(gets, 0.99):.2f}; bar: p99 {BAR_MS} ms")


if __name__ == "__main__":
    main()
