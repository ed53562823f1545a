"""A burst of files into a watched folder: nothing lost, requests still answered, memory and latency.

10,000 short sounds are moved into a watched folder at once. Printed: how long until the last is in the library and how
many a second, beside a plain scan of the same number of other files by the same daemon (the peer: reading and storing
without watching); the answer times of GET /health and GET /assets meanwhile beside those of the idle daemon; and the
memory of the daemon process before, at most, and after.

    uv run python bench/watch_burst.py --files 10000
"""

from __future__ import annotations

import argparse
import os
import shutil
import struct
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from bench.acknowledge import Client, percentile
from tests.recovery.house import House

RATE = 44100
FRAMES = 2205  # 50 ms, mono, 16 bits: 4.4 kB
CONFIG = """
[watch]
inbox = ["{inbox}"]
settle_s = 2.0
"""
BAR_MS = 20.0


def write_sounds(folder: Path, count: int, first: int) -> None:
    """Each another sound: a number in its first samples, then silence."""
    folder.mkdir(parents=True)
    size = FRAMES * 2
    header = (
        b"RIFF"
        + struct.pack("<I", 36 + size)
        + b"WAVEfmt "
        + struct.pack("<IHHIIHH", 16, 1, 1, RATE, RATE * 2, 2, 16)
    )
    for number in range(first, first + count):
        part = folder / f"{number % 100:02}"
        part.mkdir(exist_ok=True)
        samples = struct.pack("<4h", 8000, *(1000 + number // 32000**power % 32000 for power in range(3)))
        (part / f"{number:06}.wav").write_bytes(
            header + b"data" + struct.pack("<I", size) + samples + bytes(size - len(samples))
        )


class Looker:
    """Asks the daemon for small things while it is busy, and how much memory its process has."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._client = Client(house)
        self._process = psutil.Process(house._process.pid)  # type: ignore[union-attr]
        self.health_ms: list[float] = []
        self.assets_ms: list[float] = []
        self.most_mb = 0.0

    def memory_mb(self) -> float:
        return float(self._process.memory_info().rss) / 1e6

    def until(self, done: Callable[[], bool], timeout_s: float) -> float:
        """Ask twice every 50 ms until it is done; returns seconds."""
        began = time.monotonic()
        while True:
            self.health_ms.append(self._client.timed("GET", "/api/v1/health"))
            self.assets_ms.append(self._client.timed("GET", "/api/v1/assets?limit=20"))
            self.most_mb = max(self.most_mb, self.memory_mb())
            passed = time.monotonic() - began
            if done():
                return passed
            if passed > timeout_s:
                raise SystemExit(f"not done within {timeout_s:.0f} s: {self._house.ask('GET', '/watch')}")
            time.sleep(0.05)


def told(name: str, values: list[float]) -> str:
    middle, high, worst = percentile(values, 0.5), percentile(values, 0.99), max(values)
    return f"{name}: p50 {middle:.1f} ms, p99 {high:.1f} ms, most {worst:.1f} ms ({len(values)} requests)"


def known(house: House) -> int:
    return int(house.ask("GET", "/stats")["assets"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--timeout", type=float, default=1800.0)
    asked = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start")
    with tempfile.TemporaryDirectory(prefix="roadie-burst-") as text:
        folder = Path(text)
        inbox = folder / "Inbox"
        inbox.mkdir()
        write_sounds(folder / "outside", asked.files, 0)
        write_sounds(folder / "scanned", asked.files, asked.files)
        house = House(folder / "house")
        (house.home / "config.toml").write_text(CONFIG.format(inbox=inbox))
        house.start()
        assert house.up()
        try:
            run(house, folder, inbox, asked.files, asked.timeout)
        finally:
            house.stop()


def run(house: House, folder: Path, inbox: Path, files: int, timeout_s: float) -> None:
    Looker(house).until(lambda: True, 60)  # the first request of each kind imports what it needs
    idle = Looker(house)
    began = time.monotonic()
    idle.until(lambda: time.monotonic() - began > 5, 60)
    before_mb = idle.memory_mb()

    burst = Looker(house)
    began = time.monotonic()
    for part in sorted((folder / "outside").iterdir()):
        shutil.move(part, inbox / part.name)
    moved_s = time.monotonic() - began
    burst_s = burst.until(lambda: known(house) >= files, timeout_s)
    lost = files - known(house)
    after_mb = burst.memory_mb()

    scan = Looker(house)
    job = house.ask("POST", "/scans", {"path": str(folder / "scanned")})["id"]
    scan_s = scan.until(lambda: house.ask("GET", f"/jobs/{job}")["state"] == "done", timeout_s)
    assert known(house) == 2 * files

    print(f"{files} files moved in within {moved_s:.1f} s; {lost} lost")
    print(
        f"all in the library {burst_s:.1f} s later, of which 2 s they stand still: {files / burst_s:.0f} files/s"
    )
    print(f"a plain scan of as many takes {scan_s:.1f} s: watching takes {burst_s / scan_s:.2f} times as long")
    print(told("idle,   GET /health", idle.health_ms))
    print(told("burst,  GET /health", burst.health_ms))
    print(told("idle,   GET /assets", idle.assets_ms))
    print(told("burst,  GET /assets", burst.assets_ms))
    print(told("scan,   GET /assets", scan.assets_ms))
    ratio = percentile(burst.health_ms, 0.99) / percentile(idle.health_ms, 0.99)
    print(
        f"p99 of /health in the burst over idle: {ratio:.1f} (the bar of {BAR_MS:.0f} ms is for a quiet machine)"
    )
    print(
        f"memory of the daemon's own process: {before_mb:.0f} MB before, "
        f"at most {burst.most_mb:.0f}, {after_mb:.0f} after"
    )
    print(f"load {os.getloadavg()[0]:.1f} at the end")


if __name__ == "__main__":
    main()
