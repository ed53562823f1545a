"""The process that has the MIDI ports: ours, and those of devices as they come and go. Orders on standard input,
reports on standard output. It ends when its input closes."""

from __future__ import annotations

import fnmatch
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import NoReturn

import msgspec

from bridges.midi.errors import NoMidi
from bridges.midi.jack import JackWatch
from bridges.midi.messages import (
    Devices,
    NoPorts,
    Ready,
    Received,
    Refused,
    Report,
    Setup,
    encode,
    read_order,
    read_setup,
)
from bridges.midi.ports import CLIENTS, OpenPort, Ports
from daemon.kernel.lifeline import die_with_parent

Tell = Callable[[Report], None]


def main(parent: int, setup: bytes) -> None:
    die_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Reports have the real standard output; whatever a library prints goes to the other one.
    reports = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    writing = threading.Lock()

    def tell(report: Report) -> None:
        with writing:
            reports.write(encode(report) + b"\n")

    try:
        process = MidiProcess(read_setup.decode(setup), tell)
        tell(Ready())
        threading.Thread(target=process.obey, daemon=True).start()
        process.look()
    except NoMidi as error:
        tell(NoPorts(error.what, error.where, error.why, error.hint))


class MidiProcess:
    """Raises NoMidi."""

    def __init__(self, setup: Setup, tell: Tell) -> None:
        self._setup = setup
        self._tell = tell
        self._ports = Ports(setup.jack)
        self._own = self._ports.own(setup.name, partial(self._received, setup.name))
        self._jack = JackWatch(self._server_ended) if setup.jack else None
        self._devices: dict[str, OpenPort] = {}
        self._refused: set[str] = set()
        self._deaf: set[str] = set()
        self._using = threading.Lock()
        """Of RtMidi: a port that is closed while another thread uses it takes the process with it."""

    def obey(self) -> None:
        for line in sys.stdin.buffer:
            try:
                order = read_order.decode(line)
            except msgspec.MsgspecError:
                continue  # a line that was cut off with its sender
            self.send(order.data)
        # JACK misses a client that ends without a word for five seconds. One that cannot close is ended by the daemon.
        with self._using:
            for port in (self._own, *self._devices.values()):
                port.close()
            self._ports.close()
            if self._jack is not None:
                self._jack.close()
        os._exit(0)

    def send(self, data: bytes) -> None:
        """To every port. One that does not take it, as a device's that was just unplugged, keeps no other from it and
        is told once."""
        with self._using:
            for port in (self._own, *self._devices.values()):
                try:
                    port.send(data)
                except Exception as error:  # noqa: BLE001 - whatever the system says of it
                    if port.name not in self._deaf:
                        self._tell(Refused(f"{port.name}: a message could not be sent ({error})"))
                    self._deaf.add(port.name)
                else:
                    self._deaf.discard(port.name)

    def look(self) -> NoReturn:
        """Devices as they are plugged in and out: one question to the system every few seconds, and none where no
        device is named."""
        while True:
            if self._setup.devices:
                with self._using:
                    inputs, outputs = self._ports.names()
                self._see([each for each in dict.fromkeys([*inputs, *outputs]) if self._is_wanted(each)])
            time.sleep(self._setup.look_every_s)

    def _see(self, wanted: list[str]) -> None:
        before = list(self._devices)
        for name in before:
            if name not in wanted:
                with self._using:
                    self._devices.pop(name).close()
        self._refused &= set(wanted)
        for name in wanted:
            if name not in self._devices and name not in self._refused:
                self._open(name)
        if list(self._devices) != before:
            self._tell(Devices(list(self._devices)))

    def _open(self, name: str) -> None:
        try:
            with self._using:
                self._devices[name] = self._ports.open(name, name, partial(self._received, name))
        except NoMidi as error:
            self._refused.add(name)  # said once, tried again when it was away in between
            self._tell(Refused(error.message))

    def _received(self, port: str, message: bytes) -> None:
        self._tell(Received(port, message))

    def _server_ended(self) -> None:
        """Its ports are gone, whatever their names say: the next process has those of the next server."""
        self._tell(NoPorts("the JACK server has ended", None, None, "Start it again"))
        os._exit(0)

    def _is_wanted(self, name: str) -> bool:
        """Never our own: what we send would come back to us."""
        return not is_own(name, self._setup.name) and any(
            fnmatch.fnmatchcase(name, f"*{each}*") for each in self._setup.devices
        )


def is_own(port: str, name: str) -> bool:
    """Whether a port, as the system lists it, is one that `Ports` made for our own `name` or to look at the others.
    JACK numbers clients of one name."""
    if sys.platform == "win32":
        return name in port
    return any(re.fullmatch(rf"{re.escape(each)}(-\d+)?(:.*)?", port) for each in (name, *CLIENTS))
