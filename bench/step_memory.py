"""Peak memory of every step that reads a whole song: a long one against 5 minutes, each in a process of its own.

The songs are real sound at a low rate, so that three hours pass in minutes: what would grow with the length grows
just the same. The named peer is the same step on the short song.

    uv run python bench/step_memory.py --minutes 180 --rate 11025
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

STEPS = ("prepare", "analyse", "slice", "notes", "separate")
SHORT_MINUTES = 5
RUN = """
import sys
from pathlib import Path
from types import SimpleNamespace
import msgspec
from daemon.engines import registry as engines
from daemon.engines.protocol import Compute
from daemon.kernel.reference import resolve
from daemon.kernel.work import InputFile, Kind
from daemon.models.store import ModelStore
from daemon.steps import registry
name, path, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
spec = registry.spec(name)
params = spec.params()
choice = spec.choose(params, ModelStore(out / "models"), "cpu") if spec.choose else None
kind = Kind.SOURCE if Kind.SOURCE in spec.accepts else Kind.STEM
given = InputFile(path, "payload", kind, path.name, None, {"stem": "drums"})
context = SimpleNamespace(
    out=out, device="cpu", threads=2, seed=0, checkpoint=lambda fraction, note="": None,
    engine=lambda: engines.load(choice, Compute("cpu", 2)),
)
resolve(spec.run)(context, (given,), params)
status = Path("/proc/self/status").read_text()
print(int(status.partition("VmHWM:")[2].split()[0]))
"""


def write_song(path: Path, minutes: int, rate: int) -> Path:
    """A bass line, hits and a tone, minute after minute, never quite the same."""
    rng = np.random.default_rng(1)
    with soundfile.SoundFile(path, "w", rate, 2, "PCM_16") as file:
        for _ in range(minutes * 6):
            seconds = np.arange(10 * rate) / rate
            tone = 0.2 * np.sin(2 * np.pi * rng.uniform(60, 400) * seconds)
            hits = np.exp(-(seconds % 0.5) * 40) * rng.standard_normal(len(seconds)) * 0.4
            file.write(np.stack([tone + hits, tone - hits], axis=1) * 0.7)
    return path


def peak(step: str, song: Path) -> tuple[float, float]:
    """(MiB, seconds)"""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as out:
        run = subprocess.run(
            [sys.executable, "-c", RUN, step, str(song), out], capture_output=True, text=True, check=False
        )
    if run.returncode != 0:
        raise SystemExit(f"{step}: {run.stderr[-2000:]}")
    return int(run.stdout.split()[-1]) / 1024, time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=180)
    parser.add_argument("--rate", type=int, default=11025)
    parser.add_argument("--steps", nargs="*", default=list(STEPS))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        short = write_song(Path(folder) / "short.wav", SHORT_MINUTES, options.rate)
        long = write_song(Path(folder) / "long.wav", options.minutes, options.rate)
        for step in options.steps:
            (few, few_s), (many, many_s) = peak(step, short), peak(step, long)
            print(
                f"{step:9} {SHORT_MINUTES} min {few:5.0f} MiB ({few_s:.0f} s), {options.minutes} min {many:5.0f} MiB "
                f"({many_s:.0f} s): {many / few:.2f} times"
            )


if __name__ == "__main__":
    main()
