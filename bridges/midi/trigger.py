"""What a person does on a controller, as text: "note 1 36", "cc 1 20", "program 10 3" (channels count from 1)."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.kernel.errors import BadParameter

_KINDS = {0x90: "note", 0xB0: "cc", 0xC0: "program"}
_STATUS = {name: status for status, name in _KINDS.items()}
_ON = 64
"""Of a controller that is a switch: 0 to 63 is off (MIDI 1.0, table 3)."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """number: of the note, the controller or the program."""

    kind: str
    channel: int
    number: int

    def __str__(self) -> str:
        return f"{self.kind} {self.channel} {self.number}"

    def message(self, value: int) -> bytes:
        """What lights it: the note or the controller itself, with a value."""
        status = _STATUS[self.kind] | (self.channel - 1)
        return bytes([status, self.number]) + (b"" if self.kind == "program" else bytes([value & 0x7F]))


@dataclass(frozen=True, slots=True)
class Press:
    """value: velocity or controller value, 1 to 127; 127 of a program change."""

    trigger: Trigger
    value: int


class KeyReader:
    """Reads the messages of one port. A controller is pressed as it rises to 64, where the specification has a switch
    on: a button once, and a knob that is turned not with every value it goes through."""

    def __init__(self) -> None:
        self._on: set[Trigger] = set()

    def read(self, message: bytes) -> Press | None:
        """A press, or None for anything else: a release (also a note of velocity 0), a controller that was on before
        or is off, clock."""
        if len(message) < 2 or message[0] & 0xF0 not in _KINDS:
            return None
        trigger = Trigger(_KINDS[message[0] & 0xF0], (message[0] & 0x0F) + 1, message[1])
        value = 127 if trigger.kind == "program" else (message[2] if len(message) > 2 else 0)
        pressed = self._rises(trigger, value) if trigger.kind == "cc" else value > 0
        return Press(trigger, value) if pressed else None

    def _rises(self, trigger: Trigger, value: int) -> bool:
        if value < _ON:
            self._on.discard(trigger)
            return False
        rises = trigger not in self._on
        self._on.add(trigger)
        return rises


def parse(text: str) -> Trigger:
    """Raises BadParameter."""
    parts = text.split()
    if len(parts) == 3 and parts[0] in _STATUS and parts[1].isdecimal() and parts[2].isdecimal():
        trigger = Trigger(parts[0], int(parts[1]), int(parts[2]))
        if 1 <= trigger.channel <= 16 and trigger.number <= 127:
            return trigger
    raise BadParameter(f"{text!r} is no trigger", hint='Like "note 1 36", "cc 1 20" or "program 10 3"')


def bindable(text: str, do: str) -> Trigger:
    """The trigger for a command. Raises BadParameter for one that is none, or that cannot show what it is to show."""
    trigger = parse(text)
    if do == "progress" and trigger.kind == "program":
        raise BadParameter(
            f"{text!r} cannot show progress: a program change has no value", hint="Bind a controller or a note"
        )
    return trigger
