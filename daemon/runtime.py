"""One daemon per home, and how others find it: the lock file and `runtime.json`.

What `runtime.json` says counts while it is locked: a daemon that was killed leaves the file behind, and its port to
whoever comes next.
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

_TRIES = 5
_BETWEEN_TRIES_S = 0.01
_LOCKED_BYTE = 1 << 30  # beyond what is written: Windows lets nobody read a byte that is locked
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
        if not _try_lock(file):
            other = running_daemon(runtime)
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
            file.seek(_LOCKED_BYTE)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _is_held(file: IO[bytes]) -> bool:
        return not _try_lock(file)

    def _place(file: IO[bytes], draft: Path, path: Path) -> IO[bytes]:
        file.close()  # an open file cannot be renamed here
        draft.replace(path)
        placed = path.open("r+b")
        _lock_told(placed)
        return placed
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

    def _place(file: IO[bytes], draft: Path, path: Path) -> IO[bytes]:
        _lock_told(file)  # before anyone sees it
        draft.replace(path)
        return file


def _lock_told(file: IO[bytes]) -> None:
    """Who looks whether it is locked has it for that moment; where nothing can be locked, the process is looked at."""
    for _ in range(_TRIES):
        if _try_lock(file):
            return
        time.sleep(_BETWEEN_TRIES_S)


@contextmanager
def told_in(path: Path, runtime: Runtime) -> Iterator[None]:
    """Tell others where this daemon is, for as long as it runs; readable by the owner only. Raises DiskError."""
    try:
        file = _written(path, runtime)
    except OSError as error:
        raise DiskError(
            "this file, by which others find the daemon, cannot be written", where=path, why=error.strerror,
            hint=WRITABLE_RUNTIME,
        ) from error  # fmt: skip
    try:
        with file:
            yield
    finally:
        _remove(path, runtime.pid)


def _written(path: Path, runtime: Runtime) -> IO[bytes]:
    """The file, in place, locked and open."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    file = os.fdopen(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b")
    try:
        file.write(json.dumps(msgspec.to_builtins(runtime), indent=2).encode())
        file.flush()
        return _place(file, draft, path)
    except OSError:
        file.close()
        with suppress(OSError):
            draft.unlink()
        raise


def read_runtime(path: Path) -> Runtime | None:
    """The daemon that last said where it is, or None. It may have ended since: see `running_daemon`."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Runtime)
    except (OSError, msgspec.MsgspecError):
        return None


def running_daemon(path: Path) -> Runtime | None:
    """The daemon that the file names, when it runs. Only such a one may be told a token: at the address of one that
    ended, anybody may listen by now."""
    try:
        with path.open("rb") as file:
            told = msgspec.json.decode(file.read(), type=Runtime)
            held = _held_by(file, told)
    except (OSError, msgspec.MsgspecError):
        return None
    return told if held else None


def _held_by(file: IO[bytes], told: Runtime) -> bool:
    try:
        return _is_held(file)
    except OSError:  # on a disk that knows no locks
        return _is_roadie(told.pid)


def _is_roadie(pid: int) -> bool:
    import psutil  # noqa: PLC0415 - hardly ever needed, and every command would wait for it

    try:
        words = psutil.Process(pid).cmdline()
    except psutil.Error:
        return False
    return "serve" in words and any("roadie" in word or word == "daemon.cli" for word in words)


def _remove(path: Path, pid: int) -> None:
    """Unless another daemon has written it since."""
    there = read_runtime(path)
    if there is not None and there.pid == pid:
        with suppress(FileNotFoundError):
            path.unlink()
