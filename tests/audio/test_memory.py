"""Memory does not grow with length: the peak of a fresh process, for a short and for a long file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.audio.material import encode, noise

pytest.importorskip(
    "resource", reason="the peak memory of a process is read through resource, which is not here"
)

_MEASURE = """
import resource, sys
from pathlib import Path
from types import SimpleNamespace
from daemon.kernel.work import InputFile, Kind
from daemon.steps.prepare import PrepareParams
from daemon.steps.prepare_run import run
path, out = Path(sys.argv[1]), Path(sys.argv[2])
given = InputFile(path, "", Kind.SOURCE, path.name)
result = run(SimpleNamespace(out=out, checkpoint=lambda fraction, note="": None), (given,), PrepareParams())
status = Path("/proc/self/status")
if status.exists():  # ru_maxrss would count the parent's memory, inherited until exec
    peak = int(status.read_text().partition("VmHWM:")[2].split()[0])
else:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "darwin" else 1)
print(peak, result.annotations[0].meta["length_s"])
"""


def peak_kib(path: Path, out: Path) -> tuple[int, float]:
    run = subprocess.run(
        [sys.executable, "-c", _MEASURE, str(path), str(out)], capture_output=True, text=True, check=True
    )
    peak, length_s = run.stdout.split()
    return int(peak), float(length_s)


def silent_wav(path: Path, length_s: int) -> Path:
    """Sparse: the disk holds only the header."""
    data = length_s * 8000 * 2
    header = (
        bytes.fromhex("52494646") + (36 + data).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little")
    )
    header += bytes.fromhex("01000100401f0000803e000002001000") + b"data" + data.to_bytes(4, "little")
    with path.open("wb") as file:
        file.write(header)
        file.truncate(len(header) + data)
    return path


def test_three_hours_need_no_more_memory_than_five_minutes(tmp_path: Path) -> None:
    short, short_s = peak_kib(silent_wav(tmp_path / "short.wav", 300), tmp_path)
    long, long_s = peak_kib(silent_wav(tmp_path / "long.wav", 3 * 3600), tmp_path)
    assert (short_s, long_s) == (300, 10_800)
    assert long - short < 8 * 1024  # decoded, it would be 345 MB more


@pytest.mark.parametrize(("codec", "form"), [("mp3", "mp3"), ("aac", "ipod")])
def test_a_long_coded_file_needs_no_more_than_a_short_one(tmp_path: Path, codec: str, form: str) -> None:
    minute = noise(60 * 8000, 1, peak=0.1)
    short, _ = peak_kib(encode(tmp_path / "short", minute, 8000, codec, form, bit_rate=16_000), tmp_path)
    long, long_s = peak_kib(
        encode(tmp_path / "long", np.tile(minute, 10), 8000, codec, form, bit_rate=16_000), tmp_path
    )
    assert long_s == pytest.approx(600, abs=1)
    assert long - short < 8 * 1024  # decoded, it would be 17 MB more
