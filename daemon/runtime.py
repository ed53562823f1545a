"""One daemon per home, and how others find it: the lock file and `runtime.json`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import msgspec

from daemon.kernel.errors import AlreadyRunning, DiskError


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
        return f"http://{self.http_host}:{self.http_port}"


@contextmanager
def single_daemon(lock: Path, runtime: Path) -> Iterator[None]:
    """Hold the home's lock. Raises AlreadyRunning naming the daemon that has it, DiskError for a home that cannot be.

    The lock is the open file, so it goes with the process however that ends.
    """
    with _opened(lock) as file:
        if not _try_lock(file):
            other = read_runtime(runtime)
            who = f"process {other.pid} at {other.base_url}" if other else "another process"
            raise AlreadyRunning(
                "a daemon has this home already", where=lock.parent, why=who,
                hint="Use that one, or set ROADIE_HOME to another folder",
            )  # fmt: skip
        yield


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
else:
    import fcntl

    def _try_lock(file: IO[bytes]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


def write_runtime(path: Path, runtime: Runtime) -> None:
    """Tell others where this daemon is; readable by the owner only."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with suppress(FileNotFoundError):
        draft.unlink()
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(json.dumps(msgspec.to_builtins(runtime), indent=2).encode())
    draft.replace(path)


def read_runtime(path: Path) -> Runtime | None:
    """The daemon that last said where it is, or None. It may have ended since: ask its /health."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Runtime)
    except (OSError, msgspec.MsgspecError):
        return None


def remove_runtime(path: Path, pid: int) -> None:
    """Take back what `write_runtime` wrote, unless another daemon has written since."""
    there = read_runtime(path)
    if there is not None and there.pid == pid:
        with suppress(FileNotFoundError):
            path.unlink()
