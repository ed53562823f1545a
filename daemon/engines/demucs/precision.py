"""Which arithmetic a device does the networks in. Light: the daemon asks before a run, it is part of its key."""

from __future__ import annotations

from pathlib import Path

_CPUINFO = Path("/proc/cpuinfo")
_BF16_FLAGS = frozenset({"avx512_bf16", "amx_bf16"})


def choose(device: str, cpuinfo: Path = _CPUINFO) -> tuple[str, str]:
    """(precision, why) for "cuda", "mps" or "cpu".

    Stems in bf16 stay 43 to 48 dB above the difference to fp32 (see bench/demucs_engine.py). A CPU without bf16
    instructions would only emulate it, slower than fp32; macOS and Windows do not tell without asking the CPU.
    """
    if device == "cuda":
        return "fp16", "half precision on the GPU"
    if device == "cpu" and _has_bf16(cpuinfo):
        return "bf16", "the CPU has bf16 instructions"
    return "fp32", "single precision"


def _has_bf16(cpuinfo: Path) -> bool:
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    flags = next((line for line in lines if line.startswith("flags")), "")
    return not _BF16_FLAGS.isdisjoint(flags.split())
