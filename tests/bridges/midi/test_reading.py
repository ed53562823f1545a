"""What keys, clocks and lights mean, against the MIDI 1.0 specification (mido as the second implementation)."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import mido
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.midi import worker
from bridges.midi.clock import CLOCK, CONTINUE, START, STOP, ClockReader, Clocks
from bridges.midi.lights import Lights
from bridges.midi.messages import Refused, Report, Setup
from bridges.midi.ports import OpenPort
from bridges.midi.trigger import KeyReader, Trigger, parse
from bridges.midi.worker import is_own
from daemon.kernel.errors import BadParameter


def _control(value: int, number: int = 20, channel: int = 0) -> bytes:
    return bytes(mido.Message("control_change", channel=channel, control=number, value=value).bytes())


@given(st.integers(0, 15), st.integers(0, 127), st.integers(1, 127))
def test_presses_are_read_and_releases_are_not(channel: int, number: int, value: int):
    read = KeyReader().read
    note = read(bytes(mido.Message("note_on", channel=channel, note=number, velocity=value).bytes()))
    assert note is not None and str(note.trigger) == f"note {channel + 1} {number}" and note.value == value
    turned = read(_control(value, number, channel))
    assert (turned is not None) is (value >= 64)  # where a switch is on
    if turned is not None:
        assert str(turned.trigger) == f"cc {channel + 1} {number}" and turned.value == value
    program = read(bytes(mido.Message("program_change", channel=channel, program=number).bytes()))
    assert program is not None and str(program.trigger) == f"program {channel + 1} {number}"
    assert read(bytes(mido.Message("note_off", channel=channel, note=number).bytes())) is None
    assert read(bytes(mido.Message("note_on", channel=channel, note=number, velocity=0).bytes())) is None
    assert read(bytes(mido.Message("pitchwheel", channel=channel).bytes())) is None


@given(st.lists(st.binary(max_size=6)))
def test_any_bytes_are_a_press_or_nothing(messages: list[bytes]):
    reader = KeyReader()
    for each in messages:
        reader.read(each)


@pytest.mark.parametrize(
    ("values", "pressed"),
    [
        (range(128), [64]),  # a knob, from one end to the other
        ([60, 63, 64, 69, 64, 63, 64], [64, 64]),  # and back and forth over its middle
        ([127, 0, 127, 0], [127, 127]),  # a button, from its first press on
        ([100, 110, 120], [100]),
        ([1, 63, 2, 0], []),
    ],
)
def test_a_controller_is_pressed_as_it_rises(values: Sequence[int], pressed: list[int]):
    reader = KeyReader()
    found = [reader.read(_control(value)) for value in values]
    assert [each.value for each in found if each is not None] == pressed


def test_each_controller_rises_by_itself():
    reader = KeyReader()
    for number, channel in ((20, 0), (21, 0), (20, 1)):
        assert reader.read(_control(127, number, channel)) is not None
        assert reader.read(_control(127, number, channel)) is None


@given(st.sampled_from(["note", "cc"]), st.integers(1, 16), st.integers(0, 127), st.integers(0, 127))
def test_a_trigger_survives_text_and_lights_itself(kind: str, channel: int, number: int, value: int):
    trigger = Trigger(kind, channel, number)
    assert parse(str(trigger)) == trigger
    lit = mido.Message.from_bytes(trigger.message(value))
    assert lit.channel == channel - 1
    shown = (lit.note, lit.velocity) if kind == "note" else (lit.control, lit.value)
    assert shown == (number, value)


@pytest.mark.parametrize(
    "text", ["", "note", "note 0 1", "note 17 1", "cc 1 128", "key 1 1", "note 1 x", "note 1 1 1"]
)
def test_what_is_no_trigger_is_refused(text: str):
    with pytest.raises(BadParameter, match="trigger"):
        parse(text)


def ticking(reader: ClockReader, bpm: float, beats: int, begin_s: float = 0.0) -> float:
    """Ticks as the specification has them, 24 to a quarter note; returns when the last one was."""
    for tick in range(beats * 24 + 1):
        at_s = begin_s + tick * 60 / bpm / 24
        reader.feed(CLOCK, at_s)
    return at_s


@pytest.mark.parametrize("bpm", [60.0, 97.3, 120.0, 174.0])
def test_the_clock_gives_the_tempo(bpm: float):
    told: list[tuple[bool | None, float | None]] = []
    reader = ClockReader(lambda playing, found: told.append((playing, found)))
    reader.feed(START, 10.0)
    ticking(reader, bpm, 8, 10.001)
    assert told[0] == (True, None)
    assert reader.bpm == pytest.approx(bpm, abs=0.1)
    assert len(told) == 2  # once when it plays, once when the tempo is known: not with every tick
    reader.feed(STOP, 20.0)
    assert told[-1] == (False, reader.bpm)
    reader.feed(CONTINUE, 21.0)
    assert told[-1] == (True, reader.bpm)


def test_a_tempo_change_is_followed():
    reader = ClockReader(lambda playing, bpm: None)
    end_s = ticking(reader, 120, 8)
    ticking(reader, 140, 8, end_s + 60 / 140 / 24)
    assert reader.bpm == pytest.approx(140, abs=0.2)


def test_a_clock_that_falls_silent_has_stopped():
    """The DAW crashed: heavy work must not wait for ever."""
    told: list[bool | None] = []
    reader = ClockReader(lambda playing, bpm: told.append(playing))
    reader.feed(START, 0.0)
    end_s = ticking(reader, 120, 4)
    reader.look(end_s + 1.0)
    assert reader.playing
    reader.look(end_s + 2.5)
    assert told[-1] is False and not reader.playing


def test_a_clock_alone_says_nothing_of_playing():
    told: list[tuple[bool | None, float | None]] = []
    reader = ClockReader(lambda playing, bpm: told.append((playing, bpm)))
    ticking(reader, 120, 4)
    assert [playing for playing, _ in told] == [None] and reader.bpm == pytest.approx(120, abs=0.1)
    reader.feed(START, 600.0)  # long after: another device's
    reader.look(610.0)
    assert told[-1][0] is True


def test_start_without_a_clock_holds_until_stop():
    """Some sequencers send no clock; one that crashes is still not waited for for ever."""
    told: list[bool | None] = []
    reader = ClockReader(lambda playing, bpm: told.append(playing))
    reader.feed(START, 0.0)
    reader.look(600.0)
    assert told == [True]
    reader.look(4000.0)
    assert told == [True, False]


class _Transport:
    """What is known of the transport when only these ports speak."""

    def __init__(self) -> None:
        self.clocks = Clocks(self._changed)
        self.playing = False
        self.bpm: float | None = None

    def _changed(self, playing: bool | None, bpm: float | None) -> None:
        self.playing = self.playing if playing is None else playing
        self.bpm = bpm or self.bpm

    def tick(self, begin_s: float, beats: int, **bpm: float) -> float:
        """Each port's clock, at once; returns when the last one ticked."""
        ticks = sorted(
            (begin_s + tick * 60 / each / 24, port)
            for port, each in bpm.items()
            for tick in range(beats * 24 + 1)
        )
        for at_s, port in ticks:
            self.clocks.feed(port, CLOCK, at_s)
        return ticks[-1][0]


