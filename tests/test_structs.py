"""Decoding on several threads at once: it must not end the process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_TYPES = 100
_DECODE = """
import sys, threading
import msgspec
import made
from daemon.kernel.structs import ready_structs

ready_structs(*made.DATACLASSES)
sys.setswitchinterval(1e-6)
together = threading.Barrier(4)

def decode():
    for kind in [*made.STRUCTS, *made.DATACLASSES]:
        together.wait()
        msgspec.convert({"f7": {"a0": 1}, "f0": {}}, kind)

threads = [threading.Thread(target=decode) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("decoded")
"""


def test_a_type_may_be_decoded_first_by_several_threads(tmp_path: Path) -> None:
    (tmp_path / "made.py").write_text(_source())
    ran = subprocess.run(
        [sys.executable, "-c", _DECODE], check=False, capture_output=True, text=True, timeout=60,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(Path(__file__).parents[1])])},
    )  # fmt: skip
    assert (ran.returncode, ran.stdout) == (0, "decoded\n"), ran


def _source() -> str:
    """Types that hold types: what is slow to learn."""
    lines = ["from __future__ import annotations", "from dataclasses import dataclass", "import msgspec"]
    for head, base in (("S", "(msgspec.Struct)"), ("D", "")):
        for number in range(_TYPES):
            lines += ["" if base else "@dataclass", f"class {head}{number}{base}:"]
            lines += [f"    f{field}: {head}{number}x{field} | None = None" for field in range(8)]
            for field in range(8):
                lines += ["" if base else "@dataclass", f"class {head}{number}x{field}{base}:"]
                lines += [f"    a{each}: int | None = None" for each in range(30)]
    for head, name in (("S", "STRUCTS"), ("D", "DATACLASSES")):
        lines.append(f"{name} = [{', '.join(f'{head}{number}' for number in range(_TYPES))}]")
    return "\n".join(lines)
