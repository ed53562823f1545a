"""What it costs that a plug-in plays in a process of its own: 500 one-shots, against the same work without a border.

    uv run python bench/plugin_isolation.py

The plug-in is the tests' gain, built by this machine's compiler: it does next to nothing, so that the border counts for
as much as it can. The peer loads it into this process and does all that the child does for each sound: read, play,
look at what came out, write; and hashes. Ours sends each order to the child, hears of each, and hashes what came while
the child is at the next, as the render step does. The two take turns every 50 sounds, so that whatever else the machine
does meets both alike; processor time is this process's and the child's.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

from daemon.chains.plugins.host import Host, Limits
from daemon.chains.plugins.hosted import LoadedRack
from daemon.chains.sound_file import Sound, Written, made, render_file
from tests.plugins.build import build, compiler
from tests.plugins.rig import chain, effect, order, quiet, write_sound

TURN = 50


def processor_s(process: psutil.Process) -> float:
    """Spent so far; to the nanosecond where Linux tells it so."""
    exact = Path(f"/proc/{process.pid}/schedstat")
    return int(exact.read_text().split()[0]) / 1e9 if exact.exists() else sum(process.cpu_times()[:2])


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

    def peer(some: list[Path]) -> None:
        for path in some:
            out = root / "out" / path.name
            made(render_file(Sound(path, None, None, True), out, plan, quiet, rack), out)

    def ours(some: list[Path]) -> None:
        orders = [order(i, path, root / "out" / path.name) for i, path in enumerate(some)]
        for path, outcome in zip(some, host.run(orders, quiet), strict=True):
            assert outcome.error is None
            made(msgspec.convert(outcome.answer, Written), root / "out" / path.name)

    ours(sounds)  # both have loaded, and every file is there already
    peer(sounds)
    child = psutil.Process(host.pid)

    def cost(work: Callable[[list[Path]], None], some: list[Path]) -> np.ndarray:
        """(wall, processor) seconds"""
        before, began = time.process_time() + processor_s(child), time.perf_counter()
        work(some)
        return np.array([time.perf_counter() - began, time.process_time() + processor_s(child) - before])

    print(f"{files} one-shots of 0.5 s, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    rows = []
    for number in range(rounds):
        parts = {peer: np.zeros(2), ours: np.zeros(2)}
        for turn, start in enumerate(range(0, files, TURN)):
            for work in (peer, ours) if (turn + number) % 2 else (ours, peer):
                parts[work] += cost(work, sounds[start : start + TURN])
        rows.append((parts[peer], parts[ours]))
        wall, spent = parts[ours] / parts[peer]
        print(
            f"peer {parts[peer][0]:6.3f} s ({parts[peer][1]:5.2f} s processor)  ours {parts[ours][0]:6.3f} s "
            f"({parts[ours][1]:5.2f} s)  wall {wall:.3f} times, processor {spent:.3f} times"
        )
    both = np.array(rows)  # (rounds, peer and ours, wall and processor)
    medians = np.median(both[:, 1] / both[:, 0], axis=0)
    total = both[:, 1].sum(axis=0) / both[:, 0].sum(axis=0)
    print(f"median of rounds: wall {medians[0]:.3f} times, processor {medians[1]:.3f} times (bar: 1.05)")
    print(
        f"all together:     wall {total[0]:.3f} times, processor {total[1]:.3f} times, load {os.getloadavg()[0]:.1f}"
    )
    host.close()


if __name__ == "__main__":
    main()
