"""Another program's MIDI ports, in a process of their own: RtMidi frees what its thread still calls back with when a
port is closed while messages come, and whoever shares that memory ends of it, sooner or later."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from concurrent.futures import Future
from pathlib import Path
from threading import Thread
from typing import Any

import mido

_LEAVE_S = 5.0


class Process:
    """What the tests hold of it: lines of JSON to its ports and from them. kind: "controller" or "device"."""

    def __init__(self, kind: str, name: str, jack: bool) -> None:
        self.heard: list[mido.Message] = []
        self._ready: Future[None] = Future()
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__)), kind, name, str(int(jack))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
        )  # fmt: skip
        self._reading = Thread(target=self._read, daemon=True)
        self._reading.start()

    async def ready(self) -> None:
        """Until its ports are there, or are connected."""
        async with asyncio.timeout(30):
            await asyncio.wrap_future(self._ready)

    def send(self, message: list[int]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message) + "\n")

    def close(self) -> None:
        """Idempotent."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(_LEAVE_S)
        except subprocess.TimeoutExpired:  # closing a port waits for a thread that waits for it
            self._process.kill()
            self._process.wait()
        self._reading.join()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line == "ready\n":
                self._ready.set_result(None)
            else:
                self.heard.append(mido.Message.from_bytes(json.loads(line)))


class _Ports:
    """Those of this process, of which `main` is the whole."""

    def __init__(self, name: str, jack: bool) -> None:
        import rtmidi

        api = rtmidi.API_UNIX_JACK if jack else rtmidi.API_UNSPECIFIED
        self.out: Any = rtmidi.MidiOut(rtapi=api, name=name)
        self.all = [self.out]

    def close(self) -> None:
        for port in self.all:
            port.close_port()
            port.delete()


class _Device(_Ports):
    """One that is plugged in when it is made."""

    def __init__(self, name: str, jack: bool) -> None:
        super().__init__(name, jack)
        self.out.open_virtual_port("keys")


class _Controller(_Ports):
    """Connected to roadie's ports, once these are there."""

    def __init__(self, name: str, jack: bool) -> None:
        import rtmidi

        super().__init__(name, jack)
        into: Any = rtmidi.MidiIn(rtapi=rtmidi.API_UNIX_JACK if jack else rtmidi.API_UNSPECIFIED, name=name)
        into.set_callback(lambda event, _data: _say(json.dumps(event[0])))
        into.ignore_types(timing=False)
        self.all.append(into)
        for port in self.all:
            self._connect(port)

    @staticmethod
    def _connect(port: Any) -> None:
        while not (names := _roadies(port.get_ports())):
            time.sleep(0.05)
        port.open_port(port.get_ports().index(names[0]))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _roadies(names: list[str]) -> list[str]:
    return [name for name in names if name.startswith("roadie") and "look" not in name]


def main(kind: str, name: str, jack: str) -> None:
    ports = {"controller": _Controller, "device": _Device}[kind](name, bool(int(jack)))
    _say("ready")
    for line in sys.stdin:
        ports.out.send_message(json.loads(line))
    ports.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
