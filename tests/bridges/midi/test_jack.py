"""JACK under a daemon that must go on whatever becomes of its server and of who plays."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bridges.midi import probe
from bridges.midi.errors import NoMidi
from bridges.midi.ports import Ports
from tests.jack import jack_server

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="JACK is tried on Linux"),
    pytest.mark.xdist_group("jack"),
]

_PLAY = """
import time
import rtmidi

out = rtmidi.MidiOut(rtapi=rtmidi.API_UNIX_JACK, name="clock")
while True:
    if not out.is_port_open():
        out.open_virtual_port("out")
    out.send_message([0xF8])
    time.sleep(0.0005)
"""
_CLOSE = """
import sys, threading, time
import rtmidi
from bridges.midi.ports import Ports

ports = Ports(jack=True)
heard = 0

def hear(message):
    global heard
    heard += 1
    sum(range(2000))

def compute():
    while True:
        sum(range(1000))

threading.Thread(target=compute, daemon=True).start()
clock = next(name for name in ports.names()[0] if name.startswith("clock"))
for _ in range(40):
    before = heard
    port = ports.open(clock, None, hear)
    while heard < before + 20:
        time.sleep(0.005)
    port.close()
ports.close()
print("closed")
"""


async def test_a_server_that_stands_still_is_said_and_keeps_nobody(monkeypatch: pytest.MonkeyPatch):
    name = f"roadie-still-{os.getpid()}"
    monkeypatch.setenv("JACK_DEFAULT_SERVER", name)
    monkeypatch.setattr(probe, "ANSWERS_WITHIN_S", 2.0)
    with jack_server(name) as server:
        server.send_signal(signal.SIGSTOP)
        try:
            begun_s, turns = time.monotonic(), 0
            opening = asyncio.create_task(asyncio.to_thread(Ports, True))
            while not opening.done():
                await asyncio.sleep(0.01)
                turns += 1
            with pytest.raises(NoMidi, match="has not answered for 2 s"):
                await opening
            assert turns > 20 and time.monotonic() - begun_s < 20
        finally:
            server.send_signal(signal.SIGCONT)
        await asyncio.to_thread(lambda: Ports(jack=True).close())


def test_a_port_closes_while_a_clock_plays(tmp_path: Path):
    """In a process of its own: one that waits for itself can only be ended from outside."""
    name = f"roadie-clock-{os.getpid()}"
    env = {**os.environ, "JACK_DEFAULT_SERVER": name, "PYTHONPATH": str(Path(__file__).parents[3])}
    with jack_server(name), subprocess.Popen([sys.executable, "-c", _PLAY], env=env) as clock:
        try:
            time.sleep(1)
            closed = subprocess.run(
                [sys.executable, "-c", _CLOSE], env=env, check=False, capture_output=True, text=True, timeout=60
            )
        finally:
            clock.kill()
    assert (closed.returncode, closed.stdout) == (0, "closed\n"), closed