def test_two_clocks_are_not_counted_as_one():
    heard = _Transport()
    heard.clocks.feed("daw", START, 0.0)
    end_s = heard.tick(0.0, 8, drums=97.0, daw=120.0)
    assert heard.playing and heard.bpm == pytest.approx(120, abs=0.2)
    heard.clocks.feed("daw", STOP, end_s)
    heard.clocks.feed("drums", START, end_s)
    heard.tick(end_s, 8, drums=97.0, daw=120.0)
    assert heard.playing and heard.bpm == pytest.approx(97, abs=0.2)  # of the one that started last


def test_the_stop_of_another_stops_nothing():
    heard = _Transport()
    heard.clocks.feed("daw", START, 0.0)
    heard.clocks.feed("drums", STOP, 1.0)
    assert heard.playing
    heard.clocks.feed("drums", START, 2.0)
    heard.clocks.feed("drums", STOP, 3.0)
    assert heard.playing
    heard.clocks.feed("daw", STOP, 4.0)
    assert not heard.playing


def test_the_only_clock_gives_the_tempo_also_where_another_port_sends_start():
    heard = _Transport()
    heard.clocks.feed("daw", START, 0.0)
    end_s = heard.tick(0.0, 4, drums=97.0)
    assert heard.playing and heard.bpm == pytest.approx(97, abs=0.2)
    end_s = heard.tick(end_s + 60 / 97 / 24, 4, daw=120.0, drums=97.0)
    assert heard.bpm == pytest.approx(120, abs=0.2)
    heard.clocks.gone("daw", end_s)
    assert not heard.playing and heard.bpm == pytest.approx(97, abs=0.2)


