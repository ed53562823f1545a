"""JACK under a daemon that goes on whatever becomes of its server and of who plays."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence

import psutil
import pytest

from bridges.midi import process
from bridges.midi.messages import Setup
from bridges.midi.ports import Ports
from bridges.midi.process import MidiPorts
from tests.jack import jack_server

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="JACK is tried on Linux"),
    pytest.mark.xdist_group("jack"),
]

NAME = f"stage-{os.getpid()}"
_CLOCK = f"""
import time
import rtmidi

look = rtmidi.MidiOut(rtapi=rtmidi.API_UNIX_JACK, name="look")
out = None
while True:
    try:
        there = [name for name in look.get_ports() if name.startswith({NAME!r})]
    except rtmidi.RtMidiError:  # one has gone while they were named
        continue
    if out is not None and not there:
        out.delete()
        out = None
    if out is None and there:
        out = rtmidi.MidiOut(rtapi=rtmidi.API_UNIX_JACK, name="clock")
        out.open_port(look.get_ports().index(there[0]))
    for _ in range(20):
        time.sleep(0.0005)
        if out is not None:
            out.send_message([0xF8])
"""
_COMES_AND_GOES = """
import rtmidi
while True:
    made = [rtmidi.MidiIn(rtapi=rtmidi.API_UNIX_JACK, name=f"device {each}") for each in range(3)]
    for each in made:
        each.open_virtual_port("in")
    for each in made:
        each.delete()
"""


@pytest.fixture(autouse=True)
def server(monkeypatch: pytest.MonkeyPatch) -> str:
    name = f"roadie-jack-{os.getpid()}"
    monkeypatch.setenv("JACK_DEFAULT_SERVER", name)
    return name


class Heard:
    """What the ports told."""

    def __init__(self) -> None:
        self.messages = 0
        self.devices: list[Sequence[str]] = []

    def ports(self) -> MidiPorts:
        return MidiPorts(Setup(NAME, (), True, 0.2), self._received, self.devices.append)

    def _received(self, _port: str, _message: bytes) -> None:
        self.messages += 1

    async def more(self, count: int = 20) -> None:
        enough = self.messages + count
        while self.messages < enough:  # noqa: ASYNC110 - counted on another thread
            await asyncio.sleep(0.01)


async def until(true: Callable[[], bool]) -> None:
    while not true():  # noqa: ASYNC110 - of another task
        await asyncio.sleep(0.02)


def _ports_of(name: str) -> list[str]:
    """As another program sees them."""
    look = "import rtmidi; " + "; ".join(
        f"print(*rtmidi.{kind}(rtapi=rtmidi.API_UNIX_JACK, name='see').get_ports(), sep='\\n')"
        for kind in ("MidiIn", "MidiOut")
    )
    seen = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True).stdout
    return [each for each in seen.split("\n") if each.startswith(name)]


async def test_a_server_that_stands_still_is_said_and_keeps_nobody(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "START_S", 2.0)
    ports = Heard().ports()
    with jack_server(server) as jackd:
        jackd.send_signal(signal.SIGSTOP)
        try:
            starting, turns = asyncio.create_task(ports.start()), 0
            while not starting.done():
                await asyncio.sleep(0.01)
                turns += 1
            await starting
            assert turns > 20
            assert ports.missing is not None and "has not answered for 2 s" in ports.missing.what
            await ports.stop()
        finally:
            jackd.send_signal(signal.SIGCONT)
        await ports.start()
        jackd.send_signal(signal.SIGSTOP)  # and one that stops later: what is sent is lost, and the end comes
        try:
            for _ in range(5000):
                ports.send(bytes([0xB0, 1, 1]))
            await ports.stop()
        finally:
            jackd.send_signal(signal.SIGCONT)


async def test_a_server_that_comes_late_ends_and_comes_again(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "AGAIN_S", 0.2)
    monkeypatch.setattr(process, "AGAIN_AT_MOST_S", 0.2)
    heard = Heard()
    ports = heard.ports()
    async with asyncio.timeout(120):
        await ports.start()
        assert ports.missing is not None and "does not answer" in ports.missing.what
        for end in (signal.SIGTERM, signal.SIGKILL):
            with jack_server(server) as jackd:
                await until(lambda: ports.missing is None)
                assert sorted(_ports_of(NAME)) == [f"{NAME}-01:out", f"{NAME}:in"]
                jackd.send_signal(end)
                await until(lambda: ports.missing is not None)
                assert "JACK server has ended" in ports.missing.what
        await ports.stop()


def test_ports_are_listed_while_devices_come_and_go(server: str) -> None:
    with jack_server(server), subprocess.Popen([sys.executable, "-c", _COMES_AND_GOES]) as devices:
        try:
            ports, there = Ports(jack=True), set()
            until_s = time.monotonic() + 4
            while time.monotonic() < until_s:
                there.add(len(ports.names()[1]))
            ports.close()
        finally:
            devices.kill()
    assert len(there) > 1


@pytest.fixture
def clock(server: str) -> Iterator[None]:
    """A clock that plays to our port whenever it is there, twenty times as fast as a song's."""
    with jack_server(server), subprocess.Popen([sys.executable, "-c", _CLOCK]) as playing:
        try:
            yield
        finally:
            playing.kill()


async def test_ports_close_while_a_clock_plays(clock: None) -> None:
    heard = Heard()
    async with asyncio.timeout(120):
        for _ in range(5):
            ports = heard.ports()
            await ports.start()
            await heard.more()
            await ports.stop()


async def test_ports_that_are_lost_with_their_process_are_there_again(
    clock: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "AGAIN_S", 0.2)
    heard = Heard()
    ports = heard.ports()
    async with asyncio.timeout(120):
        await ports.start()
        await heard.more()
        for child in psutil.Process().children():
            if "bridges.midi.worker" in " ".join(child.cmdline()):
                child.kill()
        await until(lambda: ports.missing is not None)
        await until(lambda: ports.missing is None)
        await heard.more()
        assert heard.devices == [(), ()]
        await ports.stop()
