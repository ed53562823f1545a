"""How fast `prepare` goes: one-shots per second on one core, and a song against reading it and ffmpeg's ebur128.

All times are CPU time, so that other work on the machine counts little.

uv run python bench/prepare_speed.py
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import soundfile

from daemon.kernel.types import AssetId
from daemon.kernel.work import InputFile, Kind
from daemon.steps.prepare import PrepareParams
from daemon.steps.prepare_run import run

RATE = 44100
ONE_SHOTS = 200


def one_shots(folder: Path) -> list[Path]:
    """Decaying noise of 0.2 to 1.5 s, 24-bit stereo."""
    rng = np.random.default_rng(0)
    paths = []
    for index in range(ONE_SHOTS):
        frames = int(RATE * rng.uniform(0.2, 1.5))
        envelope = np.exp(-np.arange(frames) / (RATE * rng.uniform(0.02, 0.3)))[:, None]
        path = folder / f"{index}.wav"
        soundfile.write(
            path, 0.3 * rng.standard_normal((frames, 2)).clip(-3, 3) * envelope, RATE, subtype="PCM_24"
        )
        paths.append(path)
    return paths


def prepare_s(paths: list[Path], out: Path) -> float:
    context = SimpleNamespace(out=out, checkpoint=lambda _fraction, _note="": None)
    began = time.process_time()
    for path in paths:
        run(context, (InputFile(path, AssetId(""), Kind.SOURCE, path.name),), PrepareParams())  # type: ignore[arg-type]
    return time.process_time() - began


def _children_s(before: os.times_result) -> float:
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = one_shots(folder)
        prepare_s(paths[:5], folder)
        took = prepare_s(paths, folder)
        began = time.process_time()
        for path in paths:
            soundfile.read(path, dtype="float32")
        peer = time.process_time() - began
        print(
            f"one-shots: {ONE_SHOTS / took:.0f} files/s on one core; {took / peer:.1f} times soundfile.read alone"
        )
        song = folder / "song.wav"
        noise = np.random.default_rng(1).standard_normal((300 * RATE, 2)).clip(-3, 3) * 0.2
        soundfile.write(song, noise, RATE, subtype="PCM_24")
        took = prepare_s([song], folder)
        print(f"5 minutes of stereo: {took:.2f} s, {300 / took:.0f} times real time")
        if shutil.which("ffmpeg"):
            before = os.times()
            command = [
                "ffmpeg",
                "-v",
                "error",
                "-threads",
                "1",
                "-i",
                str(song),
                "-af",
                "ebur128=peak=true",
                "-f",
                "null",
                "-",
            ]
            subprocess.run(command, check=True)
            print(f"  against ffmpeg's ebur128 with true peak: {took / _children_s(before):.2f} of its time")


if __name__ == "__main__":
    main()
