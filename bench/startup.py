"""How soon `roadie serve` answers /health, and what its idle process tree takes; beside a bare aiohttp server.

uv run python bench/startup.py --runs 7
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import psutil

PEER = """
from aiohttp import web
async def health(request): return web.json_response({"status": "ok"})
app = web.Application(); app.router.add_get("/health", health)
web.run_app(app, host="127.0.0.1", port=PORT, print=None)
"""
BAR_S, BAR_MB = 1.0, 120
PORT = 17770


def measure(command: list[str], environ: dict[str, str], settle_s: float) -> tuple[float, float]:
    """(seconds until /health answers, resident megabytes of the whole tree once idle)."""
    began = time.perf_counter()
    process = subprocess.Popen(
        command, env={**os.environ, **environ}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while not _answers():
            if time.perf_counter() - began > 30 or process.poll() is not None:
                raise SystemExit(f"no answer from {command}")
            time.sleep(0.005)
        took = time.perf_counter() - began
        time.sleep(settle_s)
        tree = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
        return took, sum(each.memory_info().rss for each in tree) / 1e6
    finally:
        process.terminate()
        process.wait(10)


def _answers() -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/health", timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    ours, peers = [], []
    with tempfile.TemporaryDirectory() as home:
        for _ in range(options.runs + 1):
            serve = [sys.executable, "-m", "daemon.cli", "serve", "--port", str(PORT)]
            ours.append(measure(serve, {"ROADIE_HOME": str(Path(home) / "home")}, 2.0))
            peers.append(measure([sys.executable, "-c", PEER.replace("PORT", str(PORT))], {}, 1.0))
    for name, rows in (("roadie serve", ours[1:]), ("bare aiohttp", peers[1:])):
        times, sizes = zip(*rows, strict=True)
        print(
            f"{name:14} /health after {statistics.median(times):.3f} s (worst {max(times):.3f}), "
            f"idle tree {statistics.median(sizes):.0f} MB (worst {max(sizes):.0f})"
        )
    ratio = statistics.median(a[0] for a in ours[1:]) / statistics.median(b[0] for b in peers[1:])
    print(f"ratio of start-up times {ratio:.2f}; bars: {BAR_S} s and {BAR_MB} MB")


if __name__ == "__main__":
    main()
