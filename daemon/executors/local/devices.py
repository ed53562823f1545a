"""Which device the heavy lane computes on, found without importing torch."""

from __future__ import annotations

import ctypes
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from daemon.kernel.errors import BadConfig

DEVICES = ("cuda", "mps", "cpu")
_ASK = "from daemon.executors.local.devices import count_cuda; print(count_cuda())"
_ASK_TIMEOUT_S = 10.0


def choose_device(wanted: str) -> tuple[str, str]:
    """(device, why) for "auto" or one of DEVICES. Blocks for up to some seconds where there is an NVIDIA driver.

    Raises BadConfig for another word. A device that is asked for is taken at its word.
    """
    if wanted in DEVICES:
        return wanted, "asked for"
    if wanted != "auto":
        raise BadConfig(f"there is no device {wanted!r}", hint=f"Devices: auto, {', '.join(DEVICES)}")
    if sys.platform == "darwin" and platform.machine() == "arm64":
        return "mps", "Apple silicon"
    why_not = _why_no_cuda()
    return ("cuda", "an NVIDIA GPU is here") if why_not is None else ("cpu", why_not)


def _why_no_cuda() -> str | None:
    if not _nvidia_driver():
        return "no GPU that roadie can use was found"
    try:
        torch = version("torch")
    except PackageNotFoundError:
        return "there is an NVIDIA driver, but torch is not installed"
    if torch.endswith("+cpu"):
        return f"there is an NVIDIA driver, but torch {torch} is built for the CPU only"
    return None if _count_elsewhere() > 0 else "there is an NVIDIA driver, but it reports no GPU"


def _nvidia_driver() -> bool:
    if sys.platform == "win32":
        return Path(r"C:\Windows\System32\nvcuda.dll").exists()
    return Path("/dev/nvidiactl").exists() or Path("/usr/lib/wsl/lib/libcuda.so.1").exists()


def _count_elsewhere() -> int:
    """The number of GPUs, asked in a process of its own: the driver, once loaded, stays in memory."""
    program = f"import sys; sys.path[:] = {sys.path!r}; {_ASK}"
    try:
        answer = subprocess.run(
            [sys.executable, "-P", "-c", program], capture_output=True, timeout=_ASK_TIMEOUT_S, check=True
        )
    except (subprocess.SubprocessError, OSError):
        return 0
    return int(answer.stdout)


def count_cuda() -> int:
    """GPUs that the CUDA driver reports; 0 without a driver. Loads the driver into this process."""
    name = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
    try:
        cuda = ctypes.CDLL(name)
    except OSError:
        return 0
    count = ctypes.c_int(0)
    if cuda.cuInit(0) != 0 or cuda.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return 0
    return count.value
