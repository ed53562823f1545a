"""How fast a folder of one-shots is scanned by a real daemon: decode, hash, measure, class, embedding, store.

uv run python bench/scan.py --files 2000

Beside it a peer that does the least anyone could: one process that decodes each file with libsndfile, hashes it and
writes a row. Wall time depends on what else the machine does, so processor time is printed as well.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import soundfile

NAMES = ("Kick", "Snare", "Clap", "Open Hat", "Closed Hat", "Tom", "Crash", "Perc", "Shaker", "Bass")
BAR_PER_S, BAR_BYTES = 100, 1e9


def write_files(folder: Path, count: int) -> None:
    """One-shots of 0.15 to 1.2 s, mono and stereo, 16 and 24 bits: decaying tones and noise."""
    rng = np.random.default_rng(5)
    for number in range(count):
        name = NAMES[number % len(NAMES)]
        place = folder / f"pack {number // 500}" / name
        place.mkdir(parents=True, exist_ok=True)
        at_s = np.arange(int(44100 * rng.uniform(0.15, 1.2))) / 44100
        tone = np.sin(2 * np.pi * rng.uniform(50, 4000) * at_s) * rng.uniform(0, 1)
        sound = np.exp(-at_s * rng.uniform(3, 30)) * (
            tone + rng.normal(size=at_s.size) * rng.uniform(0.05, 0.5)
        )
        sound *= 0.8 / np.abs(sound).max()
        sound = np.stack([sound, 0.9 * sound], axis=1) if number % 2 else sound
        subtype = "PCM_16" if number % 3 else "PCM_24"
        soundfile.write(place / f"{name} {number:05d}.wav", sound, 44100, subtype=subtype)


class Daemon:
    """A real one on a home of its own."""

    def __init__(self, home: Path) -> None:
        self._home = home
        environ = {**os.environ, "ROADIE_HOME": str(home)}
        command = [sys.executable, "-P", "-m", "daemon.cli", "serve", "--port", "0"]
        self._process = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL)
        self.peak_bytes = 0
        self._spent: dict[int, float] = {}
        runtime = home / "runtime.json"
        until = time.monotonic() + 60
        while not runtime.is_file():
            if time.monotonic() > until:
                raise SystemExit("the daemon did not start")
            time.sleep(0.05)
        told = json.loads(runtime.read_text())
        self._base = f"http://127.0.0.1:{told['http_port']}/api/v1"
        self._token = Path(told["token_file"]).read_text().strip()

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._base + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def look(self) -> None:
        """Memory and processor time of the whole tree."""
        total = 0
        root = psutil.Process(self._process.pid)
        for each in (root, *root.children(recursive=True)):
            try:
                total += each.memory_info().rss
                times = each.cpu_times()
            except psutil.NoSuchProcess:
                continue
            self._spent[each.pid] = times.user + times.system
        self.peak_bytes = max(self.peak_bytes, total)

    @property
    def processor_s(self) -> dict[str, float]:
        daemon = self._spent.get(self._process.pid, 0.0)
        return {"daemon": daemon, "workers": sum(self._spent.values()) - daemon}

    def scan(self, folder: Path) -> tuple[float, dict[str, Any]]:
        """(seconds, the job)."""
        began = time.perf_counter()
        job = self.ask("POST", "/scans", {"path": str(folder)})["id"]
        while (view := self.ask("GET", f"/jobs/{job}"))["state"] not in ("done", "failed", "cancelled"):
            self.look()
            time.sleep(0.25)
        self.look()
        return time.perf_counter() - began, view

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(20)


def peer(folder: Path) -> tuple[float, float]:
    """(wall, processor) seconds of decoding, hashing and storing, and nothing else."""
    began, spent = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory() as home:
        store = sqlite3.connect(Path(home) / "peer.db")
        store.execute("CREATE TABLE file (path TEXT PRIMARY KEY, hash TEXT, length REAL, peak REAL)")
        for number, path in enumerate(sorted(folder.rglob("*.wav"))):
            sound, rate = soundfile.read(path, dtype="float32", always_2d=True)
            digest = hashlib.blake2b(path.read_bytes(), digest_size=32).hexdigest()
            row = (str(path), digest, len(sound) / rate, float(np.abs(sound).max()))
            store.execute("INSERT INTO file VALUES (?, ?, ?, ?)", row)
            if number % 64 == 0:
                store.commit()
        store.commit()
        store.close()
    return time.perf_counter() - began, time.process_time() - spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--folder", type=Path, help="scan this instead of made files")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary) / "sounds"
        if options.folder is None:
            write_files(folder, options.files)
        count = sum(1 for _ in folder.rglob("*.wav"))
        print(f"{count} files, {os.cpu_count()} cores, load before {os.getloadavg()[0]:.1f}")
        daemon = Daemon(Path(temporary) / "home")
        try:
            took, view = daemon.scan(folder)
            stats = daemon.ask("GET", "/stats")
            spent = daemon.processor_s
            print(f"scan: {took:.1f} s, {count / took:.0f} files/s (bar {BAR_PER_S}); {view['state']}, "
                  f"{len(view['warnings'])} warnings, {stats['assets']} assets")  # fmt: skip
            print(f"processor time: daemon {1e3 * spent['daemon'] / count:.2f} ms, workers "
                  f"{1e3 * spent['workers'] / count:.2f} ms for each file; the slower of both allows "
                  f"{count / max(spent.values()):.0f} files/s on two free cores")  # fmt: skip
            print(
                f"memory of all processes: at most {daemon.peak_bytes / 1e6:.0f} MB (bar {BAR_BYTES / 1e6:.0f})"
            )
            again, _ = daemon.scan(folder)
            print(f"again, nothing changed: {again:.2f} s, {1e6 * again / count:.0f} us for each file")
        finally:
            daemon.stop()
        wall, processor = peer(folder)
        total = sum(spent.values())
        print(f"peer (decode, hash, one row): {count / wall:.0f} files/s, {1e3 * processor / count:.2f} ms; "
              f"a scan takes {total / processor:.1f} times its processor time")  # fmt: skip
        print(f"load after {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
