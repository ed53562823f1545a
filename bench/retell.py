"""How fast a library says what the tagger has learnt: from what was kept of each sound, and, as its peer, with all
files heard again, as those of an older roadie are. With a real daemon, the corrections, the rows and all.

    uv run python -m bench.retell --files 2000
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path

from bench.scan import Daemon, write_files

CORRECTED = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=2000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder, home = Path(temporary) / "sounds", Path(temporary) / "home"
        write_files(folder, options.files)
        print(f"{options.files} files, {os.cpu_count()} cores, load before {os.getloadavg()[0]:.1f}")
        daemon = Daemon(home)
        try:
            daemon.scan(folder)
            for each in daemon.ask("GET", f"/assets?q=snare&limit={CORRECTED}")["items"]:
                daemon.ask("PATCH", f"/assets/{each['id']}", {"class": "zap"})
            told = [timed(daemon, "POST", "kept"), timed(daemon, "DELETE", "kept")]
            again = []
            for method in ("POST", "DELETE"):
                forget_what_was_kept(home / "roadie.db")
                again.append(timed(daemon, method, "heard again"))
            print(f"learning is {again[0] / told[0]:.0f} times, forgetting {again[1] / told[1]:.0f} times as fast as "
                  "by hearing again")  # fmt: skip
            print(f"memory of all processes: at most {daemon.peak_bytes / 1e6:.0f} MB; "
                  f"load after {os.getloadavg()[0]:.1f}")  # fmt: skip
        finally:
            daemon.stop()


def timed(daemon: Daemon, method: str, how: str) -> float:
    """Seconds that learning (POST) or forgetting (DELETE) takes."""
    began = time.perf_counter()
    answer = daemon.ask(method, "/learn", {} if method == "POST" else None)
    job = answer["id"] if method == "POST" else answer["job"]
    while (view := daemon.ask("GET", f"/jobs/{job}"))["state"] not in ("done", "failed", "cancelled"):
        daemon.look()
        time.sleep(0.05)
    took = time.perf_counter() - began
    print(f"{'learn' if method == 'POST' else 'forget'}, {how}: {took:.2f} s; {view['warnings'][0]}")
    return took


def forget_what_was_kept(library: Path) -> None:
    with closing(sqlite3.connect(library, timeout=30)) as rows, rows:
        rows.execute("DELETE FROM heard")


if __name__ == "__main__":
    main()
