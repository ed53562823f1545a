"""Peak memory of `prepare`: 3 hours of 44.1 kHz stereo against 5 minutes, each in a fresh process.

The named peer is reading the same 5 minutes whole with soundfile. The files are sparse (silence): the disk holds
little, the decoder and the meters see every sample.

    uv run python bench/audio_memory.py
"""

from __future__ import annotations

import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RATE, CHANNELS = 44100, 2
PREPARE = """
import resource, sys
from pathlib import Path
from types import SimpleNamespace
from daemon.kernel.work import InputFile, Kind
from daemon.steps.prepare import PrepareParams
from daemon.steps.prepare_run import run
path = Path(sys.argv[1])
given = InputFile(path, "", Kind.SOURCE, path.name)
run(SimpleNamespace(out=path.parent, checkpoint=lambda fraction, note="": None), (given,), PrepareParams())
"""
WHOLE = """
import sys, soundfile
from pathlib import Path
soundfile.read(sys.argv[1], dtype="float32")
"""
PEAK = """
import resource
status = Path("/proc/self/status")
if status.exists():
    print(int(status.read_text().partition("VmHWM:")[2].split()[0]))
else:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "darwin" else 1))
"""


def silent_wav(path: Path, length_s: int) -> Path:
    align = CHANNELS * 3
    size = length_s * RATE * align
    form = struct.pack("<HHIIHH", 1, CHANNELS, RATE, RATE * align, align, 24)
    header = b"RIFF" + struct.pack("<I", 36 + size) + b"WAVEfmt " + struct.pack("<I", 16) + form
    with path.open("wb") as file:
        file.write(header + b"data" + struct.pack("<I", size))
        file.truncate(44 + size)
    return path


def peak_mib(script: str, path: Path) -> tuple[float, float]:
    began = time.perf_counter()
    run = subprocess.run(
        [sys.executable, "-c", script + PEAK, str(path)], capture_output=True, text=True, check=True
    )
    return int(run.stdout) / 1024, time.perf_counter() - began


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        short = silent_wav(Path(folder) / "short.wav", 300)
        long = silent_wav(Path(folder) / "long.wav", 3 * 3600)
        whole, _ = peak_mib(WHOLE, short)
        few, few_s = peak_mib(PREPARE, short)
        many, many_s = peak_mib(PREPARE, long)
    print(f"prepare, 5 minutes: {few:7.1f} MiB peak, {few_s:6.1f} s")
    print(
        f"prepare, 3 hours:   {many:7.1f} MiB peak, {many_s:6.1f} s; {many / few:.2f} times the memory of 5 minutes"
    )
    print(
        f"soundfile.read of the 5 minutes whole: {whole:.1f} MiB; prepare of 3 hours: {many / whole:.2f} times that"
    )


if __name__ == "__main__":
    main()
