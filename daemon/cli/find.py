"""Finds the running daemon through runtime.json."""

from __future__ import annotations

from pathlib import Path

from daemon.cli.client import Address, Client, DaemonGone, Refused
from daemon.kernel.addresses import reached_at
from daemon.kernel.errors import BadConfig
from daemon.runtime import Runtime, running_daemon


def running(runtime_path: Path) -> Client | None:
    """The daemon that the file names, when it runs and answers; else None.

    Raises BadConfig when it answers and its token cannot be read.
    """
    told = running_daemon(runtime_path)
    if told is None:
        return None
    try:
        Client(_address(told, token="")).health()
    except (DaemonGone, Refused):
        return None
    return Client(_address(told, _token(Path(told.token_file))))


def client_of(runtime: Runtime) -> Client:
    """A client of exactly this daemon. Raises BadConfig when its token cannot be read."""
    return Client(_address(runtime, _token(Path(runtime.token_file))))


def _address(told: Runtime, token: str) -> Address:
    return Address(reached_at(told.http_host), told.http_port, token)


def _token(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfig(
            "the daemon's token cannot be read",
            where=path,
            why=error,
            hint="Run as the user who started the daemon",
        ) from error
