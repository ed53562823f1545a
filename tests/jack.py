"""A JACK server for a test: the only MIDI and sound server that runs without a sound card."""

from __future__ import annotations

import os
import shutil
import subprocess
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
    import rtmidi

    before = os.environ.get("JACK_DEFAULT_SERVER")
    os.environ |= {"JACK_DEFAULT_SERVER": name, "JACK_NO_START_SERVER": "1"}
    until_s = time.monotonic() + _START_S
    try:
        while server.poll() is None and time.monotonic() < until_s:
            try:
                rtmidi.MidiIn(rtapi=rtmidi.API_UNIX_JACK, name="probe").delete()
            except (rtmidi.RtMidiError, OSError):
                time.sleep(0.1)
            else:
                return
    finally:
        del os.environ["JACK_NO_START_SERVER"]
        if before is None:
            del os.environ["JACK_DEFAULT_SERVER"]
        else:
            os.environ["JACK_DEFAULT_SERVER"] = before
    server.kill()
    said.seek(0)
    pytest.fail(f"jackd did not start: {said.read().decode(errors='replace')[-2000:]}")
