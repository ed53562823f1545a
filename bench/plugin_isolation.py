"""What it costs that a plug-in plays in a process of its own: 500 one-shots, against the same work without a border.

    uv run python bench/plugin_isolation.py

The plug-in is the tests' gain, built by this machine's compiler: it does next to nothing, so that the border counts for
as much as it can. The peer loads it into this process and does all that the child does for each sound: read, play,
look at what came out, write, hash. Ours sends each order to the child and hears of each. Rounds alternate.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

from daemon.chains.plugins.host import Host, Limits
from daemon.chains.plugins.hosted import LoadedRack
from daemon.chains.sound_file import Sound, render_file
from tests.plugins.build import build, compiler
from tests.plugins.rig import chain, effect, order, quiet, write_sound


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    if compiler() is None:
        raise SystemExit("needs a C++ compiler to build the tests' plug-in")
    os.nice(10)  # as workers have it
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), options.files, options.rounds)


def measure(root: Path, files: int, rounds: int) -> None:
    sounds = [write_sound(root / "in" / f"{number:04d}.wav", number, seconds=0.5) for number in range(files)]
    plan = chain(effect(build("GAIN", root), params={"gain_db": -6.0}))
    rack = LoadedRack(lambda _: None)
    host = Host(plan, ("?", "?"), Limits(60))
    (root / "out").mkdir()

    def peer() -> None:
        for path in sounds:
            render_file(Sound(path, None, None, True), root / "out" / path.name, plan, quiet, rack)

    def ours() -> None:
        orders = [order(i, path, root / "out" / path.name) for i, path in enumerate(sounds)]
        assert all(outcome.error is None for outcome in host.run(orders, quiet))

    list(host.run([order(0, sounds[0], root / "out" / "warm.wav")], quiet))
    render_file(Sound(sounds[0], None, None, True), root / "out" / "warm.wav", plan, quiet, rack)
    child = psutil.Process(host.pid)
    walls, spent = [], []
    print(f"{files} one-shots of 0.5 s, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    for number in range(rounds):
        parts = {}
        for name, work in (("peer", peer), ("ours", ours)) if number % 2 else (("ours", ours), ("peer", peer)):
            before = time.process_time() + sum(child.cpu_times()[:2])
            began = time.perf_counter()
            work()
            wall = time.perf_counter() - began
            parts[name] = wall, time.process_time() + sum(child.cpu_times()[:2]) - before
        walls.append(parts["ours"][0] / parts["peer"][0])
        spent.append(parts["ours"][1] / parts["peer"][1])
        print(
            f"peer {parts['peer'][0]:6.3f} s ({parts['peer'][1]:5.2f} s processor)  ours {parts['ours'][0]:6.3f} s "
            f"({parts['ours'][1]:5.2f} s)  wall {walls[-1]:.3f} times, processor {spent[-1]:.3f} times"
        )
    print(f"median: wall {np.median(walls):.3f} times, processor {np.median(spent):.3f} times (bar: 1.05)")
    host.close()


if __name__ == "__main__":
    main()
