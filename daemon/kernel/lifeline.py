"""No worker outlives the daemon, even one that is deep in C code when the daemon is killed.

Everywhere a worker ends when its pipe closes. A thread sees that, and a thread needs the interpreter's lock, which a
C extension may hold for long; so the operating system is asked too, where it can be: Linux by parent-death signal,
Windows by a job object. On macOS the pipe is all there is.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys

_PR_SET_PDEATHSIG = 1
_KILL_ON_JOB_CLOSE = 0x2000
_EXTENDED_LIMIT_INFORMATION = 9


def die_with_parent(parent: int) -> None:
    """In a worker: be killed when the thread of process `parent` that started this one ends."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if sys.platform != "win32" and os.getppid() != parent:
        os._exit(0)  # the parent ended before it could be asked for


class Job:
    """In the daemon on Windows: a job object whose processes end when the daemon's handle to it closes, which
    happens however the daemon ends. On other systems nothing."""

    def __init__(self) -> None:
        self._handle: int | None = None
        if sys.platform == "win32":
            self._handle = _kill_on_close_job()

    def add(self, process: subprocess.Popen[bytes]) -> None:
        if sys.platform == "win32":
            kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
            handle = ctypes.c_void_p(int(process._handle))  # type: ignore[attr-defined,unused-ignore]
            if not kernel32.AssignProcessToJobObject(ctypes.c_void_p(self._handle), handle):
                raise ctypes.WinError(ctypes.get_last_error())

    def close(self) -> None:
        if sys.platform == "win32" and self._handle is not None:
            ctypes.WinDLL("kernel32").CloseHandle(ctypes.c_void_p(self._handle))
            self._handle = None


if sys.platform == "win32":
    from ctypes import wintypes

    class _BasicLimits(ctypes.Structure):
        _fields_ = (
            ("PerProcessUserTimeLimit", wintypes.LARGE_INTEGER),
            ("PerJobUserTimeLimit", wintypes.LARGE_INTEGER),
            ("LimitFlags", wintypes.DWORD),
            ("MinimumWorkingSetSize", ctypes.c_size_t),
            ("MaximumWorkingSetSize", ctypes.c_size_t),
            ("ActiveProcessLimit", wintypes.DWORD),
            ("Affinity", ctypes.c_size_t),
            ("PriorityClass", wintypes.DWORD),
            ("SchedulingClass", wintypes.DWORD),
        )

    class _ExtendedLimits(ctypes.Structure):
        _fields_ = (
            ("BasicLimitInformation", _BasicLimits),
            ("IoInfo", ctypes.c_ulonglong * 6),
            ("ProcessMemoryLimit", ctypes.c_size_t),
            ("JobMemoryLimit", ctypes.c_size_t),
            ("PeakProcessMemoryUsed", ctypes.c_size_t),
            ("PeakJobMemoryUsed", ctypes.c_size_t),
        )

    def _kill_on_close_job() -> int:
        kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel32.CreateJobObjectW.restype = ctypes.c_void_p
        handle = kernel32.CreateJobObjectW(None, None)
        limits = _ExtendedLimits()
        limits.BasicLimitInformation.LimitFlags = _KILL_ON_JOB_CLOSE
        done = kernel32.SetInformationJobObject(
            ctypes.c_void_p(handle), _EXTENDED_LIMIT_INFORMATION, ctypes.byref(limits), ctypes.sizeof(limits)
        )
        if not handle or not done:
            raise ctypes.WinError(ctypes.get_last_error())
        return int(handle)
