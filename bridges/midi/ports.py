"""MIDI ports through RtMidi: ALSA or JACK on Linux, CoreMIDI on macOS, WinMM on Windows.

Only for the process that has nothing else to do (`bridges.midi.worker`): python-rtmidi keeps the interpreter while it
waits for a sound server, and while it closes a port waits so for a thread that may be waiting for the interpreter.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bridges.midi.errors import NoMidi

SEQUENCER = Path("/dev/snd/seq")
Received = Callable[[bytes], None]
"""Called on RtMidi's own thread with one message."""
_LAST_MESSAGE_S = 0.02
_TRIES = 5
_DEVICE, _LOOK = "roadie", "roadie look"
CLIENTS = (_DEVICE, _LOOK)
"""What our clients are called, besides the one of our own port."""


class OpenPort:
    """A pair of ports, or one of them: what arrives is given to a callback, what is sent is sent at once."""

    def __init__(self, name: str, incoming: Any, outgoing: Any) -> None:
        self.name = name
        self._incoming = incoming
        self._outgoing = outgoing

    def send(self, message: bytes) -> None:
        if self._outgoing is not None:
            self._outgoing.send_message(list(message))

    def close(self) -> None:
        """While messages arrive, this may never return, or end the process."""
        if self._incoming is not None:
            self._incoming.cancel_callback()
            time.sleep(_LAST_MESSAGE_S)
        for port in (self._incoming, self._outgoing):
            if port is not None:
                port.close_port()
                port.delete()


def check_system(jack: bool, sequencer: Path = SEQUENCER) -> None:
    """Raises NoMidi where there is no MIDI system for sure: RtMidi would write its own words to the terminal."""
    if sys.platform == "linux" and not jack and not sequencer.exists():
        raise NoMidi(
            "this system has no ALSA sequencer", where=sequencer,
            hint="Load it with `sudo modprobe snd-seq`, or use JACK: roadie config set midi.jack true",
        )  # fmt: skip


class Ports:
    """Raises NoMidi, with the reason, where there is no MIDI system at all."""

    def __init__(self, jack: bool = False) -> None:
        check_system(jack)
        try:
            import rtmidi  # noqa: PLC0415 - loads the system's MIDI library
        except ImportError as error:
            raise NoMidi("python-rtmidi cannot be loaded", why=error, hint="Install roadie again") from error
        self._rtmidi = rtmidi
        self._api = rtmidi.API_UNIX_JACK if jack else rtmidi.API_UNSPECIFIED
        if sys.platform == "linux" and not jack:
            self._api = rtmidi.API_LINUX_ALSA
        self._watch_in = self._client(rtmidi.MidiIn, _LOOK)
        self._watch_out = self._client(rtmidi.MidiOut, _LOOK)

    def names(self) -> tuple[list[str], list[str]]:
        """(inputs, outputs) that there are now. Raises NoMidi."""
        for _ in range(_TRIES):
            try:
                return self._watch_in.get_ports(), self._watch_out.get_ports()
            except self._rtmidi.RtMidiError as error:  # RtMidi counts, then names: one has gone in between
                why = error
        raise NoMidi("the MIDI system does not say which ports there are", why=why, hint="Is it running?")

    def own(self, name: str, received: Received) -> OpenPort:
        """Our own port, which others connect to. On Windows, the one of that name which is there. Raises NoMidi."""
        if sys.platform == "win32":
            inputs, outputs = self.names()
            if not any(name in each for each in inputs):
                raise NoMidi(
                    f"there is no MIDI port called {name!r}", hint="Windows has no virtual ports of its own: make one "
                    "with a loopback driver, or set midi.name to a port that is there",
                )  # fmt: skip
            return self.open(*(next((each for each in names if name in each), None) for names in (inputs, outputs)),
                             received)  # fmt: skip
        # CoreMIDI shows the port's name alone, the others the client's before it.
        in_name, out_name = (name, name) if sys.platform == "darwin" else ("in", "out")
        try:
            incoming = self._client(self._rtmidi.MidiIn, name)
            outgoing = self._client(self._rtmidi.MidiOut, name)
            self._hear(incoming, received)
            incoming.open_virtual_port(in_name)  # first: of two clients with one name, JACK numbers the second
            outgoing.open_virtual_port(out_name)
        except self._rtmidi.RtMidiError as error:
            raise NoMidi("the MIDI port cannot be made", where=name, why=error) from error
        return OpenPort(name, incoming, outgoing)

    def open(self, incoming_name: str | None, outgoing_name: str | None, received: Received) -> OpenPort:
        """A device's ports. Raises NoMidi when it has gone or another program has it for itself."""
        incoming = outgoing = None
        inputs, outputs = self.names()
        try:
            if outgoing_name in outputs:
                outgoing = self._client(self._rtmidi.MidiOut, _DEVICE)
                outgoing.open_port(outputs.index(outgoing_name), "out")
            if incoming_name in inputs:  # last, so that nothing is heard of a device that is refused
                incoming = self._client(self._rtmidi.MidiIn, _DEVICE)
                self._hear(incoming, received)
                incoming.open_port(inputs.index(incoming_name), "in")
        except self._rtmidi.RtMidiError as error:
            raise NoMidi(
                "a MIDI device cannot be opened", where=incoming_name or outgoing_name, why=error
            ) from error
        return OpenPort(incoming_name or outgoing_name or "", incoming, outgoing)

    def close(self) -> None:
        for watch in (self._watch_in, self._watch_out):
            watch.delete()

    def _client(self, kind: Any, name: str) -> Any:
        try:
            return kind(rtapi=self._api, name=name)
        except (self._rtmidi.RtMidiError, OSError) as error:
            raise NoMidi("the MIDI system does not answer", why=error, hint="Is it running?") from error

    def _hear(self, incoming: Any, received: Received) -> None:
        incoming.ignore_types(sysex=True, timing=False, active_sense=True)
        incoming.set_callback(lambda event, _data: received(bytes(event[0])))
