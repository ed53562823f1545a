"""Peak memory of every step that reads a whole song: a long one against 5 minutes, each in a process of its own.

The songs are real sound at a low rate, so that three hours pass in minutes: what would grow with the length grows
just the same. The named peer is the same step on the short song.

    uv run python bench/step_memory.py --minutes 180 --rate 11025
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

from daemon.models.store import ModelStore
from tests.fakes import whisper_model

STEPS: dict[str, tuple[str, dict[str, object]]] = {
    "prepare": ("prepare", {}),
    "analyse": ("analyse", {}),
    "slice": ("slice", {}),
    "notes": ("notes", {}),
    "separate": ("separate", {}),
    "render": ("render", {"chain": "drum-punch"}),
    "lyrics": ("lyrics", {"voice_threshold": 0.0}),  # what is heard here is no voice
    **{
        f"encode-{container}": ("encode", {"container": container})
        for container in ("wav", "flac", "aiff", "mp3", "ogg")
    },
}
"""Name to step and parameters. Lyrics are written by the real faster-whisper on a small model of no use, which is made
here: what is kept of the sound is the same."""
SHORT_MINUTES = 5
RUN = """
import json, sys
from pathlib import Path
from types import SimpleNamespace
import msgspec
from daemon.engines import registry as engines
from daemon.engines.protocol import Compute
from daemon.kernel.reference import resolve
from daemon.kernel.work import InputFile, Kind
from daemon.models.store import ModelStore
from daemon.steps import registry
from daemon.steps.spec import Shelves
name, path, out, models = sys.argv[1], *map(Path, sys.argv[2:5])
spec = registry.spec(name)
params = msgspec.convert(json.loads(sys.argv[5]), spec.params)
choice = spec.choose(params, ModelStore(models), "cpu") if spec.choose else None
if spec.resolve:
    params = spec.resolve(params, Shelves(out / "chains", out / "plugins"))
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


def peak(name: str, song: Path, models: Path) -> tuple[float, float]:
    """(MiB, seconds)"""
    step, params = STEPS[name]
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as out:
        run = subprocess.run(
            [sys.executable, "-c", RUN, step, str(song), out, str(models), json.dumps(params)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    if run.returncode != 0:
        raise SystemExit(f"{name}: {run.stderr[-2000:]}")
    return int(run.stdout.split()[-1]) / 1024, time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=180)
    parser.add_argument("--rate", type=int, default=11025)
    parser.add_argument("--steps", nargs="*", choices=STEPS, default=list(STEPS))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        models = Path(folder) / "models"
        ModelStore(models).add("wordless", whisper_model.write(Path(folder) / "wordless", ["la"], 1.6, "en"))
        short = write_song(Path(folder) / "short.wav", SHORT_MINUTES, options.rate)
        long = write_song(Path(folder) / "long.wav", options.minutes, options.rate)
        for step in options.steps:
            (few, few_s), (many, many_s) = peak(step, short, models), peak(step, long, models)
            print(
                f"{step:11} {SHORT_MINUTES} min {few:5.0f} MiB ({few_s:.0f} s), {options.minutes} min {many:5.0f} MiB "
                f"({many_s:.0f} s): {many / few:.2f} times"
            )


if __name__ == "__main__":
    main()
