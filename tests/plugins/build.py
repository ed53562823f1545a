"""Builds the test plug-ins with the machine's compiler: compiled once, a variant is a byte in a copy."""

from __future__ import annotations

import hashlib
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
POISON = 1.703125
"""The sample that makes the misbehaving ones misbehave (plugin.cpp), and that no noise at their loading has."""
VENDOR = "roadie tests"
MARK = b"roadie variant:"
NAMES = {
    "GAIN": "Gain", "MULTI": "Multi", "INSTRUMENT": "Instrument", "CRASH_ON_LOAD": "Crash on load", "CRASH": "Crash",
    "HANG_ON_LOAD": "Hang on load", "HANG": "Hang", "NOT_A_NUMBER": "Not a number", "INFINITE": "Infinite",
    "LATENCY": "Latency", "LYING_LATENCY": "Lying latency", "SILENT": "Silent", "SLOW": "Slow", "GREEDY": "Greedy",
    "EXITS": "Exits", "PROGRAMS": "Programs", "FORKS": "Forks", "STEREO_ONLY": "Stereo only",
    "MONO_ONLY": "Mono only", "FORKS_AND_GOES_ON": "Forks and goes on", "FORKS_AND_HANGS": "Forks and hangs",
}  # fmt: skip
VARIANTS = list(NAMES)
"""In the order of plugin.cpp's enum."""


def compiler() -> str | None:
    """The machine's C++ compiler, if there is one that these tests know how to call."""
    return (
        None
        if sys.platform == "win32"
        else shutil.which("c++") or shutil.which("g++") or shutil.which("clang++")
    )


def folder() -> str:
    """Where a bundle's binary stands on this system."""
    if sys.platform == "darwin":
        return "MacOS"
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(
        platform.machine().lower(), platform.machine().lower()
    )
    return f"{machine}-linux"


def build(variant: str, into: Path) -> Path:
    """The bundle of a variant below `into`. Raises CalledProcessError when it does not compile."""
    bundle = into / f"{variant}.vst3"
    suffix = "" if sys.platform == "darwin" else ".so"
    content = bytearray(_compiled().read_bytes())
    content[content.index(MARK) + len(MARK)] = VARIANTS.index(variant)
    binary = bundle / "Contents" / folder() / f"{variant}{suffix}"
    if not binary.exists():
        binary.parent.mkdir(parents=True, exist_ok=True)
        binary.write_bytes(content)
    return bundle


def _compiled() -> Path:
    """Compiled once for each source, also across runs of the tests."""
    source = b"".join((HERE / name).read_bytes() for name in ("vst3_abi.h", "plugin.cpp"))
    name = hashlib.sha256(source).hexdigest()[:16]
    made = Path(tempfile.gettempdir()) / f"roadie-test-plugins-{name}" / "plugin"
    if not made.exists():
        made.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory() as work:
            out = Path(work) / "plugin"
            cxx = compiler()
            assert cxx is not None
            subprocess.run(
                [cxx, "-std=c++17", "-O1", "-fPIC", "-shared", "-fvisibility=hidden", "-Wall", "-Wextra", "-Werror",
                 str(HERE / "plugin.cpp"), "-o", str(out)],
                check=True, capture_output=True,
            )  # fmt: skip
            part = made.with_suffix(f".{Path(work).name}")
            shutil.copy(out, part)
            part.rename(made)
    return made