def test_a_port_that_vanishes_or_falls_silent_while_it_plays_has_stopped():
    heard = _Transport()
    for port in ("daw", "drums"):
        heard.clocks.feed(port, START, 0.0)
    heard.clocks.gone("drums", 1.0)  # it has no clock that could fall silent
    assert heard.playing
    end_s = heard.tick(1.0, 4, daw=120.0)
    heard.clocks.look(end_s + 1.0)
    assert heard.playing
    heard.clocks.look(end_s + 2.5)
    assert not heard.playing


def test_lights_show_how_far_a_job_is_and_go_out():
    sent: list[mido.Message] = []
    lights = Lights(lambda message: sent.append(mido.Message.from_bytes(message)))
    lights.bind({"note 1 36": "run stems", "cc 1 20": "progress", "note 1 40": "next"})
    lights.happened({"type": "job.state", "job": "j", "recipe": "stems", "state": "running", "progress": 0.0})
    lights.happened({"type": "step.progress", "job": "j", "job_progress": 0.5})
    lights.happened({"type": "step.progress", "job": "j", "job_progress": 0.501})
    lights.happened({"type": "job.state", "job": "j", "recipe": "stems", "state": "done", "progress": 1.0})
    notes = [each.velocity for each in sent if each.type == "note_on"]
    controls = [each.value for each in sent if each.type == "control_change"]
    assert notes == controls == [1, 64, 0]  # only changes; dark at the end
    assert all(each.note == 36 for each in sent if each.type == "note_on")


def test_a_light_goes_out_when_its_key_is_forgotten_or_nothing_more_is_told():
    sent: list[tuple[int, int]] = []

    def send(message: bytes) -> None:
        read = mido.Message.from_bytes(message)
        sent.append((read.note, read.velocity))

    lights = Lights(send)
    lights.bind({"note 1 36": "run stems", "note 1 37": "progress"})
    lights.begin([("old", "midi", 0.25), ("new", "stems", 0.5)])  # jobs that were open before anyone told
    assert sent == [(36, 64), (37, 64)]
    lights.bind({"note 1 37": "progress"})
    assert sent[2:] == [(36, 0)]
    lights.dark()
    assert sent[3:] == [(37, 0)]
    lights.dark()
    assert len(sent) == 4
    lights.begin([])  # they ended while nothing was told
    assert len(sent) == 4


class _Unplugged(OpenPort):
    def send(self, message: bytes) -> None:
        raise OSError("no such device")


class _Plugged(OpenPort):
    sent: list[bytes]

    def send(self, message: bytes) -> None:
        self.sent = [*getattr(self, "sent", []), message]


def test_a_port_that_takes_nothing_keeps_no_other_from_it(monkeypatch: pytest.MonkeyPatch):
    """A device that was just unplugged stands in front of one that is there; no real one can be made to fail so."""
    ports = {"own": _Unplugged("own", None, None), "Pads": _Plugged("Pads", None, None)}

    class Held:
        def __init__(self, _jack: bool) -> None: ...

        def own(self, _name: str, _received: object) -> OpenPort:
            return ports["own"]

    monkeypatch.setattr(worker, "Ports", Held)
    told: list[Report] = []
    process = worker.MidiProcess(Setup("own", (), False, 1.0), told.append)
    process._devices["Pads"] = ports["Pads"]
    for message in (b"\xb0\x01\x01", b"\xb0\x01\x02"):
        process.send(message)
    assert ports["Pads"].sent == [b"\xb0\x01\x01", b"\xb0\x01\x02"]
    assert told == [Refused("own: a message could not be sent (no such device)")]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no ports of our own")
@pytest.mark.parametrize(
    ("port", "own"),
    [
        ("L:in 128:0", True), ("L-01:out", True), ("L", True), ("roadie:in 129:0", True), ("roadie look:x", True),
        ("roadie-02:in", True), ("Launchpad:Launchpad MIDI 1 20:0", False), ("Live:out", False),
        ("roadie pads:1", False),
    ],
)  # fmt: skip
def test_only_our_own_ports_are_left_out(port: str, own: bool):
    assert is_own(port, "L") is own
