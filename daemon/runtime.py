"""One daemon per home, and how others find it: the lock file and `runtime.json`.

What `runtime.json` says counts while the lock of its home is held: a daemon that was killed leaves the file behind,
and its port to whoever comes next.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import msgspec

from daemon.kernel.addresses import reached_at, url
from daemon.kernel.errors import AlreadyRunning, DiskError

LOCK = "daemon.lock"
_LOOKS = 5
_BETWEEN_LOOKS_S = 0.01
WRITABLE_RUNTIME = (
    "Give yourself write access to its folder, or set ROADIE_HOME to a folder of yours, where it then is"
)


class Runtime(msgspec.Struct, frozen=True, kw_only=True):
    """What a script needs to talk to the daemon. command: starts it when it does not run. osc_port: None when there
    is no OSC. warnings: parts of this daemon that are not there, and why."""

    pid: int
    version: str
    home: str
    http_host: str
    http_port: int
    osc_port: int | None
    token_file: str
    command: list[str]
    osc_query_port: int | None = None
    warnings: list[str] = []

    @property
    def base_url(self) -> str:
        """For who is on this machine."""
        return url(reached_at(self.http_host), self.http_port)


@contextmanager
def single_daemon(lock: Path, runtime: Path) -> Iterator[None]:
    """Hold the home's lock. Raises AlreadyRunning naming the daemon that has it, DiskError for a home that cannot be.

    The lock is the open file, so it goes with the process however that ends.
    """
    with _opened(lock) as file:
        if not _taken(file):
            other = read_runtime(runtime)
            who = f"process {other.pid} at {other.base_url}" if other else "another process"
            raise AlreadyRunning(
                "a daemon has this home already", where=lock.parent, why=who,
                hint="Use that one, or set ROADIE_HOME to another folder",
            )  # fmt: skip
        _remove_left_over(runtime, lock.parent)
        yield


def _remove_left_over(runtime: Path, home: Path) -> None:
    """From a daemon of this home that was killed: nobody is to take its address for that of the next one."""
    told = read_runtime(runtime)
    if told is not None and Path(told.home) == home:
        with suppress(OSError):
            runtime.unlink()


def _taken(file: IO[bytes]) -> bool:
    """A command that looks whether the lock is held has it for that moment."""
    for _ in range(_LOOKS):
        if _try_lock(file):
            return True
        time.sleep(_BETWEEN_LOOKS_S)
    return False


def _opened(lock: Path) -> IO[bytes]:
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        return lock.open("a+b")
    except OSError as error:
        raise DiskError(
            "roadie's home cannot be written to", where=lock.parent, why=error.strerror,
            hint="Give yourself write access to it, or set ROADIE_HOME to a folder of yours",
        ) from error  # fmt: skip


if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: IO[bytes]) -> bool:
        try:
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _is_held(file: IO[bytes]) -> bool:
        return not _taken(file)
else:
    import fcntl

    def _try_lock(file: IO[bytes]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def _is_held(file: IO[bytes]) -> bool:
        """Raises OSError where files cannot be locked."""
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared: several may look at once
        except BlockingIOError:
            return True
        return False


def write_runtime(path: Path, runtime: Runtime) -> None:
    """Tell others where this daemon is; readable by the owner only. Raises DiskError."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(json.dumps(msgspec.to_builtins(runtime), indent=2).encode())
        draft.replace(path)
    except OSError as error:
        raise DiskError(
            "this file, by which others find the daemon, cannot be written", where=path, why=error.strerror,
            hint=WRITABLE_RUNTIME,
        ) from error  # fmt: skip


def read_runtime(path: Path) -> Runtime | None:
    """The daemon that last said where it is, or None. It may have ended since: see `running_daemon`."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Runtime)
    except (OSError, msgspec.MsgspecError):
        return None


def running_daemon(path: Path) -> Runtime | None:
    """The daemon that the file names, when it runs. Only such a one may be told a token: at the address of one that
    ended, anybody may listen by now."""
    told = read_runtime(path)
    if told is None:
        return None
    try:
        with (Path(told.home) / LOCK).open("rb") as lock:
            return told if _is_held(lock) else None
    except FileNotFoundError:
        return None
    except OSError:  # not ours to open, or on a disk that knows no locks
        return told if _is_roadie(told.pid) else None


def _is_roadie(pid: int) -> bool:
    import psutil  # noqa: PLC0415 - hardly ever needed, and every command would wait for it

    try:
        words = psutil.Process(pid).cmdline()
    except psutil.Error:
        return False
    return "serve" in words and any("roadie" in word or word == "daemon.cli" for word in words)


def remove_runtime(path: Path, pid: int) -> None:
    """Take back what `write_runtime` wrote, unless another daemon has written since."""
    there = read_runtime(path)
    if there is not None and there.pid == pid:
        with suppress(FileNotFoundError):
            path.unlink()
