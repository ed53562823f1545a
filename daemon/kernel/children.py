"""A Python process of our own and what goes between: a pipe to workers, and to the hosts of plug-ins below them; lines
on standard input and output to those that have a sound or MIDI system.

`subprocess` and a pipe rather than `multiprocessing.Process`: nothing of the parent's `__main__` is imported again,
there is no resource-tracker process beside them, and standard streams are set before they start.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from multiprocessing.connection import Connection
from typing import Any


def start_child(
    pipe: Connection, output: int, main: str, env: Mapping[str, str], *, own_session: bool, low_priority: bool
) -> subprocess.Popen[bytes]:
    """Start `main` ("module:function"), which is called with (handle of `pipe`, pid of this process).

    It leads a process group, so that it can be ended with all that it starts. output: descriptor that takes what it
    prints. own_session: it leads a session too. Raises OSError.
    """
    handle = pipe.fileno()
    options: dict[str, Any]
    if sys.platform == "win32":
        os.set_handle_inheritable(handle, True)
        flags = subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
        if low_priority:
            flags |= subprocess.BELOW_NORMAL_PRIORITY_CLASS
        inherited = subprocess.STARTUPINFO(lpAttributeList={"handle_list": [handle]})
        options = {"creationflags": flags, "startupinfo": inherited}
    else:
        leads: dict[str, Any] = {"start_new_session": True} if own_session else {"process_group": 0}
        options = {"pass_fds": (handle,), **leads}
    return subprocess.Popen(
        _command(main, handle, os.getpid()),
        stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=dict(env), **options,
    )  # fmt: skip


def start_speaking(main: str, *args: bytes, env: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start `main` ("module:function"), which is called with (pid of this process, *args), reads orders on standard
    input and writes reports to standard output. Raises OSError."""
    return subprocess.Popen(
        _command(main, os.getpid(), *args),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env=None if env is None else dict(env), creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )  # fmt: skip


def _command(main: str, *args: int | bytes) -> list[str]:
    """It finds modules where this process finds them."""
    module, _, function = main.partition(":")
    program = (
        f"import sys; sys.path[:] = {sys.path!r}\n"
        f"from {module} import {function}\n"
        f"{function}({', '.join(map(repr, args))})"
    )
    return [sys.executable, "-P", "-c", program]


def connection(handle: int) -> Connection:
    """In the child: the pipe whose inherited descriptor (on Windows: handle) is `handle`."""
    if sys.platform == "win32":
        from multiprocessing.connection import PipeConnection  # noqa: PLC0415 - exists on Windows only

        return PipeConnection(handle)
    os.set_inheritable(handle, False)
    return Connection(handle)
