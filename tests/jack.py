"""A JACK server for a test: the only MIDI and sound server that runs without a sound card."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO

import psutil
import pytest

_START_S = 60.0
_PROBE = "import rtmidi; rtmidi.MidiIn(rtapi=rtmidi.API_UNIX_JACK, name='probe').delete()"


@contextmanager
def jack_server(name: str) -> Iterator[subprocess.Popen[bytes]]:
    """With its dummy driver, answering. A test may kill it: what it then leaves in shared memory goes with it."""
    if shutil.which("jackd") is None:
        pytest.skip("no jackd: apt install jackd2")
    _forget_the_dead()
    # Not a pipe: nobody would read it, and a server whose words find no room stands still.
    with tempfile.TemporaryFile() as said:
        server = subprocess.Popen(
            ["jackd", "--no-realtime", "-n", name, "-d", "dummy", "-r", "48000", "-p", "256"],
            stdout=said, stderr=said,
        )  # fmt: skip
        try:
            _wait_for(name, server, said)
            yield server
        finally:
            _end(name, server)


@cache
def _forget_the_dead() -> None:
    """Servers that were killed keep their places in JACK's list, which has eight. Only once: later, the list is open in
    this process."""
    if not any("jack" in (process.info["name"] or "") for process in psutil.process_iter(["name"])):
        Path("/dev/shm/jack-shm-registry").unlink(missing_ok=True)


def _end(name: str, server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
    for left in Path("/dev/shm").glob(f"jack*{name}*"):
        shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)


def _wait_for(name: str, server: subprocess.Popen[bytes], said: IO[bytes]) -> None:
    environ = {**os.environ, "JACK_DEFAULT_SERVER": name, "JACK_NO_START_SERVER": "1"}
    until_s = time.monotonic() + _START_S
    while server.poll() is None and time.monotonic() < until_s:
        # In a process of its own: JACK's library may crash where a server before this one was killed.
        probe = subprocess.run([sys.executable, "-c", _PROBE], env=environ, capture_output=True, check=False)
        if probe.returncode == 0:
            return
        time.sleep(0.1)
    server.kill()
    said.seek(0)
    pytest.fail(f"jackd did not start: {said.read().decode(errors='replace')[-2000:]}")
