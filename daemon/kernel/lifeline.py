"""No worker outlives the daemon, even one that is deep in C code when the daemon is killed.

Everywhere a worker ends when its pipe closes. A thread sees that, and a thread needs the interpreter's lock, which a
C extension may hold for long; so the operating system is asked too, where it can be: Linux by parent-death signal,
Windows by a job object. On macOS the pipe is all there is.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
from typing import NoReturn

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


def guard_group() -> None:
    """In a process that leads a group and has no threads yet: begin one beside it that waits for its end, however that
    comes, and ends what is left of the group then. No other process is there to do so when the parent's own end kills
    this one, and what it forked is not killed with it. On Linux only, from 5.3 on."""
    if sys.platform != "linux":
        return
    leader = os.getpid()
    try:
        watched = os.pidfd_open(leader)
    except OSError:
        return
    if os.fork():
        os.close(watched)
        return
    try:
        for handle in map(int, os.listdir("/proc/self/fd")):  # noqa: PTH208
            if handle != watched:  # the pipe above all: whoever reads it must see its end
                with contextlib.suppress(OSError):  # the listing's own
                    os.close(handle)
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        select.select([watched], [], [])
        os.killpg(leader, signal.SIGKILL)
    finally:
        os._exit(0)


def end_group() -> NoReturn:
    """End this process, and with it at once all of the group that it leads, its guard too."""
    if sys.platform != "win32" and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(0)


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
