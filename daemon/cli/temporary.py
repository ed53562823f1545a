"""A daemon for the time of one command, as a child process."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping

from daemon.cli.client import Client
from daemon.cli.failures import ADVICE, ERROR
from daemon.kernel.errors import RoadieError

START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 15.0
LOOK_EVERY_S = 0.05
UNTIL_STDIN_CLOSES = "--until-stdin-closes"


class DaemonDidNotStart(RoadieError):
    code = "daemon_did_not_start"


class TemporaryDaemon:
    """`roadie serve` as a child. It also ends when this process dies: its standard input closes then."""

    def __init__(self, process: subprocess.Popen[bytes], client: Client) -> None:
        self._process = process
        self.client = client

    @classmethod
    def start(
        cls, find: Callable[[], Client | None], environ: Mapping[str, str] | None = None
    ) -> TemporaryDaemon:
        """Wait until `find` finds it. Raises DaemonDidNotStart with what it said.

        Another daemon that came up on the same home meanwhile is as good; the child has then ended by itself.
        """
        with tempfile.TemporaryFile() as said:
            process = subprocess.Popen(
                # -P: a folder called `daemon` where the user happens to stand is not ours to import.
                [sys.executable, "-P", "-m", "daemon.cli", "serve", "--port", "0", UNTIL_STDIN_CLOSES],
                stdin=subprocess.PIPE,
                stdout=said,
                stderr=said,
                env=dict(os.environ if environ is None else environ),
                start_new_session=True,  # ctrl-C is this process's to answer
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
            client = _wait(process, find)
            if client is None:
                _end(process)
                said.seek(0)
                raise did_not_start(said.read().decode(errors="replace"))
        return cls(process, client)

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def stop(self) -> None:
        """Ask it to end, wait, and end it. Idempotent."""
        _end(self._process)


def did_not_start(said: str) -> DaemonDidNotStart:
    """said: what the child printed, which is an error and what to do, line by line, like any command's."""
    words = [line.strip() for line in said.splitlines() if line.strip()]
    advice = [line.removeprefix(ADVICE) for line in words if line.startswith(ADVICE)]
    rest = [line.removeprefix(ERROR) for line in words if not line.startswith(ADVICE)]
    return DaemonDidNotStart(
        "a daemon for this command did not start",
        why="; ".join(rest) or "it said nothing",
        hint=" ".join(advice) or "`roadie doctor` looks for what is wrong",
    )


def _wait(process: subprocess.Popen[bytes], find: Callable[[], Client | None]) -> Client | None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        ended = process.poll() is not None
        client = find()
        if client is not None or ended:
            return client
        time.sleep(LOOK_EVERY_S)
    return None


def _end(process: subprocess.Popen[bytes]) -> None:
    """Closing its input asks it to end on every system; what does not end is ended."""
    if process.stdin is not None:
        process.stdin.close()
    for harder in (process.terminate, process.kill):
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            harder()
    process.wait()
