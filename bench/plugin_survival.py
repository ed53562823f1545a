"""A thousand renders, a tenth of them through hostile plug-ins, in a real daemon: what survives, what is left behind.

    uv run python bench/plugin_survival.py --renders 1000

Each render is a job of its own input: nine in ten through a gain that works, one in ten through a plug-in that crashes,
hangs, exits, eats memory, or gives NaN, infinity or silence. Every sound must be delivered: shaped where the plug-in
works, as it was where it does not. Counted afterwards: the daemon's processes, its open files, shared memory, and
files in its work folder. No peer: the bar is that nothing is lost and nothing leaks.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.plugins.build import NAMES, VENDOR, build, compiler
from tests.plugins.rig import read, write_sound
from tests.recovery.house import House

HOSTILE = ("CRASH", "NOT_A_NUMBER", "EXITS", "INFINITE", "SILENT", "GREEDY", "HANG")
PATIENCE_S = 3.0
AT_ONCE = 50
QUIET_S = 60.0  # the last child of a worker may end a moment after the last job
RECIPE = """
[[step]]
id = "shaped"
use = "render"
[[effect]]
use = "deliver"
from = "shaped"
layout = "{kind}"
"""


@dataclass
class Survived:
    """wrong: sounds that are not as they must be. left: what was there afterwards and not before."""

    renders: int = 0
    hostile: int = 0
    wrong: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    unnamed: list[str] = field(default_factory=list)
    restarts: int = 0
    left: dict[str, Any] = field(default_factory=dict)
    states: Counter[str] = field(default_factory=Counter)
    took_s: float = 0.0


def survive(folder: Path, renders: int) -> Survived:
    house = House(folder)
    (house.home / "recipes" / "shape.toml").write_text(RECIPE)
    house.start()
    try:
        assert house.up()
        return _survive(house, folder, renders)
    finally:
        house.stop()


def _survive(house: House, folder: Path, renders: int) -> Survived:
    result = Survived()
    bundles = [build(variant, folder / "vst3") for variant in ("GAIN", *HOSTILE)]
    _scan(house, bundles)
    assert house._process is not None
    daemon = psutil.Process(house._process.pid)
    # A first render starts the workers; what is there then is what may be there at the end.
    _round(house, folder, range(-2, 0), Survived())
    before = _belongings(house, daemon)
    began = time.perf_counter()
    for start in range(0, renders, AT_ONCE):
        _scan(house, bundles)  # clears the quarantine: each round meets every hostile plug-in anew
        _round(house, folder, range(start, min(start + AT_ONCE, renders)), result)
    result.took_s = time.perf_counter() - began
    after = _belongings(house, daemon)
    until = time.monotonic() + QUIET_S
    while any(after[key] > before[key] for key in after) and time.monotonic() < until:
        time.sleep(1)
        after = _belongings(house, daemon)
    result.left = {key: (before[key], value) for key, value in after.items()}
    result.restarts = 0 if house.alive and daemon.is_running() else 1
    return result


def _scan(house: House, bundles: list[Path]) -> None:
    body = {"paths": [str(path) for path in bundles], "again": True, "patience_s": 60}
    assert house.wait(house.ask("POST", "/plugins/scan", body)["id"], 300)["state"] == "done"


def _variant(number: int) -> str:
    return HOSTILE[(number // 10) % len(HOSTILE)] if number % 10 == 9 else "GAIN"


def _round(house: House, folder: Path, numbers: range, result: Survived) -> None:
    jobs = {}
    for number in numbers:
        variant = _variant(number)
        sound = write_sound(folder / "in" / f"sound {number:05d}.wav", number + 7, poison=variant != "GAIN")
        chain = {"fx": [{"plugin": f"vst3:{VENDOR}/{NAMES[variant]}", "params": {"gain_db": 6.0}}]}
        params = {"shaped": {"chain": chain, "patience_s": PATIENCE_S}}
        jobs[number] = (house.request([{"path": str(sound)}], "shape", params=params), sound, variant)
    for number, (job, sound, variant) in jobs.items():
        view = house.wait(job, 300)
        result.renders += 1
        result.hostile += variant != "GAIN"
        result.states[f"{variant} {view['state']}"] += 1
        made = [Path(one["path"]) for one in view["artifacts"] if one["delivered"]]
        if view["state"] != "done" or len(made) != 1 or not made[0].is_file():
            result.lost.append(f"{number} {variant}: {view['state']} {view['error']}")
            continue
        factor = 10 ** (6 / 20) if variant == "GAIN" else 1.0
        if not np.allclose(read(made[0]), factor * read(sound), atol=1e-4):
            result.wrong.append(f"{number} {variant}")
        if variant != "GAIN" and not any(f"{VENDOR}/{NAMES[variant]}" in one for one in view["warnings"]):
            result.unnamed.append(f"{number} {variant}: {view['warnings']}")


def _belongings(house: House, daemon: psutil.Process) -> dict[str, int]:
    """Counted when it is quiet: children of workers that ended are gone, attempts are removed."""
    tree = daemon.children(recursive=True)
    return {
        "processes": len(tree),
        "open files": daemon.num_fds() + sum(_fds(one) for one in tree),
        "shared memory": sum(_shared(one) for one in [daemon, *tree]),
        "files in work": sum(1 for path in (house.home / "work").rglob("*") if path.is_file()),
    }


def _fds(process: psutil.Process) -> int:
    try:
        return process.num_fds()
    except psutil.Error:
        return 0


def _shared(process: psutil.Process) -> int:
    try:
        return Path(f"/proc/{process.pid}/maps").read_text().count("/dev/shm")
    except OSError:
        return 0


def tell(result: Survived) -> None:
    good = result.renders - len(result.lost) - len(result.wrong)
    print(f"{result.renders} renders, {result.hostile} through hostile plug-ins, {result.took_s:.0f} s, "
          f"load {os.getloadavg()[0]:.1f}")  # fmt: skip
    share = 100 * good / result.renders
    print(f"as they must be: {good} ({share:.2f} %); lost {len(result.lost)}, wrong {len(result.wrong)}")
    print(f"plug-in not named {len(result.unnamed)}, daemon ended {result.restarts} times")
    for key, (was, now) in result.left.items():
        print(f"{key}: {was} before, {now} after")
    for line in [*result.lost, *result.wrong, *result.unnamed][:20]:
        print(" ", line)
    print(dict(result.states))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--renders", type=int, default=1000)
    options = parser.parse_args()
    if compiler() is None:
        raise SystemExit("needs a C++ compiler to build the tests' plug-ins")
    with tempfile.TemporaryDirectory() as folder:
        tell(survive(Path(folder), options.renders))


if __name__ == "__main__":
    main()
