"""Finds the running daemon through runtime.json."""

from __future__ import annotations

from pathlib import Path

from daemon.cli.client import Address, Client, DaemonGone, Refused
from daemon.kernel.errors import BadConfig
from daemon.runtime import Runtime, read_runtime

LOOPBACK_FOR = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - read, never bound


def running(runtime_path: Path) -> Client | None:
    """The daemon that the file names, when it answers; None when there is no file or nobody answers there.

    Raises BadConfig when it answers and its token cannot be read.
    """
    told = read_runtime(runtime_path)
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
    return Address(LOOPBACK_FOR.get(told.http_host, told.http_host), told.http_port, token)


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
