"""Thousands of one-shots through built-in chains, against a plain pedalboard loop in one process.

    uv run python bench/render_batch.py --files 2000

Ours is the step `render` in the executor's own workers, as a job runs it: batches of files, every file read, checked,
rendered, written and hashed. The peer reads with soundfile, calls one `pedalboard.Pedalboard`, and writes with
soundfile. Both are warm, write float WAV into the same temporary disk, and have the same priority; the samples are
compared bit for bit. Also given: processor time, and ours against the peer's in one process.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pedalboard
import psutil
import soundfile

sys.path.insert(0, str(Path(__file__).parents[1]))

from daemon.chains.files import load_chain, resolve_chain
from daemon.executors.local.executor import LocalExecutor
from daemon.executors.local.settings import ExecutorSettings
from daemon.kernel.types import AssetId
from daemon.kernel.work import InputFile, Kind, Lane, StepCall
from daemon.steps.render import BATCH_FILES

RATE = 44100
CHAINS: dict[str, list[dict[str, Any]]] = {
    "drum-punch's effects": [one for one in load_chain("drum-punch")["fx"] if "only" not in one],  # type: ignore[union-attr, misc]
    "chorus and room": [
        {"use": "HighpassFilter", "cutoff_frequency_hz": 90.0},
        {"use": "Chorus"},
        {"use": "Compressor", "threshold_db": -24.0, "ratio": 4.0},
        {"use": "Reverb", "room_size": 0.5},
    ],
}


def write_sounds(folder: Path, count: int) -> list[Path]:
    rng = np.random.default_rng(1)
    paths = []
    for number in range(count):
        frames = int(rng.uniform(0.2, 0.8) * RATE)
        decay = np.exp(-np.arange(frames) / (rng.uniform(0.05, 0.3) * RATE))[:, None]
        paths.append(folder / f"{number:05d}.wav")
        soundfile.write(paths[-1], 0.4 * rng.standard_normal((frames, 2)) * decay, RATE, subtype="PCM_24")
    return paths


def plugins(fx: list[dict[str, Any]]) -> list[pedalboard.Plugin]:
    return [getattr(pedalboard, one["use"])(**{k: v for k, v in one.items() if k != "use"}) for one in fx]


def peer(paths: list[Path], fx: list[dict[str, Any]], out: Path) -> None:
    board = pedalboard.Pedalboard(plugins(fx))  # type: ignore[attr-defined]
    for path in paths:
        audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
        soundfile.write(out / path.name, board(audio.T, rate).T, rate, subtype="FLOAT")


async def ours(executor: LocalExecutor, paths: list[Path], fx: list[dict[str, Any]], out: Path) -> None:
    chain = resolve_chain({"fx": fx})
    running = []
    for start in range(0, len(paths), BATCH_FILES):
        batch = paths[start : start + BATCH_FILES]
        folder = out / str(start)
        folder.mkdir()
        inputs = tuple(InputFile(path, AssetId(path.name), Kind.ONE_SHOT, path.name) for path in batch)
        call = StepCall("t", "render", inputs, {"chain": chain}, folder, Lane.CPU)
        running.append(executor.submit(call, lambda _fraction, _note: None))
    for each in running:
        await each.result()


def _samples(path: Path) -> np.ndarray:
    return soundfile.read(path, dtype="float32")[0]


def same(paths: list[Path], one: Path, other: Path) -> bool:
    made = {path.name.split(" ", 1)[1]: path for path in other.rglob("*.wav")}
    return all(np.array_equal(_samples(one / p.name), _samples(made[p.name])) for p in paths)


def processor_s() -> float:
    own = psutil.Process()
    return sum(sum(each.cpu_times()[:2]) for each in [own, *own.children()])


async def measure(files: int, rounds: int) -> None:
    os.nice(10)  # as the workers have it: the two compete with whatever else runs as equals
    executor = LocalExecutor(ExecutorSettings(lends_core=True))
    await executor.start()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        paths = write_sounds(root, files)
        warm = root / "warm"
        warm.mkdir()
        await ours(executor, paths[: 4 * BATCH_FILES], CHAINS["chorus and room"], warm)
        print(f"{files} one-shots, {os.cpu_count()} cores, {executor.lanes()[1].size} workers, "
              f"load {os.getloadavg()[0]:.1f}")  # fmt: skip
        for name, fx in CHAINS.items():
            ratios = []
            for number in range(rounds):
                theirs, own = root / f"theirs {name} {number}", root / f"ours {name} {number}"
                theirs.mkdir(), own.mkdir()
                began, spent = time.perf_counter(), processor_s()
                peer(paths, fx, theirs)
                peer_s, peer_cpu_s = time.perf_counter() - began, processor_s() - spent
                began, spent = time.perf_counter(), processor_s()
                await ours(executor, paths, fx, own)
                our_s, our_cpu_s = time.perf_counter() - began, processor_s() - spent
                ratios.append(peer_s / our_s)
                print(
                    f"{name:22} peer {peer_s:6.2f} s ({peer_cpu_s:5.2f} s processor)  ours {our_s:6.2f} s "
                    f"({our_cpu_s:5.2f} s)  ratio {ratios[-1]:.2f}"
                )
            equal = same(paths, theirs, own)
            print(f"{name:22} median ratio {np.median(ratios):.2f}, samples {'equal' if equal else 'DIFFER'}")
    await executor.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    asyncio.run(measure(options.files, options.rounds))


if __name__ == "__main__":
    main()
